"""Wrong pre-activation networks: projections, strides, counts and widths."""

from __future__ import annotations

from .corpus import wrong
from .faithful import Tensor, nn
from .faithful_preactivation import preresnet152, preresnet164
from .right_preactivation import PRE164, PRE200


class Raw:
    def source(self, x: Tensor, h: Tensor) -> Tensor:
        return x


# The first unit's x is the activation itself.
@wrong(PRE164, {"V2-07": "16x16_1: the projection reads x itself"}, deviation="preact-shortcut-source", where="16x16_1")
def pre_projection_of_x() -> nn.Module:
    return preresnet164(unit=Raw)


class OwnActivation(Raw):
    """A projection with BN and ReLU of its own before it."""

    def make_shortcut(self, channels: int, filters: int, stride: int, option: str) -> nn.Module:
        projection = super().make_shortcut(channels, filters, stride, option)  # type: ignore[misc]
        return projection if self.same else nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), projection)


# SC-04: nothing stands before a projection.
@wrong(
    PRE164,
    {"V2-07": "16x16_1: the projection reads an activation of its own", "SC-04": "batch_norm -> relu -> 1x1 conv"},
    also="CT-07",
)
def pre_projection_with_its_own_activation() -> nn.Module:
    return preresnet164(unit=OwnActivation, only={18, 36})


class NormalizedProjection:
    def make_shortcut(self, channels: int, filters: int, stride: int, option: str) -> nn.Module:
        projection = super().make_shortcut(channels, filters, stride, option)  # type: ignore[misc]
        return projection if self.same else nn.Sequential(projection, nn.BatchNorm2d(filters))

    def source(self, x: Tensor, h: Tensor) -> Tensor:
        return x if self.same else h


# 896 of gamma and beta more (CT-07); both are SHOULDs.
@wrong(PRE164, {"V2-08": "1x1 conv -> batch_norm"}, also="CT-07", where="32x32_1")
def pre_projection_with_bn() -> nn.Module:
    return preresnet164(unit=NormalizedProjection)


@wrong(PRE164, {"V2-08": "1x1 conv, stride 2 -> batch_norm"}, also="CT-07", where="8x8_1")
def pre_one_projection_with_bn() -> nn.Module:
    return preresnet164(unit=NormalizedProjection, only={36})


# 1,637,050 weights: the three projections have 41,984. SC-04: option B is what the name admits.
@wrong(
    PRE164,
    {"V2-07": "8x8_1: slice -> pad", "SC-04": "8x8_1: slice -> pad", "V2-14": "1,637,050 (-41,984)"},
    also="CT-06 CT-07",
)
def pre_zeros_in_bottlenecks() -> nn.Module:
    return preresnet164(option="A")


class Middle:
    strided = 1


# SHOULDs: fb.resnet.torch has it there.
@wrong(PRE164, {"V2-09": "16x16_1: strides 1, 2, 1"}, also="CT-06", deviation="stride-3x3", where="16x16_1")
def pre_stride_on_the_3x3() -> nn.Module:
    return preresnet164(unit=Middle)


class Last:
    strided = 2


# Neither the released code nor fb.resnet.torch has it there: the operation differs, and BLK-01 says so.
@wrong(PRE164, {"V2-09": "16x16_1: strides 1, 1, 2", "BLK-01": "stride 1x1"}, also="CT-06")
def pre_stride_on_the_last() -> nn.Module:
    return preresnet164(unit=Last)


@wrong(
    PRE164,
    {
        "V2-05": "161 weighted layers, which is not 9n+2; 18 units at 32x32, 18 units at 16x16, 17 units at 8x8",
        "V2-14": "(-69,632)",
        "CT-01": "161",
    },
    also="CT-06 CT-07",
    deviation="block-count",
)
def pre_one_unit_less() -> nn.Module:
    return preresnet164(counts=(18, 18, 17))


# 164 layers all the same, and as many multiply-adds as every unit has.
@wrong(
    PRE164,
    {"V2-05": "164 weighted layers; 17 units at 32x32, 18 units at 16x16, 19 units at 8x8", "V2-14": "(+65,280)"},
    also="CT-07",
    deviation="block-count",
)
def pre_unit_in_another_group() -> nn.Module:
    return preresnet164(counts=(17, 18, 19))


# 200 layers, and 69,632 multiply-adds times 56 x 56 in every unit of equal dimensions: CT-01 and CT-06 hold.
@wrong(PRE200, {"V2-10": "(3, 8, 52, 3)", "STG-02": "(3, 8, 52, 3)"}, also="CT-07", deviation="block-count")
def pre_200_with_units_on_14x14() -> nn.Module:
    return preresnet152(counts=(3, 8, 52, 3))


# 16, 32 and 64 read as the width of the sum: the first unit has equal dimensions and no projection.
@wrong(
    PRE164,
    {"V2-06": "(4, 4, 16) / (8, 8, 32) / (16, 16, 64)", "HD-04": "64", "V2-14": "105,818", "V2-08": "identity"},
    also="CT-06 CT-07",
    deviation="widths",
)
def pre_narrow() -> nn.Module:
    return preresnet164(widths=(4, 8, 16))
