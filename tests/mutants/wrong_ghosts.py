"""Wrong networks: batch normalization whose statistics are those of parts of the batch."""

from __future__ import annotations

from collections.abc import Callable

from .corpus import RESNET20, wrong
from .faithful import Tensor, nn, resnet20, torch
from .handwritten import HandNorm, with_norm


class Ghost(nn.BatchNorm2d):
    """Ghost batch normalization (Hoffer, Hubara and Soudry 2017, Algorithm 1): each few images for themselves."""

    images = 4

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        return torch.cat([super(Ghost, self).forward(part) for part in x.split(self.images)])


class GhostOf16(Ghost):
    images = 16


class GhostByHand(HandNorm):
    def forward(self, x: Tensor) -> Tensor:
        parts = x.split(8) if self.training else (x,)
        return torch.cat([super(GhostByHand, self).forward(part) for part in parts])


def _said(images: int) -> str:
    """How much more often a batch of 32 is normalized than the judged one, which is smaller than the parts."""
    return f"batch_norm ({19 * (32 // images - 1)})"


for _norm in (Ghost, GhostOf16):

    def _build(norm: Callable[[int], nn.Module] = _norm) -> nn.Module:
        return resnet20(**with_norm(norm))

    _build.__name__ = f"ghost_norm_of_{_norm.images}"
    wrong(RESNET20, {"BH-04": _said(_norm.images)})(_build)


@wrong(RESNET20, {"BH-04": _said(8)})
def ghost_norm_by_hand() -> nn.Module:
    return resnet20(**with_norm(GhostByHand))
