"""Right networks that write to their tensors in a pass, and leave in each the value that it had."""

from __future__ import annotations

from typing import Any

from .faithful import Tensor, nn, resnet20, torch
from .right import CIFAR, add


class Fills:
    """A buffer is filled with the ones that it holds."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.register_buffer("one", torch.ones(1))  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        self.one.fill_(1.0)  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


class Synchronises:
    """Each buffer is overwritten with itself, as where buffers are sent round in a group of one process."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:  # type: ignore[attr-defined]
            assert isinstance(self, nn.Module)
            for buffer in self.buffers():
                buffer.copy_(buffer.clone())
        return super().forward(x)  # type: ignore[misc]


add(CIFAR, "buffer-filled-with-its-value", lambda: resnet20(net=Fills))
add(CIFAR, "buffers-synchronised", lambda: resnet20(net=Synchronises))
