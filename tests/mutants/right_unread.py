"""Right networks in clothes that are not read: nothing that is not known is held against them."""

from __future__ import annotations

from .faithful import F, Tensor, resnet18, resnet20, torch
from .right import CIFAR, R18, UNREAD, padded
from .right_products import Matrix, convolving


def _windows(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    """Windows as views of the memory, not as columns."""
    side = layer.kernel // 2
    taken = F.pad(x, (side,) * 4).unfold(2, layer.kernel, layer.stride).unfold(3, layer.kernel, layer.stride)
    return torch.einsum("nchwij,ocij->nohw", taken, w.view(w.shape[0], -1, layer.kernel, layer.kernel))


def gathered(x: Tensor, extra: int, stride: int, first: int = 0) -> Tensor:
    """Every other position by an index for each element."""
    for axis in (2, 3):
        taken = torch.arange(first, x.shape[axis], stride, device=x.device)
        shape = [*x.shape[:axis], len(taken), *x.shape[axis + 1 :]]
        x = x.gather(axis, taken.view(-1, *[1] * (3 - axis)).expand(shape))
    return F.pad(x, (0, 0, 0, 0, 0, extra))


UNREAD["convolution-of-windows"] = CIFAR, lambda: resnet20(block=convolving(_windows, 3))
UNREAD["convolution-of-windows-18"] = R18, lambda: resnet18(block=convolving(_windows, 3))
UNREAD["samples-by-gather"] = CIFAR, padded(gathered)
