"""Wrong networks whose gradients end where something was learned already."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import Tensor, nn, resnet20


class StemCut:
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).detach()  # type: ignore[misc,no-any-return]


@wrong(RESNET20, {"BH-05": "detached"}, deviation="shortcut-detached")
def stem_detached() -> nn.Module:
    return resnet20(stem=StemCut)
