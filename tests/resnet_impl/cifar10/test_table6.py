"""`python -m resnet_impl.cifar10.table6`: trains what is missing, shows what is complete, and says what is not."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from resnet_impl.cifar10 import table6, train
from resnet_impl.cifar10.recipe import paper, to_plain

from .runs_made import made_data

SHORT = ("--batch", "8", "--iterations", "100", "--evaluate-every", "100", "--device", "cpu", "--data", "made")


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())


def record(folder: Path, model: str, seed: int, error: float, done: bool = True) -> None:
    """A run.json as the trainer writes it."""
    place = folder / model / f"seed{seed}"
    place.mkdir(parents=True)
    result = {"done": done, "iteration": 64000, "train_error": 0.5, "test_error": error, "seconds": 600.0}
    about = {"data": "CIFAR-10, the official archive", "environment": {"torch": "2.15.0"}}
    whole = {**about, "seed": seed, "recipe": to_plain(paper(model)), "departures": [], "result": result}
    (place / "run.json").write_text(json.dumps(whole))
    header = "iteration,epoch,rate,train_loss,train_error,test_loss,test_error,seconds\n"
    (place / "metrics.csv").write_text(f"{header}64000,163.8,0.001,0.01,0.5,0.4,{error},600\n")


def test_the_table_beside_the_papers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    for seed, error in enumerate((8.5, 8.7, 9.1)):
        record(tmp_path, "resnet20", seed, error)
    record(tmp_path, "resnet20", 3, 12.0, done=False)
    record(tmp_path, "plain20", 0, 9.5)
    for day, place in enumerate(("resnet20/seed0", "plain20/seed0", "resnet20/seed3")):  # the last is not complete
        then = datetime(2026, 1, 1 + day, 12, tzinfo=UTC).timestamp()
        os.utime(tmp_path / place / "run.json", (then, then))
    for seed in (1, 2):
        os.utime(tmp_path / f"resnet20/seed{seed}" / "run.json", (then - 86400, then - 86400))
    assert (
        table6.main(["--models", "resnet20,plain20", "--seeds", "4", "--output", str(tmp_path), "--show", *SHORT]) == 0
    )
    out = capsys.readouterr().out
    lines = {
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")] for line in out.splitlines() if line[:1] == "|"
    }
    assert lines["resnet20"][2:7] == ["269,722", "8.75", "8.50 (8.77+-0.31, 3 runs)", "0.50", "10.0"]
    assert lines["plain20"][2:5] == ["269,722", "-", "9.50 (one run)"]
    assert "Not complete, and not shown: 1 of resnet20, 3 of plain20." in out
    assert "* Ended on 2026-01-01, 2026-01-02." in out
    assert "Not as in the paper" not in out
    assert (tmp_path / "table6.md").read_text() in out + "\n"
    found = json.loads((tmp_path / "table6.json").read_text())
    assert [run["result"]["test_error"] for run in found["models"][0]["runs"]] == [8.5, 8.7, 9.1]
    assert (tmp_path / "curves.png").exists()


def test_a_table_of_other_models_keeps_those_that_are_there(tmp_path: Path) -> None:
    record(tmp_path, "resnet32", 0, 7.5)
    record(tmp_path, "resnet20", 0, 8.7)
    record(tmp_path, "plain20", 0, 9.5)
    record(tmp_path, "resnet44", 0, 7.1, done=False)
    assert table6.main(["--models", "plain20", "--seeds", "1", "--output", str(tmp_path), "--show", *SHORT]) == 0
    models = json.loads((tmp_path / "table6.json").read_text())["models"]
    assert [model["model"] for model in models] == ["plain20", "resnet20", "resnet32"]


@pytest.mark.slow
def test_what_is_missing_is_trained_and_what_is_there_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--models", "resnet8,plain8", "--seeds", "2", "--output", str(tmp_path), *SHORT]
    assert table6.main(arguments) == 0
    models = json.loads((tmp_path / "table6.json").read_text())["models"]
    assert [(m["model"], [run["seed"] for run in m["runs"]]) for m in models] == [
        ("resnet8", [0, 1]),
        ("plain8", [0, 1]),
    ]
    assert "no result of the paper's recipe" in (tmp_path / "table6.md").read_text()

    def never(arguments: object) -> int:
        raise AssertionError("trained again")

    monkeypatch.setattr(train, "main", never)
    assert table6.main(arguments) == 0


@pytest.mark.slow
def test_seeds_side_by_side(tmp_path: Path) -> None:
    arguments = ["--models", "resnet8", "--seeds", "2", "--output", str(tmp_path), "--side-by-side", *SHORT]
    assert table6.main(arguments) == 0
    assert {path.parent.name for path in (tmp_path / "resnet8").glob("*/run.json")} == {"seed0", "seed1"}


def test_a_run_that_fails_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "main", lambda arguments: 143)
    assert table6.main(["--models", "resnet8", "--seeds", "1", "--output", str(tmp_path), *SHORT]) == 143


def test_a_damaged_record_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path, "resnet20", 0, 8.0)
    (tmp_path / "resnet20" / "seed0" / "run.json").write_text("{")
    assert table6.main(["--models", "resnet20", "--seeds", "1", "--output", str(tmp_path), "--show", *SHORT]) == 2
    assert "run.json is no record of a run" in capsys.readouterr().err


def text_of(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_runs_of_another_recipe_or_other_images_are_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(arguments: object) -> int:
        raise AssertionError("trained")

    monkeypatch.setattr(train, "main", never)
    record(tmp_path, "resnet20", 0, 8.6)
    asked = ["--models", "resnet20", "--output", str(tmp_path), "--data", "made"]
    assert table6.main([*asked, "--seeds", "1", "--show"]) == 0
    assert table6.main([*asked, "--seeds", "1"]) == 0
    for more, words in ((["--decay-bn"], "decay_bn was False, and is True"), (["--iterations", "100"], "was 64000")):
        text_of(capsys)
        assert table6.main([*asked, "--seeds", "2", *more]) == 2
        assert words in text_of(capsys)
    record(tmp_path, "resnet20", 1, 8.7)
    path = tmp_path / "resnet20" / "seed1" / "run.json"
    run = json.loads(path.read_text())
    path.write_text(json.dumps({**run, "digest": "another", "data": "other images"}))
    assert table6.main([*asked, "--seeds", "2", "--show"]) == 2
    assert "the images were others: other images" in text_of(capsys)
    run["recipe"]["batch"] = 64
    path.write_text(json.dumps(run))
    assert table6.main([*asked, "--seeds", "2", "--show"]) == 2
    assert "seed1 is of another run (batch was 64, and is 128)" in text_of(capsys)


@pytest.mark.parametrize("why", ["short", "synthetic"])
def test_what_is_no_result_is_not_shown_as_one(why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path, "resnet20", 0, 12.34)
    path = tmp_path / "resnet20" / "seed0" / "run.json"
    run = json.loads(path.read_text())
    if why == "short":
        run["recipe"]["iterations"] = 640
    path.write_text(json.dumps({**run, "synthetic": why == "synthetic", "departures": ["why it is none"]}))
    assert table6.main(["--models", "resnet20", "--seeds", "1", "--output", str(tmp_path), "--show"]) == 0
    out = text_of(capsys)
    assert "| no result: see below |" in out
    assert "12.34" not in out
    assert "why it is none" in out


def test_it_is_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Under torchrun every process would train and write."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SystemExit):
        table6.main(["--models", "resnet20", "--output", str(tmp_path), "--show"])
    assert "one process fills the table" in text_of(capsys)
