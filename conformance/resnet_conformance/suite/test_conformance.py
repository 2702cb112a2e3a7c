"""One test per clause and target: the findings of `resnet-conformance check`, with ids as imagenet/resnet50::SC-04."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from resnet_conformance.catalog import UnknownNameError
from resnet_conformance.findings import Report
from resnet_conformance.one_run import current
from resnet_conformance.outside import Problem, Request
from resnet_conformance.project import ProjectTarget
from resnet_conformance.pytest_plugin import read_targets
from resnet_conformance.spec import load_spec
from resnet_conformance.testing import VERDICT, clauses_of, hold, judged_outside


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for every clause whose scope the architecture is in, and one for the verdict."""
    spec, config = load_spec(), metafunc.config
    cases = []
    rows = [_claimed(row) for row in _targets(config)]
    names = Counter(row.part or row.architecture for row in rows)
    for number, row in enumerate(rows):
        name = row.part or row.architecture
        label = name if names[name] == 1 else f"{name}@{row.target}"
        for clause in (*clauses_of(spec, row.architecture, row.part), VERDICT):
            # a target is judged once in any case (one_run.py); so, or by --dist=loadscope, its tests do not
            # keep several processes waiting for it
            group = pytest.mark.xdist_group(f"target{number}")
            cases.append(pytest.param(row, clause, marks=group, id=f"{label}::{clause}"))
    metafunc.parametrize(("row", "clause"), cases)


def _claimed(row: ProjectTarget) -> ProjectTarget:
    """The target, with the architecture that it is nearest to where its row names none."""
    return row if row.architecture or row.part else replace(row, architecture=_nearest(row))


def _targets(config: pytest.Config) -> list[ProjectTarget]:
    """What is to be judged; a target that cannot be found is one error, not one for each clause."""
    try:
        rows = read_targets(config)
        for row in rows:
            row.check_names(load_spec())
            row.expectations(load_spec())
    except (ValueError, UnknownNameError) as error:
        raise pytest.Collector.CollectError(str(error)) from None
    try:
        current().find(Request("find", tuple((row.target, dict(row.kwargs), row.part) for row in rows)), rows[0].folder)
    except Problem as problem:
        raise pytest.Collector.CollectError(str(problem)) from None
    return rows


def _nearest(row: ProjectTarget) -> str:
    request = Request("identification_report", (row.target,), {"kwargs": dict(row.kwargs), "input": row.input})
    try:
        found = current().report(request, row.folder, current().timeout).identified.architecture
    except Problem as problem:
        raise pytest.Collector.CollectError(str(problem)) from None
    if found is None:
        raise pytest.Collector.CollectError(
            f"{row.target} is near none of the known networks: say with --resnet-architecture what it claims to be"
        )
    return found


def _report(row: ProjectTarget, config: pytest.Config) -> Report:
    """The report of one target, made once."""
    level = "should" if config.getoption("--resnet-level") == "should" else None
    request = row.asked(row.expectations(load_spec()), level=level, seed=config.getoption("--resnet-seed"))
    return judged_outside(request, row.folder, current().timeout)


def test_clause(row: ProjectTarget, clause: str, pytestconfig: pytest.Config) -> None:
    """The network keeps the clause; a SHOULD that it does not keep is a warning."""
    hold(_report(row, pytestconfig), clause, pytestconfig.getoption("--resnet-level"))
