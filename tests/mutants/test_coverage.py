"""Every check is shown to fail for the right reason, or is listed here with the reason why it cannot.

A check is a clause and a kind of evidence; test_wrong.py asserts that a finding fails by the evidence that is counted
here. Recipes are no networks: tests/conformance/recipes shows the checks of training to fail.
"""

from __future__ import annotations

from resnet_conformance.spec import load_spec

from .corpus import REGISTERS
from .test_wrong import CORPUS, MUTANTS

PASSES_ONLY = {
    "STEM-05a": "MAY: the padding-1 pool is admitted; what is neither this nor STEM-05's fails STEM-05",
    "SC-08a": "MAY: options B and C are admitted under the plain names; what is neither fails SC-03 or SC-04",
    "SC-17": "MAY: the place of the zeros is declared, whichever it is; values that are no zeros fail SC-03",
    "BN-07": "MAY: the momentum is declared, whatever it is",
    "CB-02": "MAY: a bias of conv1 is admitted in ResNet-50; elsewhere it fails CB-01",
    "IN-06": "MAY: zeroed gammas are declared; what is neither 0 nor 1 fails IN-04",
    "IN-07": "MAY: the fc's first weights are declared, whatever they are",
}
# Known ways to go wrong that a network of the corpus shows, though the suite says it by other names.
BY_OTHER_NAMES = {
    "inplace-relu-corrupts-shortcut": "inplace-relu-corrupts-identity",
    "positional-arg-swap": "positional-arg-swap",
    "bottleneck-not-block": "blocks-counted-as-layers",
}
ADMITTED = {"stem-pool-ceil": "STEM-05", "optA-pad-symmetric": "SC-17", "init-fan-out": "IN-02"}  # by these clauses
CHECKS = {(kind, clause) for kind, register in REGISTERS.items() if kind != "training" for clause in register}


def test_every_check_fails_somewhere_by_its_own_clause_and_evidence() -> None:
    shown = {(mutant.evidence_of(clause), clause) for mutant in MUTANTS for clause in mutant.own}
    assert {check for check in CHECKS if check[1] not in PASSES_ONLY} - shown == set()
    assert shown <= CHECKS


def test_each_rule_of_equivalence_fails_alone_somewhere() -> None:
    """What no other clause names: structure and behaviour pass."""
    alone = {next(iter(mutant.fails)) for mutant in MUTANTS if len(mutant.fails) == 1}
    assert set(REGISTERS["equivalence"]) <= alone


def test_checks_that_only_pass_are_admissions() -> None:
    clauses = load_spec().clauses
    assert {clauses[clause].level for clause in PASSES_ONLY} == {"MAY"}
    assert not {clause for mutant in MUTANTS for clause in mutant.fails} & set(PASSES_ONLY)
    assert set(PASSES_ONLY) <= {clause for _, clause in CHECKS}


def test_corpus_covers_the_chapters_and_block_kinds() -> None:
    assert len(MUTANTS) >= 60
    assert {m.architecture.split("/")[1].split("-")[0] for m in MUTANTS} >= {
        "resnet18",
        "resnet20",
        "resnet50",
        "plain18",
        "plain20",
    }


def test_every_known_deviation_is_in_the_corpus_or_admitted() -> None:
    spec = load_spec()
    shown = {mutant.deviation for mutant in MUTANTS if mutant.deviation}
    assert set(spec.deviations) - shown == BY_OTHER_NAMES.keys() | ADMITTED.keys()
    assert {name: set(spec.deviations[name].explains) for name in BY_OTHER_NAMES} == {
        name: CORPUS.mutants[network].fails for name, network in BY_OTHER_NAMES.items()
    }
    assert set(ADMITTED.values()) <= set(spec.clauses)
    assert not any(spec.deviations[name].explains for name in ADMITTED)
