"""What structure names first, running it shows too: each such experiment by itself, on a network wrong in its way.

In a judgement an experiment is not made where structure has failed the clause; test_wrong.py shows what experiments
find alone.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from resnet_conformance import check
from resnet_conformance.capture import capture_candidate
from resnet_conformance.clauses import Result
from resnet_conformance.experiments.bench import Bench
from resnet_conformance.judge import build_case, prepare
from resnet_conformance.spec import load_spec

from .corpus import CORPUS, REGISTERS, Mutant
from .faithful import resnet18, resnet20
from .faithful_preactivation import preresnet110
from .test_wrong import MUTANTS

SHOWN = [
    ("join-by-product", "BLK-01", "32x32_1 (blocks.0.convs) does not add its branches."),
    ("join-by-maximum", "BLK-01", "32x32_1 (blocks.0.convs) does not add its branches."),
    ("join-by-concatenation", "BLK-01", "comes out as a map of shape (2, 32, 36, 28)"),
    ("pre-joined-by-maximum", "BLK-01", "32x32_1 (units.0.convs) does not add its branches."),
    ("relu-on-entry", "BLK-03", "gives negative values: no ReLU follows its addition."),
    ("inplace-relu-corrupts-identity", "BLK-03", "8x8_3 (blocks.8.convs) gives negative values"),
    ("residual-scaled", "BLK-05", "it changes the sum by 0.3 times as much"),
    ("residual-scaled-by-alpha", "BLK-05", "it changes the sum by 0.3 times as much"),
    ("no-relu-after-add", "BLK-09", "where it is 0"),
    ("act-leaky", "BLK-09", "With F zero 32x32_1 (blocks.0.convs) does not return ReLU(x)."),
    ("bn-after-add", "BLK-09", "With F zero conv2_1 (blocks.0.convs) does not return ReLU(x)."),
    ("join-by-product", "BLK-09", "0 where it is"),
    ("pre-joined-by-maximum", "V2-02", "With F zero 32x32_1 (units.0.convs) does not return x."),
    ("bn-on-identity", "SC-01", "The shortcut of 32x32_2 (blocks.1.convs) changes x."),
    ("option-c-on-cifar", "SC-01", "The shortcut of 32x32_1 (blocks.0.convs) changes x."),
    ("bn-on-identity", "SC-02", "it reads blocks.1.shortcut.1.weight"),
    ("opta-ones", "SC-03", "32 channels that are not zero"),
    ("opta-tiled", "SC-03", "32 channels that are not zero"),
    ("proj-3x3", "SC-04", "sees more than one pixel"),
    ("proj-avgpool", "SC-04", "sees more than one pixel"),
    ("proj-maxpool", "SC-04", "is not linear in x."),
    ("relu-on-projection", "SC-15", "% of the values do not come through as they are"),
    ("opta-avgpool2", "SC-16", "0% of the values are those"),
    ("opta-offset", "SC-16", "does not take every pixel of the grid"),
    ("opta-maxpool", "SC-16", "does not take every pixel of the grid"),
    ("bn-functional-train", "BN-05", "In eval the logits of a sample depend on the samples beside it."),
    ("dropout-in-block", "ACT-02", "something is drawn at random"),
    ("drop-path", "ACT-02", "something is drawn at random"),
    ("head-maxpool", "HD-01", "The head is no average over all positions."),
    ("head-two-pools", "HD-01", "The head is no average over all positions."),
    ("softmax-in-model", "HD-02", "rows that sum to 1"),
    ("log-softmax-in-model", "HD-02", "The network's outputs are not what its classifier gives."),
    ("head-flat", "HD-05", "The network does not run at 16x"),
    ("head-fixed-kernel-and-stride", "HD-05", "The network does not run at 16x"),
]
RIGHT = (
    Mutant("resnet20", "cifar10/resnet20", resnet20, {}, frozenset(), None),
    Mutant("resnet18", "imagenet/resnet18", resnet18, {}, frozenset(), None),
    Mutant("preresnet110", "cifar10/preresnet110", preresnet110, {}, frozenset(), None),
)


def perform(network: Mutant, clauses: list[str]) -> dict[str, Result]:
    """What the experiments of these clauses say of a network, whatever structure says."""
    paper = load_spec().architectures[network.architecture]
    candidate = capture_candidate(network.build, {}, [(2, paper.channels, paper.size, paper.size)])
    assert candidate.laboratory is not None
    with closing(Bench(candidate, candidate.laboratory, 0, network.architecture)) as bench:
        case = replace(build_case(paper, prepare(candidate)), bench=bench)
        return {clause: REGISTERS["behaviour"][clause](case) for clause in clauses}


@pytest.mark.parametrize(("name", "clause", "words"), SHOWN, ids=[f"{name}-{clause}" for name, clause, _ in SHOWN])
def test_an_experiment_shows_what_structure_names(name: str, clause: str, words: str) -> None:
    mutant = CORPUS.mutants[name]
    assert clause in mutant.fails & REGISTERS["structure"].keys()
    result = perform(mutant, [clause])[clause]
    assert result.outcome == "fail", result
    assert words in f"{result.message} {result.found}", result
    assert result.expected
    assert f"--only {clause} --seed 0" in (result.repro or "")


@pytest.mark.parametrize("network", RIGHT, ids=lambda network: network.name)
def test_the_same_experiments_find_nothing_in_a_right_network(network: Mutant) -> None:
    spec = load_spec()
    paper = spec.architectures[network.architecture]
    clauses = sorted({clause for _, clause, _ in SHOWN if spec.clauses[clause].applies_to(paper)})
    results = perform(network, clauses)
    assert [(clause, r.message, r.found) for clause, r in results.items() if r.outcome == "fail"] == []
    assert sum(r.outcome == "pass" for r in results.values()) >= 10


def test_each_experiment_that_structure_forestalls_is_here_or_found_alone() -> None:
    behaviour, structure = REGISTERS["behaviour"].keys(), REGISTERS["structure"].keys()
    alone = {c for mutant in MUTANTS for c in mutant.own if mutant.evidence_of(c) == "behaviour"}
    assert behaviour & structure <= alone
    assert {clause for _, clause, _ in SHOWN} <= behaviour & structure


def test_values_are_compared_where_a_window_as_wide_as_the_map_covers_it() -> None:
    """At 36x28 it is no global pool; that is HD-05's matter, and with equal weights nobody computes anything else."""
    report = check(CORPUS.mutants["head-window-as-wide-as-the-map"].build, "cifar10/resnet20")
    assert [f.clause for f in report.failed("MUST")] == ["HD-05"]
    assert {f.outcome for f in report.findings if f.clause.startswith("EQ")} == {"pass"}
