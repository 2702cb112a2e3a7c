"""Right networks whose ReLU is put together from parts: a modulus, a negative part, a 0 that is kept in a buffer."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import Tensor, nn, resnet20, torch
from .right import CIFAR, activated, add

for _name, _act in {
    "half-of-x-and-modulus": lambda x: (x + x.abs()) / 2,
    "x-without-negative-part": lambda x: x - x.clamp(max=0),
    "minus-minimum": lambda x: -((-x).clamp(max=0)),
}.items():
    add(CIFAR, f"relu-as-{_name}", activated(_act))


def larger_than(kept: float) -> Callable[[], nn.Module]:
    """ResNet-20 whose activation is the larger of x and of a number in a buffer."""

    class Larger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kept", torch.tensor(kept))

        def forward(self, x: Tensor) -> Tensor:
            return torch.max(x, self.kept)

    class Kept:
        def __init__(self, *args: object) -> None:
            super().__init__(*args)
            self.larger = Larger()

        def act(self, x: Tensor) -> Tensor:
            return self.larger(x)

    return lambda: resnet20(block=Kept, stem=Kept)


add(CIFAR, "relu-as-maximum-with-kept-zero", larger_than(0.0))
