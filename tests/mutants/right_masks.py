"""Right networks with a random mask of rate 0, drawn without a guard: it keeps everything."""

from __future__ import annotations

from .faithful import Tensor, nn, resnet20, torch
from .right import CIFAR, add


def masked(draw: str, rate: float = 0.0) -> nn.Module:
    """ResNet-20 whose branches are dropped for whole samples at this rate in training, the mask drawn in this way."""

    class DropPath:
        def residual(self, x: Tensor) -> Tensor:
            y: Tensor = super().residual(x)  # type: ignore[misc]
            if not self.training:  # type: ignore[attr-defined]
                return y
            keep = 1 - rate
            luck = torch.rand(y.shape[0], 1, 1, 1, dtype=y.dtype, device=y.device)
            if draw == "floor":  # of timm's first and of EfficientNet's
                return y.div(keep) * (keep + luck).floor_()
            if draw == "below":
                return y * (luck < keep) / keep
            return y * torch.empty_like(luck).bernoulli_(keep).div_(keep)

    return resnet20(block=DropPath)


for _draw in ("floor", "below", "bernoulli"):
    add(CIFAR, f"drop-path-of-rate-0-by-{_draw}", lambda d=_draw: masked(d))
