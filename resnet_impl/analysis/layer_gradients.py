"""Gradients layer by layer: how large they are, and how much those of different inputs have in common."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn

from resnet_impl.analysis.networks import Network


@dataclass(frozen=True, slots=True)
class Layer:
    """A convolution in the order of computation. `norm` is of its weight's gradient, `weight` of the weight itself."""

    name: str
    norm: float
    weight: float


@contextmanager
def _outputs(net: nn.Module) -> Iterator[dict[str, Tensor]]:
    """What convolutions put out, by name, in the order of computation; filled by the next forward pass."""
    found: dict[str, Tensor] = {}

    def keep(name: str, out: Tensor) -> None:
        found[name] = out

    hooks = [
        module.register_forward_hook(lambda _, given, out, name=name: keep(name, out))
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d)
    ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def weight_gradients(network: Network, x: Tensor, labels: Tensor) -> list[Layer]:
    """Gradients of the mean cross entropy of (N, 3, H, W) to the weights of convolutions, in train mode.

    As in training, BN has the statistics of this batch; the network itself is left as it was. Convolutions on the
    shortcuts of a plain twin get none and are left out.
    """
    net = copy.deepcopy(network.net)
    net.train()
    with _outputs(net) as order:
        loss = F.cross_entropy(net(x), labels)
    modules = dict(net.named_modules())
    weights = [modules[name].weight for name in order]
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    return [
        Layer(name, float(gradient.norm()), float(weight.detach().norm()))
        for name, weight, gradient in zip(order, weights, gradients, strict=True)
        if gradient is not None
    ]


def along_line(network: Network, start: Tensor, end: Tensor, points: int, direction: Tensor) -> dict[str, Tensor]:
    """Cosines of gradients at `points` inputs between two images (3, H, W), by layer: (points, points) each.

    The gradients are those of `direction` (classes,) times logits to what the layer puts out, in eval mode, where
    every input's gradient is its own.
    """
    t = torch.linspace(0, 1, points, dtype=start.dtype).view(-1, 1, 1, 1)
    x = (start + t * (end - start)).requires_grad_()
    with _outputs(network.net) as outputs:
        value = (network.net(x) @ direction).sum()
    gradients = torch.autograd.grad(value, list(outputs.values()), allow_unused=True)
    return {
        name: cosines(gradient.flatten(1))
        for name, gradient in zip(outputs, gradients, strict=True)
        if gradient is not None
    }


def cosines(vectors: Tensor) -> Tensor:
    """Of each pair of rows: (P, D) -> (P, P); 0 where a row is zero."""
    unit = F.normalize(vectors.double(), dim=1)
    return unit @ unit.T


def by_lag(matrix: Tensor) -> list[float]:
    """The mean of each upper diagonal of (P, P): of pairs that lie 0, 1, ..., P - 1 points apart."""
    return [float(matrix.diagonal(lag).mean()) for lag in range(len(matrix))]


def of_all_pairs(matrix: Tensor) -> float:
    """The mean over pairs of different points of (P, P)."""
    count = len(matrix)
    return float((matrix.sum() - matrix.diagonal().sum()) / (count * (count - 1)))
