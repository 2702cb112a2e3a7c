"""The runner keeps what was done, goes on where it stopped, and says what survived."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from . import __main__ as command
from . import runner, table
from .runner import Result, State
from .trial import Outcome

MADE = Result("corpus", "wrong/stem-no-relu", Outcome("killed", "structure", "STEM-03"), 0.5)
SURVIVOR = Result("corpus", "wrong/stem-no-bn", Outcome("survived", told="nothing failed"), 0.5)
CLEAN = Result("corpus", "right/in-place", Outcome("clean"), 1.0)


@pytest.fixture
def silent() -> Console:
    return Console(file=io.StringIO())


def test_outcomes_are_kept_under_their_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "new" / "outcomes.jsonl"
    State(path, "one").add(MADE)
    assert State(path, "one").results == {("corpus", "wrong/stem-no-relu"): MADE}
    assert State(path, "one", fresh=True).results == {}
    State(path, "one").add(MADE)
    assert State(path, "two").results == {}


def test_a_line_that_was_cut_off_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.jsonl"
    State(path, "one").add(MADE)
    path.write_text(path.read_text() + '{"part": "corpus", "na', encoding="utf-8")
    assert set(State(path, "one").results) == {("corpus", "wrong/stem-no-relu")}


def test_what_is_done_is_not_done_again(tmp_path: Path, silent: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(tmp_path / "outcomes.jsonl", "one")
    state.add(MADE)
    asked: list[str] = []
    monkeypatch.setattr(runner, "trial", lambda part, name: asked.append(name) or SURVIVOR)
    wanted = {"corpus": ["wrong/stem-no-relu", "wrong/stem-no-bn"]}
    results = runner.run(wanted, state, 0, silent)
    assert asked == ["wrong/stem-no-bn"]
    assert list(results.values()) == [MADE, SURVIVOR]
    assert "not noticed: corpus wrong/stem-no-bn: nothing failed" in silent.file.getvalue()  # type: ignore[attr-defined]


def test_an_interruption_keeps_what_was_done(tmp_path: Path, silent: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    def trial(part: str, name: str) -> Result:
        if name != MADE.name:
            raise KeyboardInterrupt
        return MADE

    monkeypatch.setattr(runner, "trial", trial)
    state = State(tmp_path / "outcomes.jsonl", "one")
    with pytest.raises(runner.Stopped, match="the same command goes on"):
        runner.run({"corpus": [MADE.name, SURVIVOR.name]}, state, 0, silent)
    assert set(State(state.path, "one").results) == {("corpus", MADE.name)}


def test_a_trial_that_fails_itself_has_noticed_nothing() -> None:
    result = runner.trial("corpus", "wrong/no-such-network")
    assert (result.outcome.verdict, result.outcome.told[:24]) == ("survived", "the trial itself failed:")


def test_the_figures() -> None:
    counts = table.count([MADE, SURVIVOR, CLEAN])["corpus"]
    assert {k: counts[k] for k in ("trials", "killed", "survived", "clean", "alarm")} == {
        "trials": 3,
        "killed": 1,
        "survived": 1,
        "clean": 1,
        "alarm": 0,
    }
    assert counts["killed_by"] == {"structure": 1}
    assert counts["survivors"] == {"UNEXPLAINED: nothing failed": ["wrong/stem-no-bn"]}
    assert table.unexplained([MADE, SURVIVOR, CLEAN]) == [SURVIVOR]


def test_a_committed_table_that_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = table.count([MADE, CLEAN])
    assert table.outdated(tmp_path, counts) == ["proof.json has no part corpus"]
    table.write(tmp_path, [MADE, CLEAN])
    assert table.outdated(tmp_path, counts) == []
    written = [(tmp_path / name).read_text(encoding="utf-8").splitlines()[0] for name in ("proof.md", "ko/proof.md")]
    assert written == ["# The proof", "# 증명"]
    other = {"trials": 1, "measured": {"code": "earlier"}}
    (tmp_path / "proof.json").write_text(json.dumps({"parts": {"seeds": other}}), encoding="utf-8")
    monkeypatch.setattr(table, "page", lambda *_: "")
    table.write(tmp_path, [MADE, CLEAN])  # of the corpus alone: what was measured before stays
    kept = json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))["parts"]
    assert kept["seeds"] == other
    assert kept["corpus"]["measured"]["code"] == runner.fingerprint()[:8]
    faults = table.outdated(tmp_path, table.count([MADE, SURVIVOR]))
    assert "corpus: survived is 1, and proof.json says 0" in faults


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = {"wrong/stem-no-relu": MADE, "wrong/stem-no-bn": SURVIVOR}
    monkeypatch.setattr(runner, "trial", lambda part, name: outcomes[name])
    arguments = ["corpus", "--processes", "0", "--state", str(tmp_path / "o.jsonl")]
    assert command.main([*arguments, "--only", "wrong/stem-no-relu"]) == 0
    assert command.main([*arguments, "--only", "wrong/stem-no-[br]*"]) == 1
    assert "not noticed: corpus wrong/stem-no-bn" in capsys.readouterr().out
    for refused in (
        ["nonsense"],
        ["rivals", "--write"],
        ["corpus", "--write", "--only", "x"],
        ["--check", "--only", "x"],
        ["corpus", "--only", "x"],
    ):
        with pytest.raises(SystemExit):
            command.main(refused)


def test_the_readme_shows_the_committed_figures() -> None:
    proof = json.loads((runner.ROOT / "docs" / "proof.json").read_text(encoding="utf-8"))
    shown = " ".join((runner.ROOT / "README.md").read_text(encoding="utf-8").split())
    assert [line for line in table.headline(proof) if " ".join(line.split()) not in shown] == []
