"""What these tests share: a cache that is not the user's, and small folders of images."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from .runs_made import Forks

Pixels = dict[str, bytes]  # "train/cat/0.png" and what is in it: red, green, blue of each pixel, row after row


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The default cache folder lies in a folder of the test: nothing is left in the home of whoever runs it."""
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place))
    return place / "resnet_impl" / "cifar10"


@pytest.fixture
def make_images() -> Callable[..., Pixels]:
    """Writes a folder of random images: `make_images(root, classes, train, test)`; returns all of their pixels."""

    def make(root: Path, classes: tuple[str, ...] = ("cat", "dog"), train: int = 3, test: int = 2) -> Pixels:
        draw = random.Random(0)
        written = {}
        for name, count in (("train", train), ("test", test)):
            for label in classes:
                (root / name / label).mkdir(parents=True)
                for number in range(count):
                    pixels = draw.randbytes(32 * 32 * 3)
                    Image.frombytes("RGB", (32, 32), pixels).save(root / name / label / f"{number}.png")
                    written[f"{name}/{label}/{number}.png"] = pixels
        return written

    return make


@pytest.fixture
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Processes of their own, in which made images are trained on."""
    found = Forks(tmp_path_factory.mktemp("forks") / "errors.txt")
    yield found
    found.close()
