"""Small made images, and runs on them, for the tests of training."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.data import Cifar10, Split

CLASSES = ("cat", "dog", "ship")


def made(count: int, seed: int) -> Split:
    """Noise that is brighter in another third of the image for each class: it can be learned."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 150, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
    labels = torch.arange(count) % len(CLASSES)
    for image, label in zip(images, labels.tolist(), strict=True):
        image[:, 10 * label : 10 * label + 10] += 100
    return Split(images, labels)


def made_data(train: int = 300, test: int = 60) -> Cifar10:
    """Three classes."""
    return Cifar10(made(train, 0), made(test, 1), CLASSES, f"made images ({train} + {test})", synthetic=True)


def weights_of(folder: Path) -> dict[str, Tensor]:
    """The weights and statistics in a run's checkpoint."""
    found: dict[str, Tensor] = checkpoint.load(folder / checkpoint.NAME)["net"]
    return found


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Are they equal to the last bit?"""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def fork(work: Callable[[], int]) -> int:
    """Run it in a child of this process, which has imported torch already; gives the child's number."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        torch.set_num_threads(1)
        code = work()
    except BaseException:  # noqa: BLE001 - told, and the child ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
