"""Reports made by hand, one for each verdict, and the page that the terminal view makes of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from resnet_conformance.findings import Finding, Identification, Outcome, Report, TargetInfo, Verdict
from resnet_conformance.reports import terminal
from resnet_conformance.spec import Spec, load_spec

MakeFinding = Callable[..., Finding]
MakeReport = Callable[..., Report]
Page = Callable[..., str]

SUMMARY = {
    "block": "bottleneck",
    "preactivation": False,
    "blocks": [3, 4, 6, 3],
    "widths": [[64, 256], [128, 512], [256, 1024], [512, 2048]],
    "sizes": ["56x56", "28x28", "14x14", "7x7"],
    "strides": ["1,2,1"],
    "option": "B",
    "stem": ["7x7, 64, stride 2"],
    "depth": 50,
    "parameters": 25557032,
    "multiply_adds": 4089184256,
    "input": [2, 3, 224, 224],
    "notes": [],
}
PLACES = tuple(f"layer{stage}.{block}.conv2" for stage in range(1, 5) for block in range(4))


def make_finding(clause: str, outcome: Outcome, **fields: Any) -> Finding:
    known = load_spec().clauses[clause]
    return Finding(clause, known.level, outcome, citation="; ".join(known.cite), **fields)


def make_report(
    verdict: Verdict,
    *findings: Finding,
    architecture: str | None = "imagenet/resnet50",
    nearest: str | None = "imagenet/resnet50",
    exact: bool = True,
    **fields: Any,
) -> Report:
    defaults = {
        "summary": SUMMARY,
        "environment": {"python": "3.11.9", "torch": None},
        "seconds": {"capture": 0.25, "judge": 1},
        "tool": {"version": "0.1.0", "spec": "abc"},
    }
    identified = Identification(nearest, exact, fields.pop("deviations", ()), fields.pop("reasons", ()))
    target = fields.pop("target", TargetInfo("some.package:net", {"num_classes": 1000}))
    return Report(target, architecture, identified, verdict, findings, **{**defaults, **fields})


@pytest.fixture(scope="session")
def spec() -> Spec:
    return load_spec()


@pytest.fixture
def finding() -> MakeFinding:
    """A finding on a clause of the spec, with the clause's level and citation."""
    return make_finding


@pytest.fixture
def report() -> MakeReport:
    """A report of these findings, on a network that is exactly ResNet-50 unless told otherwise."""
    return make_report


@pytest.fixture
def page(spec: Spec) -> Page:
    """A report as printed to a stream that is no terminal."""

    def print_page(made: Report, width: int = 80, **options: Any) -> str:
        stream = io.StringIO()
        terminal.render(made, spec, Console(file=stream, width=width), **options)
        return stream.getvalue()

    return print_page


@pytest.fixture
def passed() -> Finding:
    return make_finding("STEM-01", "pass")


@pytest.fixture
def broken() -> Finding:
    return make_finding(
        "BTN-04",
        "fail",
        where=PLACES,
        expected="strides 2, 1, 1",
        found="strides 1, 2, 1",
        deviation="stride-3x3",
    )


@pytest.fixture
def should() -> Finding:
    return make_finding("CT-06", "fail", expected="3,857,973,248", found="4,089,184,256")


@pytest.fixture
def gaps() -> tuple[Finding, ...]:
    return (
        make_finding("BN-06", "not-examined", message="No module shows it."),
        make_finding("BN-06a", "not-examined", message="No module shows it."),
        make_finding("SC-04", "not-examined", message="Something else."),
    )


@pytest.fixture
def foreign() -> Finding:
    return make_finding("STG-12", "not-applicable", message="It does not speak of imagenet/resnet50.")


@pytest.fixture
def violates(passed: Finding, broken: Finding, should: Finding, gaps: tuple[Finding, ...], foreign: Finding) -> Report:
    flops = make_finding("CT-05", "fail", expected="3.8 billion", found="4,089,184,256", deviation="stride-3x3")
    note = make_finding("STEM-05a", "pass", message="The pool pads by 1.")
    return make_report(
        "violates",
        *(passed, broken, flops, should, note, *gaps, foreign),
        nearest="imagenet/resnet50-v1.5",
        deviations=("stride-3x3",),
    )


@pytest.fixture
def conforms(passed: Finding, should: Finding, foreign: Finding) -> Report:
    return make_report("conforms", passed, should, foreign)


@pytest.fixture
def deviates(passed: Finding) -> Report:
    return make_report(
        "deviates",
        passed,
        make_finding("BTN-04", "expected", found="strides 1, 2, 1", deviation="stride-3x3"),
    )


@pytest.fixture
def unjudged(passed: Finding, gaps: tuple[Finding, ...]) -> Report:
    return make_report("not-examined", passed, *gaps)


@pytest.fixture
def reports(violates: Report, conforms: Report, deviates: Report, unjudged: Report) -> dict[Verdict, Report]:
    return {"violates": violates, "conforms": conforms, "deviates": deviates, "not-examined": unjudged}
