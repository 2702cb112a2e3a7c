"""A target whose code damages what its process answers is not examined, and the other targets are judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from resnet_conformance import cli, outside

if TYPE_CHECKING:
    from conftest import Run

pytestmark = pytest.mark.slow

UNREADABLE = "could not be judged: the process in which it ran gave an answer that cannot be read"
ANSWERS = {
    "empty": b"{}",
    "no JSON": b"[1, 2",
    "nothing": b"",
    "no UTF-8": b'{"report": "\xff"}',
    "too deep": b"[" * 50_000,
    "a list": b"[]",
    "another report": b'{"report": {}}',
    "a report of no schema": b'{"report": {"schema": "resnet-conformance/report/1"}}',
    "no report": b'{"text": ""}',
}
VERBS = {
    "check": ("check", "a:b"),
    "identify": ("identify", "a:b"),
    "draw": ("draw", "a:b", "--output", "net.svg"),
    "transplant": ("transplant", "--from", "a:b", "--weights", "w.pth", "--to", "c:d", "--output", "o.safetensors"),
}


def child(answer: bytes) -> str:
    """The code of a child that writes this at once."""
    write = f"pathlib.Path({{folder!r}}, 'answer.json').write_bytes(bytes.fromhex({answer.hex()!r}))"
    return f"import pathlib; {write}; {{path}}"


NETS = """
import json
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))

def replaces():
    json.dumps = lambda *a, **k: "{}"
    return net()
"""


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none(
    answer: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run, assert_one_message
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "CHILD", child(answer))
    result = run("check", "a:b", "--architecture", "cifar10/resnet20", "--format", "json", "--output", "report.json")
    assert_one_message(result, f"a:b {UNREADABLE}")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert {(f["outcome"], UNREADABLE in f["message"]) for f in report["findings"]} == {("not-examined", True)}


def test_an_answer_that_is_a_pipe_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, run: Run, assert_one_message
) -> None:
    monkeypatch.setattr(outside, "CHILD", "import os; os.mkfifo({folder!r} + '/answer.json'); {path}")
    assert_one_message(run("check", "a:b"), UNREADABLE)


PLACES = {
    "with an escape": (
        "write_bytes(b'n.py' + bytes([27]) + b'[2J:3')",
        ". When the time was over it was at n.py [2J:3\n",
    ),
    "without end": ("write_bytes(b'x' * 10**8)", "x\n"),
    "nothing": ("write_bytes(b'')", ""),
    "no UTF-8": ("write_bytes(bytes([255]))", ""),
    "a folder": ("mkdir()", ""),
    "endless": ("symlink_to('/dev/zero')", ""),
}


@pytest.mark.parametrize(("writes", "told"), PLACES.values(), ids=PLACES)
def test_a_place_that_is_none(
    writes: str, told: str, monkeypatch: pytest.MonkeyPatch, run: Run, assert_one_message
) -> None:
    late = (
        "import pathlib, time\nplace = pathlib.Path({folder!r})\n(place / 'ready').touch()\n"
        "while not (place / 'asked').exists():\n    time.sleep(0.01)\n"
        f"(place / 'place').{writes}\ntime.sleep(60)  # {{path}}"
    )
    monkeypatch.setattr(outside, "CHILD", late)
    result = run("check", "a:b", "--timeout", "0.1")
    begin = "resnet-conformance: a:b took longer than 0.1 s: give it more time (--timeout)"
    assert_one_message(result, begin)
    assert result[2].endswith(told)
    assert len(result[2]) < 1000
    assert told or result[2] == begin + "\n"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_so(
    verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run, assert_one_message
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(outside, "CHILD", child(b"{}"))
    assert_one_message(run(*VERBS[verb]), UNREADABLE)


@pytest.mark.parametrize("text", ["", "{}", '{"steps": 1}', '{"steps": [{}]}'])
def test_an_exercise_that_answers_for_itself(
    text: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run, assert_one_message
) -> None:
    assert cli.main(["kata", "start", str(tmp_path / "kata")]) == 0
    run("list", "architectures")  # what `start` printed is read
    monkeypatch.setattr(outside, "CHILD", child(json.dumps({"text": text}).encode()))
    assert_one_message(run("kata", "check", str(tmp_path / "kata")), UNREADABLE)


def test_the_other_targets_are_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets.py").write_text(NETS)
    names = ("replaces", "net")
    rows = ", ".join(f'{{target = "nets.py:{name}", architecture = "cifar10/resnet20"}}' for name in names)
    (tmp_path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{rows}]\n")
    code, _, err = run("check", "--evidence", "structure", "--format", "json", "--output", "reports.json")
    assert (code, err) == (2, "")
    damaged, whole = json.loads((tmp_path / "reports.json").read_text("utf-8"))["reports"]
    assert [report["verdict"] for report in (damaged, whole)] == ["not-examined", "violates"]
    assert UNREADABLE in damaged["findings"][0]["message"]
