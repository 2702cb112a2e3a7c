"""The input pipeline of CIFAR-10 alone: random crops and flips of one batch, on the device or image by image."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from resnet_impl.cifar10.synthetic import synthesize
from resnet_impl.cifar10.views import Views, per_pixel_mean

from .conftest import Suite, entrant, report
from .contest import Maker
from .networks import Unavailable

BATCH = 128  # He et al. 2015, section 4.2
GROUP = f"input pipeline, CIFAR-10, batch {BATCH}"
OURS, THEIRS = "resnet_impl views", "torchvision transforms"


@pytest.mark.parametrize("name", [entrant(GROUP, name, name) for name in (OURS, THEIRS)])
def test_input(name: str, suite: Suite, benchmark: Any, request: pytest.FixtureRequest) -> None:
    report(suite.outcomes(GROUP, lambda: makers(suite.device))[name], benchmark, request)


def makers(device: torch.device) -> dict[str, Maker]:
    """Both see the same images."""
    images = synthesize(train=4 * BATCH, test=1).train.images
    mean = per_pixel_mean(images)
    return {OURS: partial(on_device, images.to(device), mean.to(device)), THEIRS: partial(one_by_one, images, mean)}


class Pipeline:
    """Makes a batch of network inputs. A crop is drawn anew each time: its values must be among the padded image's."""

    def __init__(self, batches: Callable[[int], Tensor], mean: Tensor) -> None:
        self.call, self.mean = batches, mean
        self.limit, self.capturable = 0.0, False

    def error(self) -> float:
        """0 where shape, type and range are those of pixels / 255 - mean; 1 otherwise."""
        batch = self.call(0)
        right = batch.shape == (BATCH, 3, 32, 32) and batch.dtype == torch.float32
        return 0.0 if right and bool((batch.abs() <= 1).all()) and float(batch.std()) > 0.1 else 1.0

    def info(self, seconds: float) -> dict[str, Any]:
        """Images a second; the least that must move is what is read and written."""
        return {"images_per_s": BATCH / seconds, "bytes": BATCH * 3 * 32 * 32 * (1 + 4)}


def on_device(images: Tensor, mean: Tensor) -> Pipeline:
    """A whole batch in a few operations."""
    views = Views(mean).to(images.device)
    return Pipeline(lambda number: views(images[_rows(number)]), mean)


def one_by_one(images: Tensor, mean: Tensor) -> Pipeline:
    """Image by image in this process, as a Dataset with transforms does. Raises Unavailable."""
    try:
        transforms = importlib.import_module("torchvision.transforms")
    except ImportError:
        raise Unavailable("torchvision is not installed") from None
    chain = [transforms.ToPILImage(), transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()]
    view = transforms.Compose([*chain, transforms.ToTensor(), transforms.Lambda(lambda image: image - mean)])
    arrays = images.permute(0, 2, 3, 1).contiguous().numpy()
    return Pipeline(lambda number: torch.stack([view(array) for array in arrays[_rows(number)]]), mean)


def _rows(number: int) -> slice:
    return slice(number % 4 * BATCH, number % 4 * BATCH + BATCH)
