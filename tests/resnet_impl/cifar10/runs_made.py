"""Small made images, and runs on them, for the tests of training."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

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


class Forks:
    """Children that `forks.py` forks, and what they wrote to standard error."""

    def __init__(self, errors: Path) -> None:
        self.errors = errors
        program = str(Path(__file__).with_name("forks.py"))
        with errors.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True
            )

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps(request), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def start(self, what: str, *arguments: str, **environment: str) -> int:
        """A child; gives its number."""
        number: int = self._ask({"start": [what, *arguments], "environment": environment})
        return number

    def ranks(self, size: int, what: str, *arguments: str) -> list[int]:
        """Children as torchrun starts them; {rank} in an argument is the number of each."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(size)}
        children = []
        for rank in map(str, range(size)):
            own = (argument.replace("{rank}", rank) for argument in arguments)
            children.append(self.start(what, *own, **address, RANK=rank, LOCAL_RANK=rank))
        return children

    def wait(self, *children: int) -> list[int]:
        """Their exit codes, when they have ended."""
        return [self._ask({"wait": child}) for child in children]

    def poll(self, child: int) -> int | None:
        """Its exit code; None while it runs."""
        found: int | None = self._ask({"poll": child})
        return found

    def told(self) -> str:
        """All that children wrote to standard error."""
        return self.errors.read_text()

    def close(self) -> None:
        """No more children."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
