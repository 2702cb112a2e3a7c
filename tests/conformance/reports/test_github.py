"""Annotations as the runner reads them back, and the step's summary as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from resnet_conformance import cli
from resnet_conformance.findings import Declared, Report, TargetInfo
from resnet_conformance.reports import github, summary
from resnet_conformance.spec import load_spec

from .kept import HOSTILE, NAMES, STORED, hostile, stored

Command = tuple[str, dict[str, str], str]


def unescape(text: str, property_too: bool = False) -> str:
    if property_too:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def runner(text: str) -> tuple[list[Command], list[str]]:
    """Commands and other lines, found as the runner finds them: "::" at a line's begin, or ##[ anywhere in it."""
    commands, rest = [], []
    for line in re.split(r"\r\n|\r|\n", text.removesuffix("\n")):
        if not line.lstrip().startswith("::"):
            assert "##[" not in line
            rest.append(line)
            continue
        head, _, data = line.lstrip()[2:].partition("::")
        name, _, properties = head.partition(" ")
        pairs = (pair.partition("=") for pair in properties.split(",") if pair)
        commands.append((name, {key: unescape(value, True) for key, _, value in pairs}, unescape(data)))
    return commands, rest


def shown(*reports: Report) -> tuple[list[Command], list[str]]:
    return runner(github.render(reports, load_spec()))


def test_a_violation_is_an_error_for_each_must_and_a_warning_for_each_should() -> None:
    commands, rest = shown(stored("torchvision-resnet50"))
    assert [(name, keys["title"]) for name, keys, _ in commands] == [
        ("error", "BTN-04 MUST: torchvision.models:resnet50"),
        ("error", "BTN-05 MUST: torchvision.models:resnet50"),
        ("error", "CT-05 MUST: torchvision.models:resnet50"),
        ("warning", "CT-06 SHOULD: torchvision.models:resnet50"),
    ]
    lines = commands[0][2].splitlines()
    assert "Expected: strides 2, 1, 1 (on the first 1x1) in conv3_1, conv4_1, conv5_1" in lines
    assert "Explained by: stride-3x3" in lines
    assert rest == ["- torchvision.models:resnet50 violates imagenet/resnet50 (BTN-04, BTN-05, CT-05)"]


def test_a_file_is_annotated_and_so_is_the_line_of_a_stale_declaration() -> None:
    report = replace(stored("torchvision-resnet50"), target=TargetInfo("models/net.py:build"))
    assert shown(report)[0][0][1]["file"] == "models/net.py"
    stale = Declared("stride-3x3", "why", place="known.yaml:2:9", stale="it was not found")
    [command] = shown(replace(stored("cifar-resnet20"), declared=(stale,)))[0]
    assert command[1] == {
        "file": "known.yaml", "line": "2", "col": "9", "title": "stride-3x3 is declared and not found"
    }  # fmt: skip


def test_what_is_declared_is_a_notice_and_a_network_without_verdict_an_error() -> None:
    commands, _ = shown(stored("torchvision-resnet50-declared"))
    assert {name for name, _, _ in commands} == {"notice"}
    assert "what everybody's weights are for" in commands[0][2]
    silent = replace(stored("cifar-resnet20"), verdict="not-examined", findings=(), summary={"problem": "it burst"})
    [(name, _, message)] = shown(silent)[0]
    assert name == "error"
    assert "it burst" in message


def test_no_more_than_github_shows_and_the_last_names_the_rest() -> None:
    report = stored("torchvision-resnet50")
    broken = tuple(replace(f, outcome="fail", level="MUST", message="no") for f in report.findings[:14])
    commands, _ = shown(replace(report, findings=broken))
    assert len(commands) == github.SHOWN
    assert commands[-1][1]["title"] == "5 more"
    assert all(f.clause in commands[-1][2] for f in broken[9:])


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_make_no_command_and_no_property(words: str) -> None:
    plain, bad = shown(stored("torchvision-resnet50")), shown(hostile(words))
    # one more: the declaration that is stale; one line for the target, as ever
    assert len(bad[0]) == len(plain[0]) + 1
    assert len(bad[1]) == len(plain[1])
    for _, keys, _ in bad[0]:
        assert set(keys) <= {"file", "line", "col", "title"}


def test_the_summary_is_added_to_what_other_steps_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "summary.md"
    file.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(file))
    report = str(STORED / "torchvision-resnet50.json")
    assert cli.main(["view", report, "--format", "github"]) == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("before\n## resnet-conformance\n")
    assert "❌ violates" in text
    capsys.readouterr()
    assert cli.main(["view", report, "--format", "junit"]) == 0
    assert file.read_text(encoding="utf-8") == text
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "none" / "summary.md"))
    assert cli.main(["view", report, "--format", "github"]) == 2
    assert "cannot write the step summary" in capsys.readouterr().err


def test_the_summary_has_a_row_for_each_target() -> None:
    text = summary.render([stored(name) for name in NAMES], load_spec())
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    table = [row for row in rows if row.count(" | ") == 6][1:]
    assert [row.split(" | ")[2] for row in table] == ["✅ conforms", "✅ conforms", "❌ violates", "☑️ deviates"]
    assert table[0] == "| resnet\\_impl:cifar\\_preresnet164 | cifar10/preresnet164 | ✅ conforms | 55 | 0 | 0 | 8 |"
    assert "#### ❌ BTN-04 MUST" in text
    assert (
        "| Cited | P1 Table 1 FLOPs, p.5; CF res3a\\_branch2a, res4a\\_branch2a, res5a\\_branch2a; FB README;" in text
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_make_no_markdown(words: str) -> None:
    lines = summary.render([hostile(words)], load_spec()).splitlines()
    own = re.compile(r"</?(details|summary)>|\(\[seen here\]\(<https://github\.com/[^>]+>\)\)|\*\*[A-Z0-9a-z-]+\*\*")
    plain = summary.render([stored("torchvision-resnet50")], load_spec()).splitlines()
    assert sum(line.startswith("#") for line in lines) == sum(line.startswith("#") for line in plain)
    for line in lines:
        text = own.sub("", line)
        assert not re.search(r"(?<!\\)[<>`\[\]@]", re.sub(r"\\.", "", text)), line
        if line.startswith("|"):
            assert re.sub(r"\\.", "", line).count("|") in (3, 8)
