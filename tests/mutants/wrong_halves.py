"""Wrong networks that are computed in parts, and are not what their parts side by side would be."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, wrong
from .faithful import Tensor, nn, resnet18, resnet20, torch
from .handwritten import with_norm
from .right_halves import Halves, Sums, TwoNorms


class EachOfItsOwn(Sums):
    """Half of the filters see half of the channels: a convolution of two groups."""

    def __init__(self, channels: int, filters: int, kernel: int, stride: int) -> None:
        super().__init__(channels, filters // 2, kernel, stride)

    def forward(self, x: Tensor) -> Tensor:
        one, other = x.chunk(2, 1)
        return torch.cat([self.convolved(one, self.one), self.convolved(other, self.other)], 1)


class Grouped:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return EachOfItsOwn(channels, filters, kernel, stride)


@wrong(RESNET18, {"BLK-02": "2 groups"}, also="CT-05 CT-06 CT-07", deviation="grouped-conv", where="conv5_2")
def channels_in_groups() -> nn.Module:
    return resnet18(block=Grouped, only={7})


class LateStride:
    strided = 1

    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return Halves(channels, filters, kernel, stride)


@wrong(RESNET18, {"BLK-07": "strides 1, 2"}, also="STG-05 CT-05 CT-06", deviation="stride-conv2-basic")
def halves_strided_late() -> nn.Module:
    return resnet18(block=LateStride)


class OneNorm(TwoNorms):
    """Both halves of the channels go through one normalization."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        self.other = self.one


@wrong(RESNET20, {"BH-03": "2 times", "CT-03": "-"}, also="CT-07")
def norm_of_a_half_twice() -> nn.Module:
    return resnet20(**with_norm(OneNorm))


class OtherEps(TwoNorms):
    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        self.other.eps = 1e-3


@wrong(RESNET20, {"BN-01": "slice", "BN-02": "38 BN layers"}, also="BN-04 BLK-02")
def norm_of_two_kinds() -> nn.Module:
    return resnet20(**with_norm(OtherEps))
