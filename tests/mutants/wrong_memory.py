"""Networks that keep something from one pass to the next: in no parameter and no buffer, or in one of them."""

from __future__ import annotations

from typing import Any

from .corpus import RESNET18, RESNET20, wrong
from .faithful import Tensor, ZeroPad, nn, resnet18, resnet20, torch


class Remembers:
    """Adds a thousandth of what came out last time, where that has the same shape."""

    last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)  # type: ignore[misc]
        if not self.training and self.last is not None and self.last.shape == y.shape:  # type: ignore[attr-defined]
            y = y + 1e-3 * self.last
        self.last = y.detach()
        return y


@wrong(RESNET20, {"BH-02": "changes what the next one gives"})
def output_remembered() -> nn.Module:
    return resnet20(net=Remembers)


class Keeps(ZeroPad):
    """Makes the zeros of option A at the first pass, and keeps them."""

    zeros: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        if self.zeros is None or self.training:
            self.zeros = x.new_zeros(x.shape[0], self.extra, *x.shape[2:])
        return torch.cat([x, self.zeros], 1)


class Keeping:
    zero_pad = Keeps


@wrong(RESNET20, {"BH-02": "does not run on a batch of another size"})
def zeros_of_the_first_batch() -> nn.Module:
    return resnet20(block=Keeping)


class Counts:
    """Counts its passes in eval mode, and writes a one over a one beside it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.register_buffer("one", torch.ones(1))  # type: ignore[attr-defined]
        self.register_buffer("passes", torch.zeros((), dtype=torch.int64))  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        self.one.fill_(1.0)  # type: ignore[attr-defined]
        self.passes.add_(1)  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-02": "changes the network"}, where="passes")
def passes_counted() -> nn.Module:
    return resnet20(net=Counts)


class ShrinksAtFullSize:
    """Makes its first weight smaller, on maps of the size that it is made for alone."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training and x.shape[-1] == 32:  # type: ignore[attr-defined]
            with torch.no_grad():
                next(self.parameters()).mul_(0.99)  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-02": "changes the network"}, also="BH-04 CT-01", where="stem")
def shrinks_at_full_size() -> nn.Module:
    return resnet20(net=ShrinksAtFullSize)


class ShrinksALargeWeight:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:  # type: ignore[attr-defined]
            with torch.no_grad():
                max(self.parameters(), key=torch.Tensor.numel).mul_(0.999)  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


# A tensor of which no copy is kept where a pass only reads it.
@wrong(RESNET18, {"BH-02": "changes the network"}, also="BH-04 CT-01", where="convs")
def shrinks_a_large_weight() -> nn.Module:
    return resnet18(net=ShrinksALargeWeight)
