"""Every wrong network fails by the clause that states the broken rule, says so, and by nothing unrelated."""

from __future__ import annotations

import pytest

from resnet_conformance import check
from resnet_conformance.findings import Report
from resnet_conformance.spec import load_spec

from . import (  # noqa: F401  (each registers its networks)
    wrong_activations,
    wrong_at_other_sizes,
    wrong_behaviours,
    wrong_handwritten,
    wrong_heads,
    wrong_inits,
    wrong_joins,
    wrong_memory,
    wrong_norms,
    wrong_preactivation,
    wrong_projections,
    wrong_shapes,
    wrong_shortcuts,
    wrong_stems,
    wrong_strides,
    wrong_values,
)
from .corpus import CORPUS, Mutant

MUTANTS = tuple(CORPUS.mutants.values())
BINDING = ("MUST", "SHOULD")


def judge(mutant: Mutant) -> Report:
    """The report on a wrong network."""
    return check(mutant.build, mutant.architecture)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_wrong_network_fails_by_its_own_clause(mutant: Mutant) -> None:
    report = judge(mutant)
    failed = {f.clause: f for f in report.findings if f.outcome == "fail"}
    said = "\n".join(f"{f.clause}: {f.message} expected {f.expected!r}, found {f.found!r}" for f in failed.values())
    assert frozenset(failed) == mutant.fails, said
    explained = load_spec().deviations[mutant.deviation].explains if mutant.deviation else ()
    for clause, fragment in mutant.own.items():
        finding = failed[clause]
        assert fragment in f"{finding.message} {finding.found}", f"{clause}: {finding.message} {finding.found}"
        assert finding.message
        assert finding.evidence == mutant.evidence_of(clause), f"{clause} by {finding.evidence}"
        assert finding.expected
        assert finding.found
        assert finding.deviation == (mutant.deviation if clause in explained else None), clause
    first = failed[next(iter(mutant.own))]
    assert mutant.where in " ".join(first.where), first.where
    binding = [f for f in failed.values() if f.level == "MUST"]
    assert report.verdict == ("violates" if binding else "conforms")
    assert not [f.clause for f in report.findings if "bug of resnet-conformance" in f.message]


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.deviation], ids=lambda m: m.name)
def test_deviation_is_a_name_of_the_spec(mutant: Mutant) -> None:
    deviation = load_spec().deviations[mutant.deviation or ""]
    assert set(mutant.own) & set(deviation.explains), f"{deviation.id} explains none of {list(mutant.own)}"
