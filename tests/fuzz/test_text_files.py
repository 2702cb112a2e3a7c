"""Damaged spec files, expectation files, projects and reports are read, or refused in words with their place."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from resnet_conformance import check
from resnet_conformance.delivery import deliver_reports
from resnet_conformance.expectations import ExpectationError
from resnet_conformance.expectations.reading import read_expectations
from resnet_conformance.project import ProjectError, read_targets
from resnet_conformance.reports.formats import FORMATS
from resnet_conformance.reports.json_report import ReportError, read_report, render
from resnet_conformance.spec import SpecError, load_spec
from tests.fuzz.damage import TIMES, damaged

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[2]
SPEC = CHECKOUT / "spec"
FILES = sorted(path.relative_to(SPEC).as_posix() for path in SPEC.rglob("*.yaml"))
PLACE = re.compile(r"^\S.*?:\d+:\d+: .{10,}", re.DOTALL)
EXPECTATIONS = """\
# why
expected:
  - id: stride-3x3  # all of them
    reason: "we ship v1.5"
    link: https://github.com/pytorch/vision/issues/191
  - {id: STEM-02, reason: another stem, message: "kernel"}
"""
PROJECT = """\
[tool.resnet-conformance]
targets = [
    {target = "a:b", architecture = "imagenet/resnet50", kwargs = {n = 3}, expected = {stride-3x3 = "we ship v1.5"}},
    {target = "net.py:net", input = [3, 32, 32], recipe = "a:c"},
]
"""


def test_damage_is_seen_at_all() -> None:
    """Of a hundred damaged files nearly all differ from the sound one, and most are refused."""
    assert sum(damaged(EXPECTATIONS, seed) != EXPECTATIONS.encode() for seed in range(100)) > 90


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_spec_is_refused_at_its_place(file: str, tmp_path: Path) -> None:
    shutil.copytree(SPEC, tmp_path / "spec")
    text = (SPEC / file).read_text("utf-8")
    refused, times = 0, max(3, TIMES // len(FILES))
    for seed in range(times):
        (tmp_path / "spec" / file).write_bytes(damaged(text, seed))
        try:
            load_spec(tmp_path / "spec")
        except SpecError as error:
            assert PLACE.match(str(error)), (seed, str(error))
            assert error.line >= 1
            refused += 1
    assert refused or times < 20


def test_a_damaged_expectations_file_is_refused_at_its_place(tmp_path: Path) -> None:
    path, spec, refused = tmp_path / "known.yaml", load_spec(), 0
    for seed in range(TIMES):
        path.write_bytes(damaged(EXPECTATIONS, seed))
        try:
            read_expectations(path, spec)
        except ExpectationError as error:
            assert PLACE.match(str(error)), (seed, str(error))
            refused += 1
    assert refused > TIMES // 4


def test_a_damaged_project_is_refused_with_its_file(tmp_path: Path) -> None:
    path, spec, refused = tmp_path / "pyproject.toml", load_spec(), 0
    for seed in range(TIMES):
        path.write_bytes(damaged(PROJECT, seed))
        try:
            for row in read_targets(path):
                row.expectations(spec)
        except (ProjectError, ExpectationError) as error:
            assert str(path) in str(error), (seed, str(error))
            refused += 1
    assert refused > TIMES // 4


def test_a_damaged_report_is_refused_with_its_file_or_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)  # which one of the views writes to
    report = check("resnet_impl:cifar_resnet20", "cifar10/resnet20", evidence="structure", seed=0)
    path, spec, refused, text = tmp_path / "report.json", load_spec(), 0, render(report)
    path.write_text(text, "utf-8")
    assert read_report(path).to_json() == report.to_json()
    for seed in range(TIMES):
        path.write_bytes(damaged(text, seed))
        try:
            found = read_report(path)
        except ReportError as error:
            assert str(error).startswith(f"{path}:"), (seed, str(error))
            refused += 1
            continue
        assert str(found)
        for form in FORMATS:
            deliver_reports([found], spec, form, tmp_path / "view")
            assert (tmp_path / "view").read_bytes(), (seed, form)
    assert refused > TIMES // 4
