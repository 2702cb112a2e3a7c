"""A project's pyproject.toml: several targets at once, each with what it declares."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from resnet_conformance import cli, outside
from resnet_conformance.project import ProjectError, ProjectTarget, find_project, read_targets

pytestmark = pytest.mark.usefixtures("judged_here")

NETS = """\
from torch import nn
from torchvision.models import resnet18, resnet50

def fails():
    raise RuntimeError("no weights here")
"""
TARGETS = """\
[tool.resnet-conformance]
targets = [
    {target = "nets.py:resnet18", architecture = "imagenet/resnet18", expect = "known.yaml"},
    {target = "nets.py:resnet50", architecture = "imagenet/resnet50", expected = {stride-3x3 = "we ship v1.5"}},
    {target = "nets.py:fails", architecture = "imagenet/resnet18"},
]
"""


def project(folder: Path, text: str = TARGETS) -> Path:
    (folder / "nets.py").write_text(NETS)
    (folder / "known.yaml").write_text("# none yet\nexpected: []\n")
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def listing(rows: str) -> str:
    return f"[tool.resnet-conformance]\ntargets = [{rows}]\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["check", "--level", "must", "--evidence", "structure", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_all_targets_from_a_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    code, out, err = run(capsys, "--format", "json")
    assert (code, err) == (2, "")
    reports = json.loads(out)["reports"]
    assert [(r["target"]["address"], r["verdict"]) for r in reports] == [
        ("nets.py:resnet18", "not-examined"),  # structure alone does not show everything
        ("nets.py:resnet50", "deviates"),
        ("nets.py:fails", "not-examined"),
    ]
    assert "no weights here" in reports[2]["findings"][0]["message"]
    code, out, err = run(capsys)
    assert code == 2
    lines = [line for line in out.splitlines() if line.startswith("nets.py:resnet50")]
    assert [line.split() for line in lines] == [["nets.py:resnet50", "imagenet/resnet50", "deviates", "stride-3x3"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing to judge: give a target (package.module:factory), or list targets under [tool.resnet-conf"),
        ("[tool.resnet-conformance]\ntragets = []", "unknown key 'tragets' (did you mean 'targets'?)"),
        ("[tool.resnet_conformance]\ntargets = []", "write [tool.resnet-conformance], with a dash"),
        ("[tool.resnet-conformance", "is no TOML: "),
        (
            "[project]\nname = 'x'\n[[tool.resnet-conformance]]\ntargets = []",
            "pyproject.toml:3: resnet-conformance is a table, [tool.resnet-conformance] in single brackets, not a list",
        ),
        (
            "[tool]\nresnet-conformance = 3",
            "pyproject.toml:2: resnet-conformance is a table, [tool.resnet-conformance] ",
        ),
        (
            '[tool.resnet-conformance]\ntargets = {target = "a:b"}',
            'pyproject.toml:2: targets is a list of tables, [{target = "package.module:factory"}], not a table',
        ),
        ('\n[tool.resnet-conformance.targets]\ntarget = "a:b"', "pyproject.toml:2: targets is a list of tables, "),
        ('[tool.resnet-conformance]\ntargets = "a:b"', "pyproject.toml:2: targets is a list of tables, "),
        (listing(""), "nothing to judge"),
        (listing('"a:b"'), "target 1: write {target = "),
        (listing('{target = "a:b", kwarg = {}}'), "target 1: unknown key 'kwarg' (did you mean 'kwargs'?)"),
        (listing('{target = "a:b", input = [3, 32]}'), "input is three numbers such as [3, 32, 32]"),
        (listing('{target = "a:b", expect = ["x"]}'), "expect is the path of a YAML file, not"),
        (listing('{target = "a:b"}') + "more = 1\n", "unknown key 'more'"),
        (
            listing('{target = "a:b", architecture = "imagenet/resnet51"}'),
            "target 1: there is no architecture 'imagenet/resnet51'",
        ),
        (listing('{target = "a:b", part = "heat"}'), "target 1: there is no part 'heat' (did you mean 'head'?)"),
        (
            listing('{target = "a:b", part = "head", input = [3, 8, 8]}'),
            "target 1: a part cannot be combined with input",
        ),
        (listing('{target = "a:b", expected = {BTN-4 = "x"}}'), "target 1: unknown clause or deviation 'BTN-4' (did"),
        (listing('{target = "a:b", expect = "none.yaml"}'), "cannot read the expectations"),
    ],
)
def test_what_is_wrong_is_one_message_before_anything_is_judged(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys)
    assert (code, out) == (2, "")
    assert err.startswith("resnet-conformance: ")
    assert words in err
    assert "Traceback" not in err


def test_a_part_among_the_targets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    block = 'target = "torchvision.models.resnet:BasicBlock", part = "basic-block"'
    project(tmp_path, listing(f"{{{block}, kwargs = {{inplanes = 8, planes = 8}}}}"))
    monkeypatch.chdir(tmp_path)
    code, out, _ = run(capsys, "--format", "json")
    report = json.loads(out)["reports"][0]
    assert (code, report["architecture"], report["summary"]["part"]) == (2, None, "basic-block")  # structure alone
    assert "HD-02" not in {finding["clause"] for finding in report["findings"]}


@pytest.mark.parametrize("below", [pytest.param(False, marks=pytest.mark.slow), True])
def test_what_is_out_of_date_in_a_file_can_be_rewritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], below: bool
) -> None:
    project(
        tmp_path, listing('{target = "nets.py:resnet18", architecture = "imagenet/resnet18", expect = "known.yaml"}')
    )
    (tmp_path / "known.yaml").write_text("expected:\n  - id: BLK-04\n    reason: we thought so\n")
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src" if below else tmp_path)
    assert cli.main(["check"]) == 2
    err = capsys.readouterr().err
    assert "known.yaml:2:9: BLK-04 is declared, but" in err
    assert "run again with --update-expectations" in err


@pytest.mark.slow
def test_what_is_out_of_date_in_a_row_is_mended_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = 'target = "nets.py:resnet18", architecture = "imagenet/resnet18", expected = {BLK-04 = "we thought so"}'
    project(tmp_path, listing(f"{{{row}}}"))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 2
    err = capsys.readouterr().err
    assert "BLK-04 is declared, but" in err
    assert "--update-expectations" not in err


def test_options_of_one_target_need_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, "--kw", "a=1")
    assert (code, out) == (2, "")
    assert "--kw says something of one TARGET: name it, or write it into pyproject.toml" in err


def test_a_file_of_declarations_that_cannot_be_written_is_refused_before_anything_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path, listing('{target = "nets.py:resnet18", expect = "none/known.yaml"}'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "ask", lambda *_, **__: pytest.fail("judged"))
    for target in ((), ("nets.py:resnet18", "--expect", "none/known.yaml")):
        code = cli.main(["check", *target, "--update-expectations", "--output", "report.txt"])
        assert (code, capsys.readouterr().err.split("; ")[-1]) == (2, "create it first\n")


def test_rows_are_read_with_their_folder(tmp_path: Path) -> None:
    row, other, _ = read_targets(project(tmp_path))
    assert row == ProjectTarget(
        "nets.py:resnet18", "imagenet/resnet18", expect=tmp_path / "known.yaml", source=row.source, folder=tmp_path
    )
    assert other.expected == {"stride-3x3": "we ship v1.5"}


def test_the_nearest_project_that_has_the_table_is_meant(tmp_path: Path) -> None:
    path = project(tmp_path)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_project(inner) == path
    with pytest.raises(ProjectError, match="nothing to judge"):
        read_targets(inner / "pyproject.toml")


def test_all_targets_as_junit_and_as_annotations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    code, _, _ = run(capsys, "--format", "junit", "--output", "report.xml")
    assert code == 2
    suites = list(ET.parse(tmp_path / "report.xml").getroot())
    assert [suite.get("name") for suite in suites] == ["nets.py:resnet18", "nets.py:resnet50", "nets.py:fails"]
    assert [suite.get("errors") for suite in suites] == ["1", "0", "1"]  # structure alone is no verdict on the first
    assert not (tmp_path / "summary.md").exists()
    code, out, _ = run(capsys, "--format", "github")
    assert code == 2
    assert "::error file=nets.py,title=nets.py%3Afails%3A no verdict::" in out
    assert "nets.py:fails" in (tmp_path / "summary.md").read_text("utf-8")


def test_a_row_that_is_not_used_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To name a target is to judge it without its row: who declared something there must not wonder."""
    path = project(tmp_path)
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, "nets.py:resnet50", "--architecture", "imagenet/resnet50")
    assert code == 1
    assert err.startswith(f"resnet-conformance: {path}, [tool.resnet-conformance]")
    assert "declares deviations of nets.py:resnet50, which are not used" in err
    (tmp_path / "own.yaml").write_text("expected: []\n")
    assert run(capsys, "nets.py:resnet50", "--architecture", "imagenet/resnet50", "--expect", "own.yaml")[2] == ""
    path.write_text("[tool.resnet-conformance]\ntargets = 3\n")  # of no concern to one target
    assert run(capsys, "nets.py:resnet50", "--architecture", "imagenet/resnet50")[::2] == (1, "")


def test_a_person_at_the_terminal_sees_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run(capsys)[2] == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert run(capsys)[2].splitlines() == ["1/3 nets.py:resnet18", "2/3 nets.py:resnet50", "3/3 nets.py:fails"]


def test_an_architecture_is_no_target(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "imagenet/resnet50")
    assert (code, out) == (2, "")
    assert "is an architecture and no network" in err
    assert "--architecture imagenet/resnet50" in err
