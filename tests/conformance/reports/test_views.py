"""Every view is a function of the stored report and the spec: no torch, no clock, no machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import resnet_conformance
from resnet_conformance import cli
from resnet_conformance.findings import Report, TargetInfo
from resnet_conformance.reports import json_report, several, summary
from resnet_conformance.reports.formats import FORMATS, TEXTS
from resnet_conformance.spec import load_spec

from .kept import HOSTILE, NAMES, STORED, hostile, stored

ASK = """
import sys
from resnet_conformance.cli import main
for form in {forms}:
    assert main(["view", {report!r}, "--format", form, "--output", {folder!r} + "/" + form]) == 0
print(sorted(name for name in ("torch", "torchvision", "resnet_impl", "hypothesis", "numpy") if name in sys.modules))
"""


def without_drawing(report: Report) -> Report:
    return replace(report, drawing={})


@pytest.mark.parametrize("name", NAMES)
def test_every_view_of_a_stored_report_is_made_without_torch(name: str, tmp_path: Path) -> None:
    code = ASK.format(forms=FORMATS, report=str(STORED / f"{name}.json"), folder=str(tmp_path))
    home = str(Path(resnet_conformance.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": home, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    for form in (*FORMATS, "summary.md"):
        assert stored(name).target.address in (tmp_path / form).read_text("utf-8").replace("\\", "").replace("%3A", ":")


@pytest.mark.parametrize("name", NAMES)
def test_stored_reports_fit_the_schema_with_and_without_a_drawing(name: str) -> None:
    validator = Draft202012Validator(json_report.load_schema())
    for report in (stored(name), without_drawing(stored(name))):
        data = report.to_json()
        validator.validate(data)
        assert Report.from_json(json.loads(json_report.dump(data))) == report
        assert ("drawing" in data) == bool(report.drawing)


@pytest.mark.parametrize("form", TEXTS)
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_views_show_old_reports_unknown_clauses_and_reports_without_findings(form: str, lang: str) -> None:
    report = without_drawing(stored("torchvision-resnet50"))
    unknown = replace(report.findings[0], clause="XYZ-99", citation="ZZ 9")
    odd = replace(report, findings=(*report.findings, unknown))
    empty = replace(report, findings=(), verdict="not-examined", summary={"problem": "it burst"}, architecture=None)
    part = replace(report, architecture=None, summary={"part": "head", "title": "head", "figures": {"in_channels": 4}})
    text = TEXTS[form]([odd, empty, part], load_spec(), lang)
    assert text.endswith("\n")
    assert "it burst" in text


@pytest.mark.parametrize("form", TEXTS)
def test_the_same_reports_make_the_same_bytes_whatever_the_time_they_took(form: str) -> None:
    reports = [stored(name) for name in NAMES]
    slow = [replace(r, seconds=dict.fromkeys(r.seconds, 0)) for r in reports]
    first = TEXTS[form](reports, load_spec(), "en")
    assert first == TEXTS[form](reports, load_spec(), "en")
    if form != "junit":  # which tells the seconds
        assert first == TEXTS[form](slow, load_spec(), "en")


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_report_can_be_stored_shown_and_read_again(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    file = tmp_path / "report.json"
    file.write_text(json_report.dump(hostile(words).to_json(), ascii_only=True), encoding="utf-8")
    for form in FORMATS:
        assert cli.main(["view", str(file), "--format", form]) == 0
        out = capsys.readouterr().out
        assert out
        assert "\x1b" not in out
        assert "\x00" not in out


def test_several_stored_reports_are_shown_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "reports.json"
    file.write_text(json_report.dump(several.to_json([stored(name) for name in NAMES])), encoding="utf-8")
    for form in FORMATS:
        assert cli.main(["view", str(file), "--format", form]) == 0
        out = capsys.readouterr().out
        assert all(stored(name).target.address in out.replace("%3A", ":") for name in NAMES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[project]", "report.json:1:2: this is no JSON"),
        ('{"schema": "resnet-conformance/reports/1", "reports": []}', "reports is a list of at least one"),
        ('{"schema": "resnet-conformance/reports/1", "reports": [{}]}', "at reports[0]"),
        ('{"schema": "other"}', "this is no report that we know"),
    ],
)
def test_what_is_no_report_is_refused_in_words(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    assert cli.main(["view", str(tmp_path / "report.json")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert "bug" not in captured.err


@pytest.mark.parametrize("form", FORMATS)
def test_a_drawing_that_names_more_blocks_than_places_is_refused_in_words(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads((STORED / "torchvision-resnet50.json").read_text("utf-8"))
    data["drawing"]["found"]["stages"][3]["blocks"][1]["where"].append("layer4.3")
    (tmp_path / "report.json").write_text(json_report.dump(data), encoding="utf-8")
    assert cli.main(["view", str(tmp_path / "report.json"), "--format", form]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "at drawing.found.stages[3].blocks[1]: names and where differ in length" in captured.err


def test_no_step_summary_grows_beyond_what_github_takes() -> None:
    long = replace(stored("torchvision-resnet50"), target=TargetInfo("a:b", {"x": "y" * 400_000}))
    text = summary.render([long] * 5, load_spec())
    assert len(text.encode()) < 5 * 2**20
    assert "too long for a step summary" in text or len(text.encode()) <= 2**20
