"""Networks that keep something from one pass to the next, in no parameter and no buffer."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import Tensor, ZeroPad, nn, resnet20, torch


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
