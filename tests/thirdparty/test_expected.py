"""Third-party networks get the verdicts derived from their source by hand (expected.yaml), not what the tool prints."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from resnet_conformance.api import check, identify
from resnet_conformance.findings import Identification, Report
from resnet_conformance.spec import load_spec

from .factories import NEEDS

HERE = Path(__file__).parent
ROWS = yaml.safe_load((HERE / "expected.yaml").read_text("utf-8"))["rows"]


def _id(row: dict[str, Any]) -> str:
    return f"{row['target'].rsplit('/', 1)[-1]} as {row['architecture']}"


@cache
def _report(target: str, architecture: str) -> Report:
    return check(target, architecture)


@cache
def _identified(target: str) -> Identification:
    return identify(target)


@pytest.fixture(params=ROWS, ids=_id, scope="module")
def row(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One row, its target's file resolved; skipped where its library is not installed.

    Of the module's scope, so that all tests of a row stand side by side and --dist=worksteal leaves them where the
    row's report is.
    """
    row: dict[str, Any] = dict(request.param)
    target = row["target"]
    package = target.split(".")[0]
    if ".py:" in target:
        factory = target.rsplit(":", 1)[1]
        package = next(library for prefix, library in NEEDS.items() if factory.startswith(prefix))
        row["target"] = str(HERE / target.removeprefix("tests/thirdparty/"))
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed; `nox -s thirdparty` installs it")
    return row


@pytest.fixture(autouse=True)
def gap(request: pytest.FixtureRequest, row: dict[str, Any]) -> None:
    """Where the judge is known to be wrong, the test has to fail until it is right."""
    level = request.node.callspec.params.get("level")
    name = request.node.originalname + (f"-{level}" if level else "")
    if name in row.get("gap", {}).get("tests", ()):
        request.applymarker(pytest.mark.xfail(strict=True, reason=row["gap"]["why"]))


def test_verdict(row: dict[str, Any]) -> None:
    assert _report(row["target"], row["architecture"]).verdict == row["verdict"]


@pytest.mark.parametrize("level", ["MUST", "SHOULD"])
def test_failing_clauses(row: dict[str, Any], level: str) -> None:
    failed = {f.clause for f in _report(row["target"], row["architecture"]).failed(level)}
    key = level.lower()
    if f"{key}_fail" in row:
        assert failed == set(row[f"{key}_fail"])
    else:
        assert failed >= set(row[f"{key}_fail_includes"])
        assert not failed & set(row.get(f"{key}_not_fail", ()))


def test_deviations(row: dict[str, Any]) -> None:
    named = set(_report(row["target"], row["architecture"]).identified.deviations)
    if "must_fail" in row:
        assert named == set(row["deviations"])
    else:
        assert named >= set(row["deviations"])


def test_admitted_choices(row: dict[str, Any]) -> None:
    found = {
        f.clause
        for f in _report(row["target"], row["architecture"]).findings
        if f.level == "MAY" and f.outcome == "pass" and f.message
    }
    assert found - set(row.get("notes_open", ())) == set(row["notes"])


def test_identification(row: dict[str, Any]) -> None:
    found = _identified(row["target"])
    assert found.architecture in row.get("identified_one_of", [row.get("identified")])
    assert found.exact is row["exact"]


def test_every_must_was_examined(row: dict[str, Any]) -> None:
    if row["verdict"] == "conforms":
        open_ = [
            f.clause
            for f in _report(row["target"], row["architecture"]).findings
            if f.outcome == "not-examined" and f.level == "MUST" and load_spec().clauses[f.clause].evidence
        ]
        assert not open_
