"""What networks are shown: test images as their training saw them, or made ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from resnet_impl.analysis.networks import Network
from resnet_impl.cifar10.data import Cifar10, load_data
from resnet_impl.cifar10.synthetic import synthesize
from resnet_impl.cifar10.views import Views, per_pixel_mean

FEW = 2000  # synthetic images to draw from: any number of random ones is as good as any other


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """`count` of the test images, chosen by a seed, and how they become inputs of a network that has no views.

    `source` is a sentence that belongs in every output.
    """

    pixels: Tensor  # uint8 (N, 3, 32, 32)
    labels: Tensor  # int64 (N,)
    mean: Views
    source: str
    synthetic: bool

    def of(self, network: Network) -> Tensor:
        """Inputs, float32 (N, 3, 32, 32), normalised as in the network's training."""
        return (network.views or self.mean).test_view(self.pixels)

    def __len__(self) -> int:
        return len(self.labels)


def choose(data: Cifar10, count: int, seed: int) -> Images:
    """`count` of the test images, or all where there are fewer, in an order that `seed` gives."""
    order = torch.randperm(len(data.test), generator=torch.Generator().manual_seed(seed))[:count]
    chosen = data.test.take(order)
    source = f"{len(chosen):,} test images, {data.source}"
    return Images(chosen.images, chosen.labels, Views(per_pixel_mean(data.train.images)), source, data.synthetic)


def show(where: str, count: int, seed: int, cache: Path | None = None) -> Images:
    """Images of a folder, as the trainer reads them, or of the word synthetic. Raises DataError."""
    data = synthesize(FEW, max(count, 10), seed) if where == "synthetic" else load_data(where, cache=cache)
    return choose(data, count, seed)


def prepare(networks: Sequence[Network], images: Images) -> None:
    """Survey each network; one that was never trained gets BN statistics of these images.

    Raises AnalysisError where one cannot take them.
    """
    for network in networks:
        x = images.of(network)
        if network.fresh:
            network.settle(x)
        network.survey(x)
