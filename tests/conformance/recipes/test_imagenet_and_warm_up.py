"""The warm-up of deep CIFAR-10 networks, and the recipes of ImageNet, right and wrong in one way."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, ReduceLROnPlateau, StepLR
from torchvision import transforms

from resnet_conformance.architecture import Architecture
from resnet_conformance.clauses.case import Result

from . import ingredients as made
from .judging import (
    IMAGENET,
    PLAIN_SGD,
    PREACT_CIFAR,
    PREACT_IMAGENET,
    RESNET50,
    RESNET110,
    RESNET1202,
    examine,
    outcomes,
)

pytestmark = pytest.mark.slow


class TestWarmUp:
    def outcome(self, length: int, clause: str, architecture: Architecture, rate: float = 0.1) -> str:
        recipe = made.cifar(schedule=made.with_warm_up(length, rate))
        return examine(recipe, architecture, (clause,))[clause].outcome

    @pytest.mark.parametrize(
        ("length", "expected"), [(0, "fail"), (150, "fail"), (391, "pass"), (400, "pass"), (900, "fail")]
    )
    def test_about_400_iterations_at_110_layers(self, length: int, expected: str) -> None:
        assert self.outcome(length, "TC-05", RESNET110) == expected

    @pytest.mark.parametrize(("length", "expected"), [(0, "fail"), (391, "fail"), (400, "pass"), (401, "pass")])
    def test_400_iterations_before_activation(self, length: int, expected: str) -> None:
        assert self.outcome(length, "V2-12", PREACT_CIFAR) == expected

    def test_the_rate_of_the_warm_up(self) -> None:
        assert self.outcome(400, "TC-05", RESNET110, rate=0.5) == "fail"

    def test_one_epoch_is_the_nearest_to_400_iterations(self) -> None:
        recipe = made.cifar(
            schedule=lambda o: LambdaLR(o, lambda epoch: 0.1 if epoch < 1 else 1.0),
            steps_per_epoch=391,
        )
        assert examine(recipe, PREACT_CIFAR, ("V2-12",))["V2-12"].outcome == "pass"

    @pytest.mark.parametrize("architecture", [RESNET110, RESNET1202, PREACT_CIFAR], ids=lambda a: str(a.name))
    def test_the_rest_is_as_before(self, architecture: Architecture) -> None:
        """TC-02 passes with the warm-up and without; for 1202 layers the paper can be read either way."""
        assert self.outcome(400, "TC-02", architecture) == "pass"
        assert self.outcome(0, "TC-02", architecture) == "pass"


class TestImageNet:
    def results(
        self, architecture: Architecture = RESNET50, clauses: tuple[str, ...] = IMAGENET, **changes: Any
    ) -> dict[str, Result]:
        return examine(made.imagenet(**changes), architecture, clauses)

    def test_the_recipe_of_the_paper(self) -> None:
        results = self.results()
        assert outcomes(results) == dict.fromkeys(("TI-01", "TI-02", "TI-03"), "pass") | PLAIN_SGD, results
        assert "shorter side 2" in results["TI-03"].found

    @pytest.mark.parametrize(
        ("changes", "clause", "words"),
        [
            ({"batch_size": 128}, "TI-01", "The mini-batch has 128 images, not 256."),
            ({"iterations": 700_000}, "TI-02", "Training lasts 700,000 iterations, more than 600,000."),
            ({"schedule": lambda o: ReduceLROnPlateau(o, factor=0.5)}, "TI-02", "0.1 to 0.05; it is divided by 10"),
            ({"schedule": lambda o: ReduceLROnPlateau(o, "max")}, "TI-02", None),
            ({"schedule": lambda o: ReduceLROnPlateau(o, threshold=0.2, patience=3)}, "TI-02", "still falls"),
            ({"schedule": lambda o: CosineAnnealingLR(o, 120)}, "TI-02", "it is divided by 10"),
            ({"schedule": lambda _: 0.2}, "TI-02", "The rate starts at 0.2, not at 0.1."),
        ],
    )  # fmt: skip
    def test_a_change(self, changes: dict[str, Any], clause: str, words: str | None) -> None:
        result = self.results(clauses=(clause,), **changes)[clause]
        assert result.outcome == ("fail" if words else "pass"), result
        assert (words or "").lower() in result.message.lower()

    @pytest.mark.parametrize(
        ("parts", "words"),
        [
            ({"size": transforms.Resize(256)}, "always 256"),
            ({"size": made.RandomShorterSide(224, 480)}, "it is sampled in [256, 480]"),
            ({"size": made.RandomShorterSide(256, 320)}, "only 256 to 3"),
            ({"size": transforms.Pad(0), "crop": transforms.RandomResizedCrop(224)}, "aspect ratio"),
            ({"size": transforms.Resize((300, 300))}, "aspect ratio"),
            ({"crop": transforms.CenterCrop(224)}, "not sampled over the image's height"),
            ({"crop": transforms.RandomCrop(192), "end": lambda x: x}, "The output is 192x192, not 224x224."),
            ({"flip": transforms.Pad(0)}, "flipped in 0 of 120 draws"),
            ({"colour": lambda x: x}, "AlexNet's colour augmentation is missing"),
            ({"colour": transforms.ColorJitter(0.3, 0.3)}, "contrast or brightness"),
            ({"colour": transforms.ColorJitter(hue=0.3)}, "recoloured"),
            ({"colour": lambda x: x + 0.1 * torch.randn(())}, "The same is added to all channels"),
            ({"end": made.CHANNELS}, "a deviation for each channel"),
            ({"end": lambda x: x}, "No per-pixel mean"),
        ],
    )
    def test_a_part_of_the_transform(self, parts: dict[str, Any], words: str) -> None:
        result = self.results(clauses=("TI-03",), train_transform=made.imagenet_train(**parts))["TI-03"]
        assert result.outcome == "fail", result
        assert words in result.message

    def test_fixed_drops_show_no_plateau(self) -> None:
        result = self.results(schedule=made.by_epochs(30, 60), clauses=("TI-02",))["TI-02"]
        assert result.outcome == "not-examined"
        assert "fixed places (0.1, from 150,150 on 0.01, from 300,300 on 0.001)" in result.message

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({}, None),
            ({"steps_per_epoch": None, "schedule": made.by_epochs(30 * 5004, 60 * 5004), "iterations": 450_000}, None),
            ({"schedule": made.by_epochs(30, 80)}, "it has that value from 150,150 to 300,300"),
            ({"schedule": lambda o: StepLR(o, 30, 0.5)}, "a value that it never has"),
            ({"batch_size": 512}, "The mini-batch has 512 images, not 256."),
        ],
    )
    def test_the_schedule_of_2016(self, changes: dict[str, Any], words: str | None) -> None:
        recipe = {"schedule": made.by_epochs(30, 60), "iterations": 90 * 5005, **changes}
        result = self.results(PREACT_IMAGENET, ("V2-13",), **recipe)["V2-13"]
        assert result.outcome == ("fail" if words else "pass"), result
        assert (words or "") in result.message
