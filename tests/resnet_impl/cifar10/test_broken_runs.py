"""What goes wrong within a run: the last good checkpoint stays, nothing broken is written, and the reason is told."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_impl.cifar10 import checkpoint, launch
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.launch import open_runs
from resnet_impl.cifar10.recipe import Recipe
from resnet_impl.cifar10.runs import Run
from resnet_impl.cifar10.runs import train as train_runs
from resnet_impl.cifar10.world import World

from .runs_made import made_data

CPU = World(torch.device("cpu"))


def opened(folder: Path, iterations: int) -> Run:
    recipe = Recipe("resnet8", batch=8, iterations=iterations, drops=(iterations // 2,))
    return open_runs(recipe, made_data(), (0,), folder, CPU)[0]


@pytest.mark.parametrize("when", [20, 30], ids=["where a checkpoint is due", "at the end"])
def test_weights_that_are_no_numbers_are_not_saved(when: int, tmp_path: Path) -> None:
    """The update of an iteration breaks the weights; its loss is of the weights before, and is a number."""
    run = opened(tmp_path, 30)
    run.save()
    before = run.path.read_bytes()
    take = run.trainer.take

    def take_and_break() -> None:
        take()
        if run.trainer.iteration == when:
            with torch.no_grad():
                next(run.trainer.net.parameters()).view(-1)[0] = float("nan")

    run.trainer.take = take_and_break  # type: ignore[method-assign]
    with pytest.raises(TrainingError, match=f"a weight or a statistic of BN is no finite number at iteration {when}"):
        train_runs([run], 100, lambda runs: None, 20 if when == 20 else 100)
    assert run.path.read_bytes() == before
    assert not (tmp_path / "run.json").exists()


def test_a_seed_that_breaks_costs_itself_alone(tmp_path: Path) -> None:
    recipe = Recipe("resnet8", batch=8, iterations=30, drops=(15,))
    runs = open_runs(recipe, made_data(), (0, 1, 2), tmp_path, CPU)
    with torch.no_grad():
        next(runs[1].trainer.net.parameters()).fill_(float("inf"))
    with pytest.raises(TrainingError, match=r"^seed 1: .*no finite number.*; the other seeds are complete$"):
        train_runs(runs, 100, lambda runs: None, 10)
    assert [(tmp_path / f"seed{seed}" / "run.json").exists() for seed in range(3)] == [True, False, True]
    assert [run.trainer.done for run in runs] == [True, False, True]


def test_a_seed_that_breaks_ends_each_of_several_processes(tmp_path: Path) -> None:
    """Another process has not seen it break, and would wait for this one's gradients for ever."""
    recipe = Recipe("resnet8", batch=8, iterations=30, drops=(15,))
    runs = open_runs(recipe, made_data(), (0, 1), tmp_path, CPU)

    def full() -> dict[str, object]:
        raise TrainingError("No space left on device")

    runs[1].save()
    runs[1].trainer.state = full  # type: ignore[method-assign]
    runs[1].trainer.world = replace(CPU, size=2)
    with pytest.raises(TrainingError, match=r"^No space left on device; the last checkpoint is intact"):
        train_runs(runs, 100, lambda runs: None, 10)
    assert runs[0].trainer.iteration == 10


def test_no_record_says_done_before_the_last_weights_are_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = opened(tmp_path, 20)

    def full(run: Run) -> None:
        raise TrainingError("No space left on device")

    monkeypatch.setattr(Run, "save", full)
    with pytest.raises(TrainingError, match="No space"):
        train_runs([run], 100, lambda runs: None, 100)
    assert not (tmp_path / "run.json").exists()


def test_a_record_that_a_dead_process_left_out_is_made_again(tmp_path: Path) -> None:
    run = opened(tmp_path, 20)
    train_runs([run], 100, lambda runs: None, 100)
    record = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").unlink()
    recipe = Recipe("resnet8", batch=8, iterations=20, drops=(10,))
    assert open_runs(recipe, made_data(), (0,), tmp_path, CPU, go_on=True)[0].trainer.done
    assert (tmp_path / "run.json").read_text() == record


def test_all_places_where_a_run_was_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe("resnet8", batch=8, iterations=30, drops=(15,))
    for device in ("one", "two", "two", "three"):
        monkeypatch.setattr(launch, "environment", lambda where, device=device: {"device": device})
        run = open_runs(recipe, made_data(), (0,), tmp_path, CPU, go_on=True)[0]
        run.trainer.take()
        run.save()
    run.tell()
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["environment"]["device"] == "three"
    assert [place["device"] for place in record["earlier"]] == ["one", "two"]


def test_a_disk_that_fills_within_a_checkpoint_is_told_in_its_own_words(tmp_path: Path) -> None:
    """A limit on the size of files, as a full disk refuses what is beyond some byte."""
    resource = pytest.importorskip("resource")
    assert signal.getsignal(signal.SIGXFSZ) == signal.SIG_IGN  # as Python sets it
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    state = {"net": {"weight": torch.zeros(100_000)}}
    checkpoint.save(tmp_path / checkpoint.NAME, {**state, "number": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(TrainingError, match=r"\(File too large\); the checkpoint from before is intact"):
            checkpoint.save(tmp_path / checkpoint.NAME, {**state, "number": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert checkpoint.load(tmp_path / checkpoint.NAME)["number"] == 1
    assert [path.name for path in tmp_path.iterdir()] == [checkpoint.NAME]
