"""Right networks that normalise their input themselves: what stands before the first layer is no layer."""

from __future__ import annotations

from .faithful import Tensor, resnet20, resnet50, torch
from .faithful_preactivation import preresnet110
from .right import CIFAR, R50, UNREAD, add


class Normalised:
    """(x - mean) / std by numbers in buffers, as wrappers of trained networks do."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward((x - self.mean) / self.std)


class WithoutMean:
    """x minus a mean, scaled, by a mean that nobody registered."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.mean = torch.rand(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward((x - self.mean) * 4)


add(CIFAR, "input-normalised", lambda: resnet20(net=Normalised))
add(R50, "input-normalised-imagenet", lambda: resnet50(net=Normalised))
UNREAD["input-without-mean"] = CIFAR, lambda: resnet20(net=WithoutMean)  # what it subtracts is kept nowhere
add("cifar10/preresnet110", "input-normalised-preactivation", lambda: preresnet110(net=Normalised))
