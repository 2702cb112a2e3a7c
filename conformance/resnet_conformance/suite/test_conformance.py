"""One test per clause and target: the findings of `resnet-conformance check`, with ids as imagenet/resnet50::SC-04."""

from __future__ import annotations

import warnings
from functools import cache

import pytest

from resnet_conformance.api import UnknownArchitectureError, check, identify
from resnet_conformance.capture import TargetProblem, load_target
from resnet_conformance.findings import Finding, Report
from resnet_conformance.judge import UnjudgeableError
from resnet_conformance.pytest_plugin import ConformanceWarning, PytestTarget, read_targets
from resnet_conformance.spec import load_spec, suggest

PROBLEMS = (TargetProblem, UnjudgeableError, UnknownArchitectureError)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for every clause whose scope the architecture is in, and one for the verdict."""
    spec = load_spec()
    level, seed = metafunc.config.getoption("--resnet-level"), metafunc.config.getoption("--resnet-seed")
    cases = []
    for number, row in enumerate(_targets(metafunc.config)):
        name = row.architecture or _nearest(row)
        if name not in spec.architectures:
            raise pytest.Collector.CollectError(f"unknown architecture {name!r}{suggest(name, spec.architectures)}")
        clauses = [c.id for c in spec.clauses.values() if c.applies_to(spec.architectures[name])]
        for clause in (*clauses, "verdict"):
            # in parallel runs (--dist=loadgroup) one process judges a target, and not each of them
            group = pytest.mark.xdist_group(f"target{number}")
            cases.append(pytest.param(row, name, clause, level, seed, marks=group, id=f"{name}::{clause}"))
    metafunc.parametrize(("row", "architecture", "clause", "level", "seed"), cases)


def _targets(config: pytest.Config) -> list[PytestTarget]:
    """What is to be judged; a target that cannot be found is one error, not one for each clause."""
    try:
        rows = read_targets(config)
        for row in rows:
            load_target(row.target, row.kwargs)
    except (ValueError, TargetProblem) as error:
        raise pytest.Collector.CollectError(str(error)) from None
    return rows


def _nearest(row: PytestTarget) -> str:
    try:
        found = identify(row.target, kwargs=row.kwargs).architecture
    except PROBLEMS as error:
        raise pytest.Collector.CollectError(str(error)) from None
    if found is None:
        raise pytest.Collector.CollectError(
            f"{row.target} is near none of the known networks: say with --resnet-architecture what it claims to be"
        )
    return found


@cache
def _reports() -> dict[tuple[str, str, str], Report]:
    return {}


def _judge(row: PytestTarget, architecture: str, level: str, seed: int | None) -> Report:
    """The report of one target, made once."""
    key = (row.target, architecture, repr(sorted(row.kwargs.items())))
    problem = ""
    if key not in _reports():
        try:
            binding = "should" if level == "should" else None
            _reports()[key] = check(row.target, architecture, kwargs=row.kwargs, level=binding, seed=seed)
        except PROBLEMS as error:
            problem = str(error)
    if problem:
        pytest.fail(f"could not be judged: {problem}", pytrace=False)
    return _reports()[key]


def test_clause(row: PytestTarget, architecture: str, clause: str, level: str, seed: int | None) -> None:
    """The network keeps the clause; a SHOULD that it does not keep is a warning."""
    report = _judge(row, architecture, level, seed)
    if clause == "verdict":
        if report.verdict not in ("conforms", "deviates"):
            pytest.fail(f"{row.target}: {report.verdict} ({architecture})", pytrace=False)
        return
    finding = next(f for f in report.findings if f.clause == clause)
    if finding.outcome in ("not-applicable", "not-examined"):
        pytest.skip(f"{finding.outcome.replace('-', ' ')}: {finding.message}")
    if finding.outcome == "fail" and (finding.level == "MUST" or level == "should"):
        pytest.fail(_text(finding), pytrace=False)
    if finding.outcome == "fail":
        warnings.warn(_text(finding), ConformanceWarning, stacklevel=2)


def _text(finding: Finding) -> str:
    """A failure as the terminal report shows it."""
    statement = load_spec().clauses[finding.clause].statement["en"]
    lines = [f"{finding.clause} ({finding.level}) {statement}", finding.message]
    lines += [f"  Expected: {finding.expected}", f"  Actual:   {finding.found}"]
    if finding.where:
        more = f", and {len(finding.where) - 4} more" if len(finding.where) > 4 else ""
        lines.append(f"  Where:    {', '.join(finding.where[:4])}{more}")
    lines.append(f"  Source:   {finding.citation}")
    if finding.repro:
        lines.append(f"  Again:    {finding.repro}")
    if finding.deviation:
        lines.append(f"  Known as: {finding.deviation} (`resnet-conformance explain {finding.deviation}`)")
    return "\n".join(lines)
