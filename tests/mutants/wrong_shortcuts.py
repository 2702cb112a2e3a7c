"""Wrong networks: projections and zero-padding shortcuts."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Projection, Tensor, ZeroPad, nn, resnet18, resnet20, resnet50, torch


def projecting(projection: type[nn.Module]) -> type:
    """A mix-in whose projections are those."""
    return type("Projecting", (), {"projection": projection})


class WithoutBN(Projection):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class WithoutBNAtAll(WithoutBN):
    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        del self.bn


@wrong(
    RESNET50,
    {"SC-14": "1x1 conv", "BN-01": "conv -> add", "BN-02": "49 BN layers for 53"},
    also="CT-07",
    deviation="proj-no-bn",
    where="conv2_1",
)
def proj_no_bn() -> nn.Module:
    return resnet50(block=projecting(WithoutBNAtAll))


@wrong(
    RESNET18,
    {"SC-14": "1x1 conv, stride 2", "BN-01": "conv -> add", "BN-02": "17 BN layers for 20"},
    deviation="proj-no-bn",
    where="conv3_1",
)  # built and never called: the parameters are right
def proj_bn_not_called() -> nn.Module:
    return resnet18(block=projecting(WithoutBN))


class Biased(Projection):
    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.conv = nn.Conv2d(channels, filters, 1, stride)


@wrong(RESNET50, {"CB-01": "4 of 53"}, also="CT-07", deviation="proj-bias")
def proj_bias() -> nn.Module:
    return resnet50(block=projecting(Biased))


class Wide(Projection):
    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.conv = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)


@wrong(
    RESNET18,
    {"SC-04": "conv3_1: 3x3 conv, stride 2"},
    also="CT-05 CT-06 CT-07",
    deviation="proj-3x3",
    where="conv3_1",
)
def proj_3x3() -> nn.Module:
    return resnet18(block=projecting(Wide))


class Averaged(Projection):
    """ResNet-D."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, 1)
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(F.avg_pool2d(x, 2) if self.stride == 2 else x))


@wrong(RESNET50, {"SC-04": "avg_pool -> 1x1 conv"}, deviation="proj-avgpool")  # STG-08 speaks of the main path
def proj_avgpool() -> nn.Module:
    return resnet50(block=projecting(Averaged))


class Maximal(Averaged):
    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(F.max_pool2d(x, 2) if self.stride == 2 else x))


@wrong(RESNET18, {"SC-04": "max_pool -> 1x1 conv"}, deviation="proj-maxpool")
def proj_maxpool() -> nn.Module:
    return resnet18(block=projecting(Maximal))


class AlwaysProject:
    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        return Projection(channels, filters, stride)


# SC-13: four, not three. CT-05 allows the 13 million multiply-adds.
@wrong(
    RESNET18,
    {"SC-12": "1x1 conv", "SC-01": "1x1 conv", "SC-04": "conv2_1: 1x1 conv", "SC-13": "4"},
    also="CT-06 CT-07",
    deviation="proj-stage1-basic",
    where="conv2_1",
)
def proj_stage1_basic() -> nn.Module:
    return resnet18(block=AlwaysProject, only={0})


@wrong(
    RESNET50,
    {
        "SC-01": "1x1 conv",
        "SC-07": "option C",
        "SC-18": "option C",
        "SC-13": "16",
        "SC-04": "conv2_2: 1x1 conv",
    },
    also="CT-05 CT-06 CT-07",
    deviation="proj-where-identity",
    where="conv2_2",
)
def proj_where_identity() -> nn.Module:
    return resnet50(option="C")


# ResNet-18 C is in no table; SC-12 is broken by one of the projections that stand everywhere.
@wrong(
    RESNET18,
    {"SC-01": "1x1 conv", "SC-12": "1x1 conv", "SC-13": "8"},
    also="SC-04 CT-06 CT-07",
    deviation="proj-where-identity",
)
def proj_everywhere_basic() -> nn.Module:
    return resnet18(option="C")


@wrong("imagenet/resnet34-C", {"SC-05": "conv2_1: identity", "SC-13": "3"}, also="CT-06 CT-07")
def option_b_as_c() -> nn.Module:
    return resnet18(counts=(3, 4, 6, 3))


@wrong(
    RESNET20,
    {
        "SC-09": "16x16_1: 1x1 conv, stride 2",
        "SC-03": "1x1 conv, stride 2",
        "CT-03": "+2,752",
        "CT-04": "2,752",
        "CT-09": "2,752 parameters, 262,144 multiply-adds",
    },
    also="CT-06 CT-07",
    deviation="shortcut-B-on-cifar",
)
def shortcut_b_on_cifar() -> nn.Module:  # 0.27M all the same (CT-02)
    return resnet20(option="B")


# The projections at equal dimensions bring 283,962 parameters, which round to 0.28M (CT-02).
@wrong(
    RESNET20,
    {
        "SC-01": "1x1 conv",
        "SC-09": "32x32_1: 1x1 conv",
        "SC-03": "1x1 conv, stride 2",
        "CT-02": "283,962",
        "CT-09": "multiply-adds",
    },
    also="CT-03 CT-04 CT-06 CT-07",
    deviation="proj-where-identity",
)
def option_c_on_cifar() -> nn.Module:
    return resnet20(option="C")


@wrong(
    "imagenet/resnet18-A",
    {"SC-08": "option B", "SC-03": "1x1 conv, stride 2", "CT-04": "173,824", "CT-09": "173,824 parameters"},
    also="CT-06 CT-07",
)  # CT-05 allows the 19 million multiply-adds
def option_b_as_table_2() -> nn.Module:
    return resnet18()


@wrong(
    RESNET50,
    {"SC-07": "option A", "SC-04": "conv2_1: pad", "SC-11": "pad", "SC-13": "0", "CT-05": "3,498,311,680"},
    also="CT-06 CT-07",
    deviation="shortcut-A-on-imagenet",
)
def shortcut_a_on_imagenet() -> nn.Module:
    return resnet50(option="A")


class Broadcast(nn.Module):
    """One map for all channels: the shapes agree by broadcasting only."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1, keepdim=True)


class BroadcastInStage1:
    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        return Broadcast(channels, filters, stride)


# CT-05 allows the 51 million multiply-adds less.
@wrong(
    RESNET50,
    {"BLK-01": "1x56x56", "SC-11": "mean", "SC-04": "conv2_1", "SC-13": "3"},
    also="CT-06 CT-07",
    deviation="proj-missing",
    where="conv2_1",
)
def proj_missing() -> nn.Module:
    return resnet50(block=BroadcastInStage1, only={0})


def padding(zero_pad: type[nn.Module]) -> type:
    """A mix-in whose option A is that."""
    return type("Padding", (), {"zero_pad": zero_pad})


class AveragePad(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        return F.pad(F.avg_pool2d(x, 2), (0, 0, 0, 0, 0, self.extra))


@wrong(RESNET20, {"SC-16": "avg_pool 2x2"}, deviation="optA-avgpool2")
def opta_avgpool2() -> nn.Module:
    return resnet20(block=padding(AveragePad))


class OffsetPad(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, 1::2, 1::2], (0, 0, 0, 0, 0, self.extra))


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset", where="16x16_1")
def opta_offset() -> nn.Module:
    return resnet20(block=padding(OffsetPad))


class MaxPad(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        return F.pad(F.max_pool2d(x, 2), (0, 0, 0, 0, 0, self.extra))


@wrong(RESNET20, {"SC-16": "max_pool 2x2"}, deviation="optA-offset")
def opta_maxpool() -> nn.Module:
    return resnet20(block=padding(MaxPad))


class TiledPad(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, ::2, ::2]
        return torch.cat([x, x], 1)


# SC-16 has no zero-padding shortcut to look at.
@wrong(RESNET20, {"SC-03": "concat", "SC-09": "16x16_1: slice -> concat"}, deviation="optA-offset")
def opta_tiled() -> nn.Module:
    return resnet20(block=padding(TiledPad))


class OnesPad(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.extra), value=1.0)


@wrong(RESNET20, {"SC-03": "pad with 1", "SC-09": "pad with 1"})
def opta_ones() -> nn.Module:
    return resnet20(block=padding(OnesPad))
