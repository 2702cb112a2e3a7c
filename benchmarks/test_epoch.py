"""An epoch of CIFAR-10 as the bundled trainer runs it: 391 steps of 128 images, augmented on the device."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from resnet_impl.cifar10.launch import prepare, set_arithmetic
from resnet_impl.cifar10.recipe import Recipe
from resnet_impl.cifar10.synthetic import synthesize
from resnet_impl.cifar10.trainer import Trainer
from resnet_impl.cifar10.world import World

from .conftest import Suite, entrant, report
from .contest import Maker
from .networks import Unavailable

STEPS = 391  # 50,000 images in batches of 128
MODELS = ("resnet20", "resnet110")
WAYS = {"launched one by one": False, "as a CUDA graph": True}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each way for each network."""
    planned = [entrant(group(model), way, model, way) for model in MODELS for way in WAYS]
    metafunc.parametrize(("model", "way"), planned)


def group(model: str) -> str:
    """The table's title."""
    return f"CIFAR-10 epoch of {STEPS} steps, {model}, bf16"


def test_epoch(model: str, way: str, suite: Suite, benchmark: Any, request: pytest.FixtureRequest) -> None:
    report(suite.outcomes(group(model), lambda: makers(model, suite.device))[way], benchmark, request)


def makers(model: str, device: torch.device) -> dict[str, Maker]:
    """The trainer with and without graphs."""
    return {way: lambda graphs=graphs: Epoch(model, device, graphs) for way, graphs in WAYS.items()}  # type: ignore[misc]


class Epoch:
    """Goes on training; right where the loss stays a number."""

    limit, capturable = 0.0, False

    def __init__(self, model: str, device: torch.device, graphs: bool) -> None:
        if device.type != "cuda":
            raise Unavailable(
                f"{STEPS} steps take minutes on a CPU; python -m resnet_impl.cifar10.speed times single ones"
            )
        recipe, world = Recipe(model, precision="bf16", channels_last=True), World(device)
        set_arithmetic(recipe, deterministic=False)
        train, test, views = prepare(recipe, synthesize(), world)
        self.trainer = Trainer(recipe, train, test, views, 0, world, graphs)

    def call(self, number: int) -> None:
        """An epoch."""
        for _ in range(STEPS):
            self.trainer.take()

    def error(self) -> float:
        """0 where the sum of the losses is a number, 1 otherwise."""
        loss, _ = self.trainer.step.read()
        return 0.0 if loss == loss and loss > 0 else 1.0

    def info(self, seconds: float) -> dict[str, Any]:
        """Images a second."""
        return {"images_per_s": STEPS * 128 / seconds}
