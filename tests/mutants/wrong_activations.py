"""Wrong networks: where the ReLUs stand, and other activations."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Projection, Tensor, nn, resnet18, resnet20, resnet50, torch


class NoReLUAfterAdd:
    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.residual(x), self.shortcut(x))


# BLK-09: with F zero the block returns x itself where x is negative.
@wrong(
    RESNET18,
    {"BLK-03": "add, then the next block", "BLK-09": "F(x) add x", "ACT-03": "9"},
    deviation="no-relu-after-add",
    where="conv2_1",
)
def no_relu_after_add() -> nn.Module:
    return resnet18(block=NoReLUAfterAdd)


class ReLUBeforeAdd:
    def residual(self, x: Tensor) -> Tensor:
        return F.relu(super().residual(x))  # type: ignore[misc]


@wrong(RESNET18, {"BLK-04": "batch_norm -> relu -> add", "ACT-03": "25"}, deviation="relu-before-add")
def relu_before_add() -> nn.Module:
    return resnet18(block=ReLUBeforeAdd)


@wrong(
    RESNET50,
    {
        "BLK-04": "batch_norm -> relu -> add",
        "BTN-03": "conv -> relu -> conv -> relu -> conv -> relu",
        "ACT-03": "65",
    },
    deviation="relu-before-add",
)
def relu_before_add_bottleneck() -> nn.Module:
    return resnet50(block=ReLUBeforeAdd)


class ReLUBeforeNotAfter(ReLUBeforeAdd, NoReLUAfterAdd):
    pass


# The number of ReLUs is right (ACT-03); with F zero the block returns x (BLK-09).
@wrong(
    RESNET20,
    {"BLK-03": "add, then the next block", "BLK-04": "batch_norm -> relu -> add"},
    also="BLK-09",
    deviation="relu-before-not-after",
)
def relu_before_not_after() -> nn.Module:
    return resnet20(block=ReLUBeforeNotAfter)


@wrong(
    RESNET50,
    {"BLK-03": "add, then the next block", "BLK-04": "batch_norm -> relu -> add", "BTN-03": "conv -> relu"},
    also="BLK-09",
    deviation="relu-before-not-after",
)
def relu_before_not_after_bottleneck() -> nn.Module:
    return resnet50(block=ReLUBeforeNotAfter)


class ReLUOnEntry(NoReLUAfterAdd):
    """F begins with a ReLU of its own; the shortcut has the sum as it is."""

    def residual(self, x: Tensor) -> Tensor:
        return super().residual(F.relu(x))  # type: ignore[misc]


@wrong(RESNET20, {"BLK-03": "(9 of 9 blocks)", "BLK-09": "F(x) add x"}, deviation="no-relu-after-add")
def relu_on_entry() -> nn.Module:
    return resnet20(block=ReLUOnEntry)


class InPlaceReLUOnEntry(NoReLUAfterAdd):
    """The same in place: it overwrites x, and the shortcut has the ReLU too."""

    def residual(self, x: Tensor) -> Tensor:
        return super().residual(F.relu_(x))  # type: ignore[misc]


# So every sum is activated before anybody reads it, as the paper wants it, but for the last one.
@wrong(
    RESNET20,
    {"BLK-03": "(1 of 9 blocks)", "BLK-09": "(1 of 7 blocks)"},
    deviation="no-relu-after-add",
    where="8x8_3",
)
def inplace_relu_corrupts_identity() -> nn.Module:
    return resnet20(block=InPlaceReLUOnEntry)


class InPlaceReLUOnShortcut:
    """A ReLU whose result nobody reads, but in place."""

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.shortcut(x)
        F.relu_(shortcut)
        return F.relu(self.residual(x) + shortcut)


# Three ReLUs more, one behind each projection (SC-04).
@wrong(RESNET18, {"SC-15": "batch_norm -> relu", "ACT-03": "20"}, also="SC-04", where="conv3_1")
def inplace_relu_corrupts_projection() -> nn.Module:
    return resnet18(block=InPlaceReLUOnShortcut, only={2, 4, 6})


class NoMidReLU:
    def residual(self, x: Tensor) -> Tensor:
        for conv, bn in zip(self.convs, self.bns, strict=True):
            x = bn(conv(x))
        return x


@wrong(
    RESNET18,
    {"BLK-02": "3x3 conv -> batch_norm -> 3x3 conv -> batch_norm", "ACT-03": "9"},
    deviation="no-mid-relu",
)
def no_mid_relu() -> nn.Module:
    return resnet18(block=NoMidReLU)


@wrong(RESNET50, {"BTN-03": "conv -> conv -> conv", "ACT-03": "47"}, deviation="no-mid-relu", where="conv5_3")
def no_mid_relu_one_bottleneck() -> nn.Module:
    return resnet50(block=NoMidReLU, only={15})


class PreActivation:
    """He et al. 2016: BN-ReLU-convolution, nothing behind the sum; projections read the activated tensor."""

    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        self.bns = nn.ModuleList(nn.BatchNorm2d(c) for c in (channels, *self.filters(width)[:-1]))
        self.projects = isinstance(self.shortcut, Projection)
        if self.projects:
            self.shortcut.bn = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bns[0](x))
        shortcut = self.shortcut(h if self.projects else x)
        h = self.convs[0](h)
        for conv, bn in zip(self.convs[1:], self.bns[1:], strict=True):
            h = conv(F.relu(bn(h)))
        return h + shortcut


class BareStem:
    def __init__(self, filters: int) -> None:
        super().__init__(filters)  # type: ignore[call-arg]
        del self.bn

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.conv(x))


class FinalBN:
    def __init__(self, stem: nn.Module, blocks: list[nn.Module], width: int, classes: int) -> None:
        super().__init__(stem, blocks, width, classes)  # type: ignore[call-arg]
        self.bn = nn.BatchNorm2d(width)

    def features(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(super().features(x)))  # type: ignore[misc]


# The convolution that ends F and the bare projections have no BN (BN-01, SC-14); 49 BN, 53 convolutions
# (BN-02). ACT-03: 48 and the last one are 49. SC-04: "with its BN (SC-14)" is SC-14's. CT-07: gamma and beta
# differ; the multiply-adds do not.
@wrong(
    RESNET50,
    {"BLK-03": "add, then the next block", "STEM-03": "conv -> max_pool", "BN-01": "conv -> add"},
    also="BLK-09 BN-02 SC-14 CT-07",
    deviation="preact",
)
def preact() -> nn.Module:
    return resnet50(block=PreActivation, stem=BareStem, net=FinalBN)


# Option A: no projection, so a BN in front of each convolution and a last one are as many as convolutions
# (BN-02, CT-03 and CT-07 hold: the last BN of 64 stands for the stem's and the narrow ones of 16x16_1 and
# 8x8_1). BLK-02: ReLU once between the two.
@wrong(
    RESNET20,
    {"BLK-03": "add, then the next block", "BN-01": "conv -> add"},
    also="BLK-09",
    deviation="preact",
)
def preact_cifar() -> nn.Module:
    return resnet20(block=PreActivation, stem=BareStem, net=FinalBN)


class Leaky:
    def act(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x)


# BLK-09: with F zero the block returns LeakyReLU(x). Where the activations stand is right: BLK-02, BLK-03,
# ACT-03.
@wrong(RESNET20, {"ACT-01": "leaky_relu (18)"}, also="BLK-09", deviation="act-other")
def act_leaky() -> nn.Module:
    return resnet20(block=Leaky)


class Gelu:
    def act(self, x: Tensor) -> Tensor:
        return F.gelu(x)


@wrong(RESNET18, {"ACT-01": "gelu (17)"}, also="BLK-09", deviation="act-other")
def act_gelu() -> nn.Module:
    return resnet18(block=Gelu, stem=Gelu)


class Six:
    def act(self, x: Tensor) -> Tensor:
        return F.relu6(x)


@wrong(RESNET50, {"ACT-01": "relu6 (1)"}, deviation="act-other", where="stem")
def act_relu6_in_stem() -> nn.Module:
    return resnet50(stem=Six)


class Maxout:
    """The larger of two linear pieces instead of the ReLU between the convolutions."""

    def residual(self, x: Tensor) -> Tensor:
        h = self.bns[0](self.convs[0](x))
        return self.bns[1](self.convs[1](torch.maximum(h, -h)))


# The ReLU between is missing (BLK-02, ACT-03): a maximum of two signed copies stands there.
@wrong(RESNET20, {"ACT-02": "maximum"}, also="BLK-02 ACT-03", where="blocks.1")
def maxout() -> nn.Module:
    return resnet20(block=Maxout, only={1})


class SqueezeExcite:
    """F times a gate computed from F."""

    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        filters = self.filters(width)[-1]
        self.down, self.up = nn.Linear(filters, filters // 16), nn.Linear(filters // 16, filters)

    def residual(self, x: Tensor) -> Tensor:
        y = super().residual(x)  # type: ignore[misc]
        return y * torch.sigmoid(self.up(F.relu(self.down(y.mean((2, 3))))))[:, :, None, None]


# A gate is no activation on the path of F (BTN-03, BLK-04 hold) and its layers are not F's three (CT-01
# holds).
@wrong(
    RESNET50,
    {"BLK-05": "mul", "BTN-01": "global_avg_pool"},
    also="ACT-01 ACT-03 CT-06 CT-07",
    deviation="attention-in-block",
)
def attention_in_block() -> nn.Module:
    return resnet50(block=SqueezeExcite)
