"""The spec says of each clause by which evidence it is examined: the registers of the checks say the same."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

import resnet_conformance.experiments  # noqa: F401  (enters the experiments into their register)
from resnet_conformance.anatomy import dissect
from resnet_conformance.blueprint import draw
from resnet_conformance.candidate import Candidate
from resnet_conformance.clauses import CHECKS, EXPERIMENTS, Case
from resnet_conformance.examination import EVIDENCE, examine, experiment
from resnet_conformance.family import FAMILY
from resnet_conformance.findings import TargetInfo
from resnet_conformance.spec import Spec, load_spec
from resnet_conformance.verdicts import conclude

REGISTERS = {"structure": CHECKS, **EXPERIMENTS}


def test_the_kinds_of_evidence_are_those_of_the_registers() -> None:
    assert sorted(REGISTERS) == sorted(EVIDENCE)


@pytest.mark.parametrize("clause", load_spec().clauses)
def test_evidence_of_a_clause_is_what_examines_it(spec: Spec, clause: str) -> None:
    examined = {kind for kind, register in REGISTERS.items() if clause in register}
    listed = spec.clauses[clause].evidence
    assert len(set(listed)) == len(listed)
    # a family of networks is held against structure too, for each member that hypothesis draws
    free = {"behaviour"} if clause in FAMILY else set()
    assert set(listed) - free == examined - free


def test_no_check_examines_what_is_no_clause(spec: Spec) -> None:
    assert {clause for register in REGISTERS.values() for clause in register} <= set(spec.clauses)


def test_a_clause_without_a_check_says_why(spec: Spec) -> None:
    silent = [c.id for c in spec.clauses.values() if not c.evidence and not (c.not_examined or {}).get("en")]
    assert silent == []


@pytest.mark.parametrize("named", [("structure",), ("behaviour",), ("structure", "equivalence")], ids="+".join)
def test_of_a_clause_that_no_check_examines_it_is_said(spec: Spec, named: tuple[str, ...]) -> None:
    """Whatever evidence the spec names for it: that was asked for, and there is nothing that looks for it."""
    more = replace(spec.clauses["STEM-06"], id="STEM-99", evidence=named)
    spec = replace(spec, clauses=MappingProxyType({**spec.clauses, more.id: more}))
    paper = dissect(draw(spec.architectures["cifar10/resnet20"]))
    candidate = Candidate(TargetInfo("the blueprint"), paper.graph, (2, 3, 32, 32), ())
    case = Case(spec.architectures["cifar10/resnet20"], candidate, paper, paper)
    (finding,) = experiment(case, spec, examine(case, spec, among={more.id}), only=[more.id])
    assert (finding.outcome, finding.evidence) == ("not-examined", "none")
    assert finding.message == "No check examines this clause."
    assert conclude([finding], spec) == "not-examined"
