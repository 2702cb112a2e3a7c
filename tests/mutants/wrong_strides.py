"""Wrong networks: where and how the stages downsample."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Tensor, ZeroPad, nn, resnet18, resnet20, resnet50

V15 = "imagenet/resnet50-v1.5"


class StrideOnSecond:
    strided = 1


@wrong(
    RESNET50,
    {"BTN-04": "strides 1, 2, 1", "BTN-05": "strides 1, 2, 1", "CT-05": "4,089,184,256"},
    also="CT-06",
    deviation="stride-3x3",
    where="conv3_1",
)
def stride_3x3() -> nn.Module:
    return resnet50(block=StrideOnSecond)


@wrong(
    V15, {"BTN-06": "strides 2, 1, 1", "CT-06": "-231,211,008"}, where="conv3_1"
)  # the paper's network under the name of v1.5
def stride_1x1_in_v15() -> nn.Module:
    return resnet50()


# The first convolution works on the larger map: 64 and 128 filters at 56x56 (STG-05), 520 million multiply-
# adds more.
@wrong(
    RESNET18,
    {"BLK-07": "strides 1, 2", "STG-05": "56x56: 64 and 128"},
    also="CT-05 CT-06",
    deviation="stride-conv2-basic",
    where="conv3_1",
)
def stride_conv2_basic() -> nn.Module:
    return resnet18(block=StrideOnSecond)


@wrong(
    RESNET20,
    {
        "STG-13": "strides 1, 2",
        "STG-12": "on 32x32 and 3x3, 32 filters on 16x16",
        "STG-05": "32x32: 16 and 32",
    },
    also="CT-06",
    deviation="stride-conv2-basic",
    where="16x16_1",
)
def stride_conv2_cifar() -> nn.Module:
    return resnet20(block=StrideOnSecond)


class SubsampledIdentity:
    """tf-slim: where only the map shrinks, a 1x1 max pool with the stride."""

    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        if channels == filters and stride > 1:
            return nn.MaxPool2d(1, stride)
        return super().make_shortcut(channels, filters, stride)  # type: ignore[misc]


# SC-04: conv2_2, conv3_2 and conv4_2 change dimensions and have no projection. STG-05: at 28x28 the end of
# conv2_x has 64 filters. BLK-07: a stride is on the first convolution, but of the last block.
@wrong(
    RESNET18,
    {
        "STG-07": "conv2_2 (stride 2), conv3_2 (stride 2), conv4_2 (stride 2)",
        "STG-09": "conv2_2: strides 2, 1",
    },
    also="STG-01 STG-05 STG-06 STG-11 BLK-07 SC-04 CT-05 CT-06",
    deviation="stride-last-block",
    where="conv2_2",
)
def stride_last_block() -> nn.Module:
    return resnet18(block=SubsampledIdentity, last=True)


# SC-11: the projection of conv2_1 has stride 2. The stride stands on the first 1x1, so BTN-04 holds; halving
# goes on (STG-06).
@wrong(
    RESNET50,
    {
        "STG-09": "conv2_1: strides 2, 1, 1",
        "STG-07": "conv2_1 (stride 2)",
        "STG-01": "28x28, 14x14, 7x7, 4x4",
    },
    also="STG-11 SC-11 CT-05 CT-06",
    deviation="stride-stage1",
    where="conv2_1",
)
def stride_stage1() -> nn.Module:
    return resnet50(strides=(2, 2, 2, 2))


# BTN-04: conv3_1, conv4_1 and conv5_1 have no stride. STG-06: the filters double at 28x28 to the end.
@wrong(
    RESNET50,
    {
        "STG-07": "conv2_1 (stride 2)",
        "STG-09": "conv2_1: strides 2, 1, 1",
        "BTN-04": "conv3_1: strides 1, 1, 1",
    },
    also="STG-01 STG-06 STG-11 SC-11 CT-05 CT-06",
    deviation="stride-inverted",
)
def stride_inverted() -> nn.Module:
    return resnet50(strides=(2, 1, 1, 1))


# BLK-07 speaks of the stages that downsample: those do as they should. STG-05: 28x28 has 128 and 256 filters.
@wrong(
    RESNET18,
    {
        "STG-07": "conv3_1 (stride 2), conv5_1 (stride 2)",
        "STG-01": "56x56, 28x28, 28x28, 14x14",
        "STG-06": "256 at 28x28",
    },
    also="STG-05 STG-11 CT-05 CT-06",
    deviation="stride-missing",
)
def stride_missing() -> nn.Module:
    return resnet18(strides=(1, 2, 1, 2))


@wrong(
    RESNET50,
    {
        "STG-07": "conv3_1 (stride 2), conv4_1 (stride 2)",
        "STG-01": "14x14, 14x14",
        "BTN-04": "conv5_1: strides 1, 1, 1",
    },
    also="STG-06 CT-05 CT-06",
    deviation="last-stride-1",
)  # conv1 to conv4_x are untouched: STG-11 holds
def last_stride_1() -> nn.Module:
    return resnet50(strides=(1, 2, 2, 1))


@wrong(
    RESNET20,
    {
        "STG-13": "8x8_1: strides 1, 1",
        "STG-12": "64 filters on 16x16",
        "STG-06": "64 at 16x16",
        "STG-05": "16x16: 32 and 64",
    },
    also="CT-06",
    deviation="last-stride-1",
    where="8x8_1",
)
def last_stride_1_cifar() -> nn.Module:
    return resnet20(strides=(1, 2, 1))


class PooledConvolution:
    """Anti-aliased: F keeps the size, and an average pool behind its first ReLU halves the map."""

    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        self.convs[0].stride = (1, 1)

    def residual(self, x: Tensor) -> Tensor:
        x = F.relu(self.bns[0](self.convs[0](x)))
        if self.stride == 2:
            x = F.avg_pool2d(x, 2)
        return self.bns[1](self.convs[1](x))


# No convolution of F strides: STG-07, BLK-07 (the maps shrink all the same). BLK-02: a pool is no layer of F.
# STG-05: the first convolution of conv3_1 has 128 filters at 56x56.
@wrong(
    RESNET18,
    {"STG-08": "avg_pool", "STG-07": "no block"},
    also="STG-05 BLK-02 BLK-07 CT-05 CT-06",
    deviation="anti-aliased-downsampling",
)
def anti_aliased_downsampling() -> nn.Module:
    return resnet18(block=PooledConvolution)


class PoolBehind:
    """The stage ends in a max pool; the next one keeps its size."""

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(super().forward(x), 2)  # type: ignore[misc]


# Every stage ends one halving earlier (STG-12 sees the next group's maps alone, which are right). SC-06 has
# nothing to look at. STG-13: no group is entered by a strided convolution. The projections or zeros only
# widen.
@wrong(
    RESNET20,
    {"STG-08": "max_pool", "STG-13": "16x16_1: strides 1, 1"},
    deviation="proj-maxpool",
    where="32x32_3",
)
def pool_between_stages() -> nn.Module:
    return resnet20(block=PoolBehind, only={2, 5}, strides=(1, 1, 1))


class Dilated:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2 * 2, 2, bias=False)


@wrong(RESNET18, {"BLK-02": "dilation 2", "STG-10": "padding 2"}, deviation="dilation", where="conv5_2")
def dilation_basic() -> nn.Module:
    return resnet18(block=Dilated, only={7})


@wrong(RESNET50, {"BTN-01": "dilation 2", "STG-10": "padding 2"}, deviation="dilation", where="conv5_3")
def dilation_bottleneck() -> nn.Module:
    return resnet50(block=Dilated, only={15})


class SamePadding:
    """TensorFlow's "same": at stride 2 the odd row of zeros stands below and to the right."""

    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        if stride == 1:
            return super().conv(channels, filters, kernel, stride)  # type: ignore[misc]
        return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(channels, filters, kernel, stride, bias=False))


@wrong(RESNET18, {"STG-10": "top 0, bottom 1, left 0, right 1"}, deviation="pad-same-asymmetric")
def pad_same_asymmetric() -> nn.Module:
    return resnet18(block=SamePadding)


class TopLeftQuarter(ZeroPad):
    """A crop makes the shapes agree."""

    def forward(self, x: Tensor) -> Tensor:
        quarter = x[:, :, : x.shape[2] // self.stride, : x.shape[3] // self.stride]
        return F.pad(quarter, (0, 0, 0, 0, 0, self.extra))


@wrong(
    RESNET20, {"SC-06": "total stride 1", "SC-16": "slice"}, deviation="optA-offset"
)  # SC-16: not x[:, :, ::2, ::2] either
def shortcut_cropped() -> nn.Module:
    class Cropped:
        zero_pad = TopLeftQuarter

    return resnet20(block=Cropped)
