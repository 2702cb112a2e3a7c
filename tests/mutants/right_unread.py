"""Right networks in clothes that are not read: nothing that is not known is held against them."""

from __future__ import annotations

from .faithful import F, Tensor, ZeroPad, resnet18, resnet20, torch
from .right import CIFAR, R18, UNREAD
from .right_products import Matrix, convolving


def _windows(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    """Windows as views of the memory, not as columns."""
    side = layer.kernel // 2
    taken = F.pad(x, (side,) * 4).unfold(2, layer.kernel, layer.stride).unfold(3, layer.kernel, layer.stride)
    return torch.einsum("nchwij,ocij->nohw", taken, w.view(w.shape[0], -1, layer.kernel, layer.kernel))


class Kept(ZeroPad):
    """The positions that are taken stand in a buffer."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.register_buffer("every", torch.arange(0, 1024, stride))

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (self.every[: -(-extent // self.stride)] for extent in x.shape[2:])
        return F.pad(x[:, :, rows][..., columns], (0, 0, 0, 0, 0, self.extra))


class Keeping:
    zero_pad = Kept


UNREAD["convolution-of-windows"] = CIFAR, lambda: resnet20(block=convolving(_windows, 3))
UNREAD["convolution-of-windows-18"] = R18, lambda: resnet18(block=convolving(_windows, 3))
UNREAD["samples-by-kept-index"] = CIFAR, lambda: resnet20(block=Keeping)
