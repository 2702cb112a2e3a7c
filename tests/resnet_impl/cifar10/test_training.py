"""Runs end to end on made images: files, resuming, stopping, and what goes wrong."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_impl import processor
from resnet_impl.cifar10 import checkpoint, train
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.launch import open_runs
from resnet_impl.cifar10.recipe import Recipe
from resnet_impl.cifar10.runs import Run, Stopped
from resnet_impl.cifar10.runs import train as train_runs
from resnet_impl.cifar10.world import World

from .runs_made import Forks, made_data, same, weights_of

CPU = World(torch.device("cpu"))
SHORT = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made")


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())
    torch.set_num_threads(1)


def main(folder: Path, *more: str) -> int:
    return train.main([*SHORT, "--output", str(folder), *more])


def metrics(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "metrics.csv").read_text().splitlines()))


def test_a_run_writes_what_it_was_and_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path, "--iterations", "200", "--evaluate-every", "100") == 0
    rows = metrics(tmp_path)
    assert [row["iteration"] for row in rows] == ["100", "200"]
    assert float(rows[1]["train_loss"]) < float(rows[0]["train_loss"])
    assert float(rows[1]["test_error"]) < 20  # of three classes that are easily told apart
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["result"]["done"]
    assert run["synthetic"]
    assert "200 iterations, not 64000: no result of the paper's recipe" in run["departures"]
    assert (run["environment"]["torch"], run["seed"]) == (torch.__version__, 0)
    assert run["environment"].get("processor") == processor.cpuinfo().get("model name")
    err = capsys.readouterr().err
    assert "made images" in err
    assert "no result of the paper's recipe" in err
    assert "synthetic images, which say nothing of the network" in err


@pytest.mark.parametrize(
    ("precision", "flags", "told"), [("bf16", [], True), ("bf16", ["amx_bf16"], False), ("fp32", [], False)]
)
def test_that_bf16_does_not_pay_here_is_told_before_it_begins(
    tmp_path: Path, monkeypatch, capsys, precision: str, flags: list[str], told: bool
) -> None:
    monkeypatch.setattr(processor, "bf16_flags", lambda info: flags)
    assert main(tmp_path, "--iterations", "1", "--precision", precision) == 0
    begun, _, _ = capsys.readouterr().err.partition("seed 0")
    assert ("SLOW: this processor has no instructions for bf16; in fp32 (no --precision)" in begun) is told
    assert "SLOW" not in (tmp_path / "run.json").read_text()  # errors are what they are anywhere


def test_curves_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert main(tmp_path, "--iterations", "100", "--evaluate-every", "100") == 0
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_a_seed_fixes_everything(tmp_path: Path) -> None:
    for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
        torch.rand(7)  # what was drawn before does not matter
        assert main(tmp_path / name, "--iterations", "30", "--seed", seed) == 0
    one, again, other = (weights_of(tmp_path / name) for name in "abc")
    assert same(one, again)
    assert not same(one, other)


def test_seeds_side_by_side_are_the_runs_that_they_are_alone(tmp_path: Path) -> None:
    assert main(tmp_path / "both", "--iterations", "30", "--seeds", "3-4") == 0
    for seed in ("3", "4"):
        assert main(tmp_path / seed, "--iterations", "30", "--seed", seed) == 0
        assert same(weights_of(tmp_path / "both" / f"seed{seed}"), weights_of(tmp_path / seed))


@pytest.mark.parametrize("stop", [37, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 100, 123))])
def test_it_goes_on_bit_for_bit_after_a_signal(stop: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--iterations", "150", "--evaluate-every", "100", "--save-every", "50")
    assert main(tmp_path / "whole", *options) == 0
    interrupted = opened(tmp_path / "parts", 150)
    take = interrupted.trainer.take

    def take_and_signal() -> None:
        take()
        if interrupted.trainer.iteration == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    interrupted.trainer.take = take_and_signal  # type: ignore[method-assign]
    with pytest.raises(Stopped, match="SIGTERM"):
        train_runs([interrupted], 100, lambda runs: None, 50)
    assert checkpoint.load(interrupted.path)["iteration"] == stop
    assert main(tmp_path / "parts", *options, "--resume") == 0
    assert same(weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts"))
    whole, parts = (
        [{key: value for key, value in row.items() if key != "seconds"} for row in metrics(tmp_path / name)]
        for name in ("whole", "parts")
    )
    assert whole == parts


def opened(folder: Path, iterations: int, **changes: object) -> Run:
    """A run as the command line makes it."""
    drops = (iterations // 2, 3 * iterations // 4)
    recipe = replace(Recipe("resnet8", batch=8, iterations=iterations, drops=drops), **changes)  # type: ignore[arg-type]
    return open_runs(recipe, made_data(), (0,), folder, CPU)[0]


def arguments(folder: Path, *more: str) -> tuple[str, ...]:
    return (*SHORT, "--output", str(folder), *more)


@pytest.mark.slow
def test_the_command_says_how_to_go_on(tmp_path: Path, forks: Forks) -> None:
    child = forks.start("trained", *arguments(tmp_path, "--iterations", "100000", "--save-every", "10"))
    end = time.monotonic() + 60
    while not (tmp_path / checkpoint.NAME).exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.kill(child, signal.SIGINT)
    assert forks.wait(child) == [130]
    err = forks.told()
    assert "stopped by SIGINT at iteration " in err
    assert " and saved. Go on with: python -m resnet_impl.cifar10.train --model resnet8" in err
    assert "--resume" in err
    assert "Traceback" not in err


def test_the_command_that_goes_on_can_be_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(runs: object, *more: object) -> None:
        raise Stopped(signal.SIGTERM)

    monkeypatch.setattr(train, "train", stop)
    assert main(tmp_path / "my runs", "--iterations", "20") == 143
    told = capsys.readouterr().err.partition("Go on with: ")[2]
    assert shlex.split(told)[3:] == [*SHORT, "--output", str(tmp_path / "my runs"), "--iterations", "20", "--resume"]


def test_a_stop_while_images_are_read_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(where: str, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "load_data", stop)
    assert main(tmp_path / "run") == 130
    assert "stopped at once" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    half, others = tmp_path / ".checkpoint.pt.e62477a9", tmp_path / ".notes"
    for path in (half, others):
        path.write_bytes(b"x")
    opened(tmp_path, 20)
    assert not half.exists()
    assert others.exists()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path, "--iterations", "20") == 0
    before = (tmp_path / "checkpoint.pt").read_bytes()
    assert main(tmp_path, "--iterations", "20") == 2
    assert "holds a run: go on with it (--resume), or give another --output" in capsys.readouterr().err
    assert main(tmp_path, "--iterations", "40", "--resume") == 2
    err = capsys.readouterr().err
    assert "is of another run (" in err
    assert "iterations was 20, and is 40" in err
    assert main(tmp_path, "--iterations", "20", "--seed", "1", "--resume") == 2
    assert "seed was 0, and is 1" in capsys.readouterr().err
    assert (tmp_path / "checkpoint.pt").read_bytes() == before


def test_other_images_are_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path, "--iterations", "20") == 0
    other = made_data()
    other.train.images[7] += 1
    monkeypatch.setattr(train, "load_data", lambda where, **options: other)
    assert main(tmp_path, "--iterations", "20", "--resume") == 2
    assert "the images were others" in capsys.readouterr().err
    moved = replace(made_data(), source="the same images in another folder")
    monkeypatch.setattr(train, "load_data", lambda where, **options: moved)
    assert main(tmp_path, "--iterations", "20", "--resume") == 0
    assert "is complete: nothing is trained" in capsys.readouterr().err


def test_images_that_are_not_the_papers_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = replace(made_data(), synthetic=False)
    monkeypatch.setattr(train, "load_data", lambda where, **options: few)
    assert main(tmp_path, "--iterations", "20", "--resume") == 0
    words = "300 + 60 images of 3 classes, not the 50,000 + 10,000 of CIFAR-10"
    err = capsys.readouterr().err
    assert words in err
    assert f"nothing to resume in {tmp_path}: it begins anew" in err
    assert words in json.loads((tmp_path / "run.json").read_text())["departures"]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    run = opened(tmp_path, 400)
    run.save()
    before = run.path.read_bytes()
    with torch.no_grad():
        next(run.trainer.net.parameters()).fill_(float("inf"))
    with pytest.raises(TrainingError, match=r"no finite number at iteration 50.*last checkpoint is intact"):
        train_runs([run], 100, lambda runs: None, 50)
    assert run.path.read_bytes() == before


def test_a_full_disk_stops_and_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened(tmp_path, 100)
    run.save()
    before = run.path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TrainingError, match=r"No space left on device.*checkpoint from before is intact"):
        train_runs([run], 100, lambda runs: None, 50)
    assert run.path.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {"checkpoint.pt", "tensorboard"}


def test_warm_up_ends_when_the_error_is_low(tmp_path: Path) -> None:
    """Three classes: chance is 66.7%, below 80% at the first look."""
    run = opened(tmp_path, 300, warm_up="error")
    rates = []
    take = run.trainer.take

    def note() -> None:
        rates.append(run.trainer.rate)
        take()

    run.trainer.take = note  # type: ignore[method-assign]
    train_runs([run], 100, lambda runs: None, 100)
    assert rates[:100] == [0.01] * 100
    assert rates[100] == pytest.approx(0.1)
