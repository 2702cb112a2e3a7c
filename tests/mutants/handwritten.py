"""Batch normalization written out, to be put in the place of every nn.BatchNorm2d of the faithful networks.

Ioffe and Szegedy 2015, Algorithm 1 and 2. A class that overrides a few lines of `HandNorm` is another way of writing
it, or a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .faithful import Projection, Tensor, nn, torch

EPS = 1e-5


def channels(t: Tensor) -> Tensor:
    """One number per channel against (N, C, H, W)."""
    return t.view(1, -1, 1, 1)


class HandNorm(nn.Module):
    """The plain formula. `statistics` are the batch's own in training, with the running ones updated."""

    momentum = 0.1

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(filters)), nn.Parameter(torch.zeros(filters))
        self.register_buffer("mean", torch.zeros(filters))
        self.register_buffer("var", torch.ones(filters))

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of the batch."""
        mean = x.mean((0, 2, 3))
        return mean, (x - channels(mean)).pow(2).mean((0, 2, 3))

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        """Move the running statistics; their variance is the unbiased one."""
        with torch.no_grad():
            self.mean.mul_(1 - self.momentum).add_(self.momentum * mean)
            self.var.mul_(1 - self.momentum).add_(self.momentum * var * n / (n - 1))

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return self.mean, self.var
        mean, var = self.moments(x)
        self.update(mean, var, x.numel() // x.shape[1])
        return mean, var

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        normalized = (x - channels(mean)) / torch.sqrt(channels(var) + EPS)
        return channels(self.gamma) * normalized + channels(self.beta)

    def forward(self, x: Tensor) -> Tensor:
        return self.normalize(x, *self.statistics(x))


def with_norm(norm: Callable[[int], nn.Module]) -> dict[str, Any]:
    """Changes to a faithful network: this normalization in stem, blocks and projections."""

    class Projected(Projection):
        def __init__(self, channels: int, filters: int, stride: int) -> None:
            super().__init__(channels, filters, stride)
            self.bn = norm(filters)

    class Normed:
        projection = Projected

        def norm(self, filters: int) -> nn.Module:
            return norm(filters)

    class NormedStem:
        def __init__(self, filters: int) -> None:
            super().__init__(filters)  # type: ignore[call-arg]
            self.bn = norm(filters)

    return {"block": Normed, "stem": NormedStem}
