"""Wrong networks whose convolutions are written as products of matrices: read as convolutions, they are wrong ones."""

from __future__ import annotations

from .corpus import RESNET20, RESNET50, wrong
from .faithful import F, Tensor, nn, resnet20, resnet50, torch
from .right_products import CIFAR_B, Matrix, convolving, projecting, strided


def _einsum(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return torch.einsum("nchw,oc->nohw", strided(x, layer), w)


class EinsumStridedLate(convolving(_einsum, 1)):  # type: ignore[misc]
    strided = 1


@wrong(
    RESNET50,
    {"BTN-04": "strides 1, 2, 1", "BTN-05": "strides 1, 2, 1", "CT-05": "4,089,184,256"},
    also="CT-06",
    deviation="stride-3x3",
    where="conv3_1",
)
def einsum_and_stride_3x3() -> nn.Module:
    return resnet50(block=EinsumStridedLate)


def _other_positions(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return F.linear(x[:, :, 1 :: layer.stride, 1 :: layer.stride].permute(0, 2, 3, 1), w).permute(0, 3, 1, 2)


@wrong(CIFAR_B, {"SC-04": "slice -> 1x1 conv -> batch_norm"})
def linear_of_other_positions() -> nn.Module:
    return resnet20(option="B", block=projecting(_other_positions))


def _mean_first(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    return F.linear(F.avg_pool2d(x, layer.stride).permute(0, 2, 3, 1), w).permute(0, 3, 1, 2)


@wrong(CIFAR_B, {"SC-04": "avg_pool -> 1x1 conv"}, deviation="proj-avgpool")
def linear_of_means() -> nn.Module:
    return resnet20(option="B", block=projecting(_mean_first))


def _wide_windows(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    size = [-(-extent // layer.stride) for extent in x.shape[2:]]
    return (w @ F.unfold(x, 3, dilation=2, padding=2, stride=layer.stride)).unflatten(2, size)


@wrong(RESNET20, {"BLK-02": "dilation 2", "STG-10": "padding 2"}, deviation="dilation", where="8x8_3")
def im2col_dilated() -> nn.Module:
    return resnet20(block=convolving(_wide_windows, 3), only={8})


def _not_turned_back(x: Tensor, w: Tensor, layer: Matrix) -> Tensor:
    """The rows of products taken for maps: a transposition is missing."""
    x = strided(x, layer)
    return F.linear(x.permute(0, 2, 3, 1), w).reshape(x.shape[0], w.shape[0], *x.shape[2:])


# What was done to the product's values stands between it and its BN.
@wrong(CIFAR_B, {"SC-04": "1x1 conv, stride 2 -> permute -> reshape"}, also="BN-01")
def linear_not_turned_back() -> nn.Module:
    return resnet20(option="B", block=projecting(_not_turned_back))
