"""Networks with blocks deleted or swapped, at test time and without training again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn

from resnet_impl.analysis.networks import Block, Network

BATCH = 250  # images at once; the result does not depend on it but for rounding


@dataclass(frozen=True, slots=True)
class Shown:
    """Wrong answers in percent, and the mean cross entropy."""

    error: float
    loss: float


@torch.no_grad()
def evaluate(network: Network, x: Tensor, labels: Tensor) -> Shown:
    """Show the network the inputs (N, 3, H, W), in eval mode, as its gates are set."""
    wrong, loss = 0, 0.0
    for start in range(0, len(x), BATCH):
        logits, wanted = network.net(x[start : start + BATCH]), labels[start : start + BATCH]
        wrong += int((logits.argmax(1) != wanted).sum())
        loss += float(F.cross_entropy(logits, wanted, reduction="sum"))
    return Shown(100 * wrong / len(x), loss / len(x))


def delete(network: Network, blocks: Sequence[Block], x: Tensor, labels: Tensor) -> Shown:
    """`evaluate` without the F of these blocks; in a plain network, without these blocks."""
    with network.mode("deleted", blocks):
        return evaluate(network, x, labels)


def swappable(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Pairs of blocks, by number, that can take each other's place: both keep one and the same shape."""
    keeps = [i for i, block in enumerate(blocks) if block.came == block.went]
    return [(i, j) for i, j in combinations(keeps, 2) if blocks[i].came == blocks[j].came]


def draw_swaps(pairs: Sequence[tuple[int, int]], count: int, n: int, generator: torch.Generator) -> list[int]:
    """An order of n blocks: `count` swaps, each of a pair of places drawn from `pairs`, one after the other."""
    order = list(range(n))
    for pick in torch.randint(len(pairs), (count,), generator=generator).tolist():
        i, j = pairs[pick]
        order[i], order[j] = order[j], order[i]
    return order


def kendall_tau(order: Sequence[int]) -> float:
    """Kendall's rank correlation of an order of 0..n-1 with 0..n-1: 1 the same, -1 reversed."""
    pairs = list(combinations(order, 2))
    return sum(1 if first < second else -1 for first, second in pairs) / len(pairs)


@contextmanager
def reordered(network: Network, order: Sequence[int]) -> Iterator[None]:
    """At the place of block i stands block order[i], for a while."""
    modules = [block.module for block in network.blocks]
    _place(network, [modules[i] for i in order])
    try:
        yield
    finally:
        _place(network, modules)


def _place(network: Network, modules: Sequence[nn.Module]) -> None:
    for block, module in zip(network.blocks, modules, strict=True):
        parent, _, own = block.name.rpartition(".")
        setattr(network.net.get_submodule(parent), own, module)
