"""Right networks whose convolutions are written as products of matrices.

A 1x1 convolution is one matrix applied at every position (He et al. 2015, section 4.1), any other one is a matrix
applied to the windows of its input (im2col; Chellapilla et al. 2006, "High performance convolutional neural networks
for document processing", section 3).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .faithful import F, Projection, Tensor, nn, resnet20, resnet50, torch
from .right import R50, add

CIFAR_B = "cifar10/resnet20-B"


class Matrix(nn.Module):
    """A convolution kept as a matrix (filters, channels * k * k), applied by that function of (x, matrix, layer)."""

    def __init__(self, apply: Callable[..., Tensor], channels: int, filters: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.apply_, self.kernel, self.stride = apply, kernel, stride
        n = channels * kernel * kernel
        self.matrix = nn.Parameter(math.sqrt(2 / n) * torch.randn(filters, n))

    def forward(self, x: Tensor) -> Tensor:
        return self.apply_(x, self.matrix, self)


def strided(x: Tensor, layer: Matrix) -> Tensor:
    return x[:, :, :: layer.stride, :: layer.stride]


def _einsum(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return torch.einsum("nchw,oc->nohw", strided(x, layer), w)


def _einsum_weight_first(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return torch.einsum("oc,nchw->nohw", w, strided(x, layer))


def _channels_last(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return F.linear(strided(x, layer).permute(0, 2, 3, 1), w).permute(0, 3, 1, 2)


def _from_the_left(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    x = strided(x, layer)
    return (w @ x.flatten(2)).view(x.shape[0], -1, *x.shape[2:])


def _from_the_right(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    x = strided(x, layer)
    return (x.flatten(2).transpose(1, 2) @ w.t()).transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:])


def _all_positions(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    x = strided(x, layer)
    n, c, height, width = x.shape
    return (x.permute(0, 2, 3, 1).reshape(-1, c) @ w.t()).view(n, height, width, -1).permute(0, 3, 1, 2)


def _bmm(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    x = strided(x, layer)
    return torch.bmm(w.expand(x.shape[0], -1, -1), x.flatten(2)).unflatten(2, x.shape[2:])


def _tensordot(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return torch.tensordot(strided(x, layer), w, dims=([1], [1])).movedim(-1, 1)


ONE_BY_ONE = {
    "einsum": _einsum,
    "einsum-weight-first": _einsum_weight_first,
    "linear-channels-last": _channels_last,
    "product-from-the-left": _from_the_left,
    "product-from-the-right": _from_the_right,
    "product-of-all-positions": _all_positions,
    "batched-product": _bmm,
    "tensordot": _tensordot,
}


def projecting(apply: Callable[..., Tensor]) -> type:
    """A block whose projections apply their matrix so."""

    class Projected(Projection):
        def __init__(self, channels: int, filters: int, stride: int) -> None:
            super().__init__(channels, filters, stride)
            self.conv = Matrix(apply, channels, filters, 1, stride)

    class Block:
        projection = Projected

    return Block


def convolving(apply: Callable[..., Tensor], kernel: int) -> type:
    """A block whose convolutions of this size apply their matrix so."""

    class Block(projecting(apply) if kernel == 1 else object):  # type: ignore[misc]
        def conv(self, channels: int, filters: int, size: int, stride: int) -> nn.Module:
            if size != kernel:
                return super().conv(channels, filters, size, stride)  # type: ignore[misc,no-any-return]
            return Matrix(apply, channels, filters, size, stride)

    return Block


def _windows(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    n, _, height, width = x.shape
    columns = F.unfold(x, layer.kernel, padding=layer.kernel // 2, stride=layer.stride)
    return (w @ columns).view(n, -1, -(-height // layer.stride), -(-width // layer.stride))


def _windows_folded(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    size = [-(-extent // layer.stride) for extent in x.shape[2:]]
    columns = F.unfold(x, layer.kernel, padding=layer.kernel // 2, stride=layer.stride)
    return F.fold((columns.transpose(1, 2) @ w.t()).transpose(1, 2), size, 1)


def _windows_einsum(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    columns = F.unfold(x, layer.kernel, padding=layer.kernel // 2, stride=layer.stride)
    return torch.einsum("oc,ncl->nol", w, columns).unflatten(2, [-(-n // layer.stride) for n in x.shape[2:]])


WINDOWS = {"im2col": _windows, "im2col-and-fold": _windows_folded, "im2col-by-einsum": _windows_einsum}

for _name, _apply in ONE_BY_ONE.items():
    add(CIFAR_B, f"projection-as-{_name}", lambda f=_apply: resnet20(option="B", block=projecting(f)))
for _name, _apply in WINDOWS.items():
    add("cifar10/resnet20", f"convolution-as-{_name}", lambda f=_apply: resnet20(block=convolving(f, 3)))
add(R50, "bottleneck-as-einsum", lambda: resnet50(block=convolving(_einsum, 1)))
add(R50, "bottleneck-as-linear", lambda: resnet50(block=convolving(_channels_last, 1)))
