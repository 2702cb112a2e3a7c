"""Verdicts and identification, with the blueprints as candidates: no torch, every architecture against every other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from resnet_conformance.architecture import Architecture
from resnet_conformance.blueprint import draw
from resnet_conformance.candidate import Candidate
from resnet_conformance.clauses import CHECKS
from resnet_conformance.examination import attribute, examine
from resnet_conformance.findings import Finding, Identification, Outcome, Report, TargetInfo, Verdict
from resnet_conformance.graph import GraphBuilder
from resnet_conformance.identification import describe_match, nearest
from resnet_conformance.judge import (
    Subject,
    UnjudgeableError,
    build_case,
    prepare,
)
from resnet_conformance.spec import load_spec
from resnet_conformance.verdicts import conclude, undecided

SPEC = load_spec()
NAMES = [name for name in SPEC.architectures if name != "cifar10/resnet1202"]  # the same check, 60 times longer


@cache
def subject(name: str, option: str | None = None) -> Subject:
    """The blueprint of an architecture as if it were a captured network."""
    architecture = SPEC.architectures[name]
    return drawn(architecture.with_option(option or architecture.option))


def drawn(architecture: Architecture) -> Subject:
    graph = draw(architecture)
    other = draw(architecture, size=(architecture.size + 64, architecture.size + 64))
    shape = (2, architecture.channels, architecture.size, architecture.size)
    return prepare(
        Candidate(
            TargetInfo(f"blueprint of {architecture.name}"),
            graph,
            shape,
            (replace(graph, mode="train"),),
            resized=other,
            resized_shape=(*shape[:2], architecture.size + 64, architecture.size + 64),
        )
    )


def findings(candidate: str, judged: str, option: str | None = None) -> tuple[Finding, ...]:
    return examine(build_case(SPEC.architectures[judged], subject(candidate, option)), SPEC)


def verdict(found: tuple[Finding, ...]) -> Verdict:
    """By structure alone: a drawing has no code that could be run, so what only experiments examine stays open."""
    return conclude([f for f in found if f.clause in CHECKS or f.outcome != "not-examined"], SPEC)


def plain_name(name: str) -> str:
    """The name under which a network is identified: that without the suffix of an option, unless it is a variant."""
    architecture = SPEC.architectures[name]
    return architecture.base if architecture.base and not architecture.variant else name


def with_depth(*names: str) -> list[object]:
    """The names; what takes long is slow."""
    return [pytest.param(n, marks=pytest.mark.slow) if SPEC.architectures[n].depth > 150 else n for n in names]


@pytest.mark.parametrize("name", with_depth(*NAMES, "cifar10/resnet1202"))
def test_a_blueprint_conforms_to_its_own_architecture(name: str) -> None:
    for option in SPEC.architectures[name].options:
        found = findings(name, name, option)
        assert [f for f in found if f.outcome == "fail" and f.level == "MUST"] == []
        assert verdict(found) == "conforms"


@pytest.mark.parametrize(
    ("name", "blocks", "clause", "found"),
    [
        ("cifar10/preresnet164", (17, 19, 18), "V2-05", "17 units at 32x32, 19 units at 16x16, 18 units at 8x8"),
        ("cifar10/resnet50-imagenet-blocks", (4, 3, 6, 3), "STG-02", "(4, 3, 6, 3)"),
        ("cifar10/resnet20", (2, 4, 3), "STG-12", "4 layers 3x3, 16 filters on 32x32; 8 layers 3x3, 32 filters"),
    ],
)
def test_a_block_that_stands_in_another_stage_fails_by_the_clause_that_counts_them(
    name: str, blocks: tuple[int, ...], clause: str, found: str
) -> None:
    """The depth is the same, so that nothing else says which stage has too many."""
    paper = SPEC.architectures[name]
    stages = tuple(replace(stage, blocks=count) for stage, count in zip(paper.stages, blocks, strict=True))
    failed = {f.clause: f for f in examine(build_case(paper, drawn(replace(paper, stages=stages))), SPEC)}
    assert failed[clause].outcome == "fail"
    assert found in failed[clause].found
    assert failed["CT-01"].outcome == "pass"


@pytest.mark.parametrize("name", with_depth(*NAMES, "cifar10/resnet1202"))
def test_a_blueprint_is_identified(name: str) -> None:
    for option in SPEC.architectures[name].options:
        match = nearest(SPEC, subject(name, option))[0]
        assert describe_match(match) == Identification(plain_name(name), True)


@pytest.mark.parametrize("judged", with_depth(*NAMES))
def test_no_network_passes_for_another(judged: str) -> None:
    """Two names may share a network only where one is the other with its option fixed."""
    admitted = set(SPEC.architectures[judged].options)
    for name in NAMES:
        same = plain_name(name) == plain_name(judged) and SPEC.architectures[name].option in admitted
        wanted = "conforms" if same else "violates"
        assert verdict(findings(name, judged)) == wanted, f"{name} against {judged}"


def finding(clause: str, outcome: Outcome) -> Finding:
    return Finding(clause, SPEC.clauses[clause].level, outcome)


def test_a_clause_of_each_level() -> None:
    passed = finding("STEM-01", "pass")
    assert conclude([passed], SPEC) == "conforms"
    assert conclude([passed, finding("CT-06", "fail")], SPEC) == "conforms"
    assert conclude([passed, finding("CT-06", "fail")], SPEC, "SHOULD") == "violates"
    assert conclude([passed, finding("BLK-01", "fail")], SPEC) == "violates"
    assert conclude([passed, finding("BLK-01", "expected")], SPEC) == "deviates"
    assert conclude([finding("BLK-01", "expected"), finding("STEM-01", "fail")], SPEC) == "violates"
    assert conclude([passed, finding("BLK-01", "not-examined")], SPEC) == "not-examined"
    assert conclude([passed, finding("BN-08", "not-examined")], SPEC) == "conforms"  # a SHOULD
    assert conclude([passed, finding("PL-03", "not-examined")], SPEC) == "conforms"  # no evidence could examine it
    assert conclude([finding("STEM-01", "not-applicable")], SPEC) == "not-examined"  # nothing was shown


def test_only_what_keeps_a_verdict_from_conforms_is_undecided() -> None:
    passed = finding("STEM-01", "pass")
    needed = [finding("BLK-01", "not-examined"), finding("EQ-01", "not-examined")]
    # initial weights (statistics), what no module shows, a SHOULD
    others = [finding(clause, "not-examined") for clause in ("IN-01", "PL-03", "BN-08")]
    assert undecided([passed, *others, *needed], SPEC) == tuple(needed)
    assert undecided([passed, *others], SPEC) == ()
    assert undecided(others, SPEC) == tuple(others)  # nothing passed: each of them would have been a verdict
    unknown = Finding("XYZ-99", "MUST", "not-examined")
    assert undecided([passed, unknown], SPEC) == (unknown,)  # in a report that another spec made


def test_a_deviation_seen_in_one_clause_explains_the_others_that_the_spec_lists() -> None:
    shown = Finding("BTN-04", "MUST", "fail", deviation="stride-3x3")
    named = attribute([shown, Finding("CT-05", "MUST", "fail"), Finding("STEM-01", "MUST", "fail")], SPEC)
    assert [f.deviation for f in named] == ["stride-3x3", "stride-3x3", None]
    unknown = attribute([Finding("STEM-01", "MUST", "fail", deviation="of-nowhere")], SPEC)
    assert unknown[0].deviation is None


def test_only_some_clauses() -> None:
    case = build_case(SPEC.architectures["imagenet/resnet50"], subject("imagenet/resnet50-v1.5"))
    assert [f.clause for f in examine(case, SPEC, ["BTN-0[45]"])] == ["BTN-04", "BTN-05"]


def test_what_the_caller_asked_for_is_no_deviation() -> None:
    architecture = replace(SPEC.architectures["cifar10/resnet20"], classes=100, channels=1)
    asked = subject("cifar10/resnet20")
    for kwargs, fails in (({}, True), ({"num_classes": 100, "in_channels": 1}, False)):
        graph = draw(architecture)
        candidate = replace(asked.candidate, target=TargetInfo("x", kwargs), graph=graph, input_shape=(2, 1, 32, 32))
        found = examine(build_case(SPEC.architectures["cifar10/resnet20"], prepare(candidate)), SPEC)
        assert ("HD-02" in {f.clause for f in found if f.outcome == "fail"}) is fails
        assert ("CT-03" in {f.clause for f in found if f.outcome == "fail"}) is fails


def test_a_network_without_convolutions_cannot_be_judged() -> None:
    builder = GraphBuilder()
    x = builder.add("input", (), {}, (2, 3, 32, 32))
    graph = builder.build(builder.add("relu", {"x": x}, {}, (2, 3, 32, 32)))
    with pytest.raises(UnjudgeableError, match=r"net\.py:mlp cannot be judged: the network has no convolution"):
        prepare(Candidate(TargetInfo("net.py:mlp"), graph, (2, 3, 32, 32)))


def test_a_check_that_breaks_is_a_bug_of_ours_and_no_finding_about_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(case: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setitem(CHECKS, "STEM-01", broken)
    found = {f.clause: f for f in findings("imagenet/resnet18", "imagenet/resnet18")}
    assert found["STEM-01"].outcome == "not-examined"
    assert "ZeroDivisionError: oops" in found["STEM-01"].message
    assert verdict(tuple(found.values())) == "not-examined"


def test_a_report_survives_json() -> None:
    found = findings("imagenet/resnet50-v1.5", "imagenet/resnet50")
    report = Report(
        TargetInfo("x:y", {"a": 1}),
        "imagenet/resnet50",
        Identification("imagenet/resnet50-v1.5", True),
        "violates",
        found,
    )
    assert Report.from_json(report.to_json()) == report
    with pytest.raises(ValueError, match="not a resnet-conformance/report/1"):
        Report.from_json({"schema": "else"})
