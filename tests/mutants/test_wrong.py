"""Every wrong network fails by the clause that states the broken rule, says so, and by nothing unrelated."""

from __future__ import annotations

import pytest

from resnet_conformance import check
from resnet_conformance.examination import EVIDENCE
from resnet_conformance.spec import load_spec

from . import (  # noqa: F401  (each registers its networks)
    wrong_activations,
    wrong_at_other_sizes,
    wrong_behaviours,
    wrong_ghosts,
    wrong_halves,
    wrong_handwritten,
    wrong_heads,
    wrong_in_other_words,
    wrong_inits,
    wrong_inputs,
    wrong_interleaved,
    wrong_joins,
    wrong_layouts,
    wrong_masks,
    wrong_memory,
    wrong_norms,
    wrong_parametrised,
    wrong_pools,
    wrong_preactivation,
    wrong_products,
    wrong_projections,
    wrong_rectifiers,
    wrong_returns,
    wrong_samples,
    wrong_shapes,
    wrong_shortcuts,
    wrong_stems,
    wrong_strides,
    wrong_values,
)
from .corpus import CORPUS, Mutant
from .verdicts import shortcomings, unsaid

MUTANTS = tuple(CORPUS.mutants.values())


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_wrong_network_fails_by_its_own_clause(mutant: Mutant) -> None:
    """By the evidence that finds it; tests/proof/corpus.py judges each by all evidence, and wants no other failure."""
    by_structure = all(mutant.evidence_of(clause) == "structure" for clause in mutant.own)
    only = () if by_structure else tuple(mutant.own)
    report = check(mutant.build, mutant.architecture, evidence=("structure",) if by_structure else EVIDENCE, only=only)
    failed = {f.clause: f for f in report.findings if f.outcome == "fail"}
    assert set(mutant.own) <= set(failed) <= mutant.fails
    assert [fault for clause in mutant.own for fault in unsaid(mutant, failed[clause])] == []
    assert mutant.where in " ".join(failed[next(iter(mutant.own))].where)


@pytest.mark.parametrize("name", ["stride-3x3", "dropout-in-block", "shortcut-detached", "running-variance-biased"])
def test_all_that_is_said_of_a_wrong_network(name: str) -> None:
    mutant = CORPUS.mutants[name]
    assert shortcomings(mutant, check(mutant.build, mutant.architecture)) == []


@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m.deviation], ids=lambda m: m.name)
def test_deviation_is_a_name_of_the_spec(mutant: Mutant) -> None:
    deviation = load_spec().deviations[mutant.deviation or ""]
    assert set(mutant.own) & set(deviation.explains), f"{deviation.id} explains none of {list(mutant.own)}"
