"""What these tests share: networks small enough to compute all of them by hand, and images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_impl.analysis import __main__ as program
from resnet_impl.analysis.networks import Network, opened
from resnet_impl.cifar10.models import build

Run = Callable[..., int]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def x() -> Tensor:
    """Four images, in double precision."""
    return torch.randn(4, 3, 16, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.fixture
def labels() -> Tensor:
    """Of the four images."""
    return torch.tensor([0, 3, 5, 9])


@pytest.fixture
def make(x: Tensor) -> Callable[..., Network]:
    """A bundled network by name in double precision, surveyed; its BN has statistics of the images."""

    def make(name: str = "resnet14", seed: int = 0) -> Network:
        torch.manual_seed(seed)
        network = opened(build(name).double(), None, name)
        network.settle(x)
        network.survey(x)
        return network

    return make


def silence(network: Network) -> Network:
    """F = 0 in every block: gamma and beta of its last BN are zero, or the last weights where no BN follows."""
    for block in network.blocks:
        last = [m for name, m in block.module.named_modules() if name.rpartition(".")[2] in ("bn2", "bn3")]
        if last:
            nn.init.zeros_(last[-1].weight)
            nn.init.zeros_(last[-1].bias)
        else:
            nn.init.zeros_(block.module.conv2.weight)
    return network


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command line in a new folder, quick and with few images."""

    def run(verb: str, *more: str, folder: str = "out") -> int:
        return program.main([verb, *more, "--output", str(tmp_path / folder)])

    return run
