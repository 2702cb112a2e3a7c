"""What goes wrong within a run: the last good checkpoint stays, nothing broken is written, and the reason is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

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
