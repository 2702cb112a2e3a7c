"""Every check is shown to fail for the right reason, or is listed here with the reason why it cannot."""

from __future__ import annotations

from resnet_conformance.clauses import CHECKS
from resnet_conformance.spec import load_spec

from .test_wrong import MUTANTS

PASSES_ONLY = {
    "STEM-05a": "MAY: the padding-1 pool is admitted; what is neither this nor STEM-05's fails STEM-05",
    "SC-08a": "MAY: options B and C are admitted under the plain names; what is neither fails SC-03 or SC-04",
    "SC-17": "MAY: the place of the zeros is declared, whichever it is; values that are no zeros fail SC-03",
    "BN-07": "MAY: the momentum is declared, whatever it is",
    "CB-02": "MAY: a bias of conv1 is admitted in ResNet-50; elsewhere it fails CB-01",
}


def test_every_check_fails_somewhere_by_its_own_clause() -> None:
    shown = {clause for mutant in MUTANTS for clause in mutant.own}
    assert set(CHECKS) - set(PASSES_ONLY) - shown == set()
    assert shown <= set(CHECKS)


def test_checks_that_only_pass_are_admissions() -> None:
    clauses = load_spec().clauses
    assert {clauses[clause].level for clause in PASSES_ONLY} == {"MAY"}
    assert not {clause for mutant in MUTANTS for clause in mutant.fails} & set(PASSES_ONLY)


def test_corpus_covers_the_chapters_and_block_kinds() -> None:
    assert len(MUTANTS) >= 60
    assert {m.architecture.split("/")[1].split("-")[0] for m in MUTANTS} >= {
        "resnet18",
        "resnet20",
        "resnet50",
        "plain18",
        "plain20",
    }
