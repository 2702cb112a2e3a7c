"""Wrong networks: what stands on the shortcut, and how the branches are joined."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import Tensor, nn, plain, resnet18, resnet20, resnet50, torch


# SC-10 counts none. All other clauses on shortcuts and sums have nothing to look at; parameters and multiply-
# adds are right.
@wrong(RESNET20, {"BLK-01": "no shortcut at all", "SC-10": "0"}, deviation="no-shortcuts")
def no_shortcuts() -> nn.Module:
    return plain(resnet20)


@wrong(RESNET18, {"BLK-01": "no shortcut at all", "SC-12": "no shortcut"}, deviation="no-shortcuts")
def no_shortcuts_imagenet() -> nn.Module:
    return plain(resnet18)


class NoJoin:
    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        return nn.Identity()

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual


@wrong(RESNET20, {"BLK-01": "1 of 9", "SC-10": "8"}, where="32x32_2")
def one_shortcut_missing() -> nn.Module:
    return resnet20(block=NoJoin, only={1})


@wrong(RESNET50, {"BLK-01": "1 of 16"}, where="conv4_3")
def one_shortcut_missing_bottleneck() -> nn.Module:
    return resnet50(block=NoJoin, only={9})


class Twice:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut + shortcut


@wrong(RESNET18, {"BLK-01": "2 times", "BLK-09": "F(x)"}, deviation="shortcut-twice", where="conv2_1")
def shortcut_twice() -> nn.Module:
    return resnet18(block=Twice)


class AfterToo:
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x  # type: ignore[misc]


# The last ReLU of such a block stands before an addition: BLK-03, BLK-04.
@wrong(
    RESNET20,
    {"BLK-01": "add -> relu -> add", "BLK-09": "add"},
    also="BLK-03 BLK-04",
    deviation="shortcut-twice",
    where="32x32_2",
)
def shortcut_after_the_relu_too() -> nn.Module:
    return resnet20(block=AfterToo, only={1})


class FromModified:
    """The shortcut starts behind the first convolution."""

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.bns[0](self.convs[0](x)))
        return self.act(self.bns[1](self.convs[1](x)) + x)


# What the shortcut spans is one convolution, the other stands outside: BLK-02, BLK-06, BLK-08 (no pairs).
# STG-12 reads the layers, which are right. With one convolution forced to zero the block still returns ReLU
# of what it reads (BLK-09).
@wrong(RESNET20, {"BLK-01": "9 of 18"}, also="BLK-02 BLK-06 BLK-08", deviation="shortcut-from-modified")
def shortcut_from_modified() -> nn.Module:
    return resnet20(block=FromModified)


class OnShortcut:
    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        self.shortcut = nn.Sequential(self.shortcut, self.extra(channels))

    def extra(self, channels: int) -> nn.Module:
        return nn.ReLU()


# A projection with something behind it is none of option B (SC-04); three ReLUs more.
@wrong(
    RESNET18,
    {"SC-15": "1x1 conv, stride 2 -> batch_norm -> relu", "SC-04": "conv3_1"},
    also="ACT-03",
    where="conv3_1",
)
def relu_on_projection() -> nn.Module:
    return resnet18(block=OnShortcut, only={2, 4, 6})


class NormOnShortcut(OnShortcut):
    def extra(self, channels: int) -> nn.Module:
        return nn.BatchNorm2d(channels)


# BN on identity shortcuts: not the identity (SC-01, SC-09), parameters on it (SC-02, CT-04, CT-09), a BN
# without convolution (BN-02).
@wrong(
    RESNET20,
    {
        "SC-02": "batch_norm",
        "SC-01": "batch_norm",
        "SC-09": "32x32_2: batch_norm",
        "CT-04": "32",
        "CT-09": "32 parameters",
    },
    also="BN-02 CT-03 CT-07",
    where="32x32_2",
)
def bn_on_identity() -> nn.Module:
    return resnet20(block=NormOnShortcut, only={1})


class ResidualScaled:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return 0.3 * residual + shortcut


@wrong(
    RESNET18, {"BLK-05": "scale 0.3 in F"}, deviation="residual-scaled"
)  # with F zero the block still returns ReLU(x): BLK-09 holds
def residual_scaled() -> nn.Module:
    return resnet18(block=ResidualScaled)


class ResidualAlpha:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return torch.add(shortcut, residual, alpha=0.3)


@wrong(RESNET18, {"BLK-05": "factor 0.3"}, deviation="residual-scaled")
def residual_scaled_by_alpha() -> nn.Module:
    return resnet18(block=ResidualAlpha)


class ShortcutScaled:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut / 2


# A halved x is no identity: SC-01, SC-12, and a projection with something behind it no projection of option B
# (SC-04). BLK-09 has no identity shortcut to look at.
@wrong(RESNET18, {"BLK-05": "in the shortcut"}, also="SC-01 SC-04 SC-12", deviation="residual-scaled")
def shortcut_scaled() -> nn.Module:
    return resnet18(block=ShortcutScaled)


class Multiply:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual * shortcut


@wrong(RESNET20, {"BLK-01": "mul", "BLK-09": "F(x) mul x"})
def join_by_product() -> nn.Module:
    return resnet20(block=Multiply)


class Subtract:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual - shortcut


@wrong(RESNET20, {"BLK-01": "sub", "BLK-09": "sub"})
def join_by_difference() -> nn.Module:
    return resnet20(block=Subtract)


class Maximum:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return torch.maximum(residual, shortcut)


@wrong(RESNET20, {"BLK-01": "maximum"})  # with F zero: ReLU(max(0, x)) is ReLU(x), so BLK-09 holds
def join_by_maximum() -> nn.Module:
    return resnet20(block=Maximum)


class Concatenate:
    def outputs(self, channels: int, filters: tuple[int, ...]) -> int:
        return channels + filters[-1]

    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        return nn.MaxPool2d(1, stride) if stride > 1 else nn.Identity()

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return torch.cat([residual, shortcut], 1)


# The convolutions of F have their filters (STG-05, STG-12), but the sum of all is pooled: 16 + 3 (16 + 32 +
# 64) = 352 (HD-04). Where dimensions increase, everywhere, no zeros stand (SC-03, SC-09). The convolutions
# read more channels: CT-02, CT-03, CT-06, CT-07.
@wrong(
    RESNET20,
    {"BLK-01": "concat", "BLK-09": "concat", "HD-04": "352"},
    also="SC-03 SC-09 CT-02 CT-03 CT-06 CT-07",
    deviation="shortcut-concatenated",
)
def join_by_concatenation() -> nn.Module:
    return resnet20(block=Concatenate)
