"""Right networks that take their input as data, for which no gradient is asked: every parameter receives its own."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import Tensor, nn, resnet20, torch
from .right import CIFAR, add


def _flagged(x: Tensor) -> Tensor:
    return x.requires_grad_(False)


def _copied(x: Tensor) -> Tensor:
    with torch.no_grad():
        return x.contiguous().clone()


def taking(take: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-20 that looks at that of its input."""

    class Taking:
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(take(x))  # type: ignore[misc,no-any-return]

    return lambda: resnet20(net=Taking)


for _name, _take in {"detached": Tensor.detach, "flagged": _flagged, "copied": _copied}.items():
    add(CIFAR, f"input-{_name}", taking(_take))
