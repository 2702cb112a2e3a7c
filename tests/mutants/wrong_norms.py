"""Wrong networks: batch normalization, convolution biases, and layers used twice or not at all."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Tensor, nn, resnet18, resnet20, resnet50, torch


class BNAfterAdd:
    """Fig. 4(b) of the paper of 2016."""

    def forward(self, x: Tensor) -> Tensor:
        h = self.convs[1](F.relu(self.bns[0](self.convs[0](x))))
        return F.relu(self.bns[1](h + self.shortcut(x)))


# As many BN as convolutions (BN-02), each a layer later than it should.
@wrong(
    RESNET18,
    {"BN-01": "conv -> add", "BLK-09": "F(x) add x -> batch_norm -> relu"},
    deviation="bn-after-add",
    where="blocks.0",
)
def bn_after_add() -> nn.Module:
    return resnet18(block=BNAfterAdd)


class NoLastBN:
    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        self.bns[-1] = nn.Identity()


@wrong(
    RESNET20,
    {"BN-01": "conv -> add", "BN-02": "10 BN layers for 19"},
    also="CT-03 CT-07",
    deviation="bn-missing-last",
)
def bn_missing_last() -> nn.Module:  # 672 parameters less are 0.27M all the same (CT-02)
    return resnet20(block=NoLastBN)


class LastBNNotCalled:
    def residual(self, x: Tensor) -> Tensor:
        return self.convs[1](F.relu(self.bns[0](self.convs[0](x))))


@wrong(RESNET18, {"BN-01": "conv -> add", "BN-02": "12 BN layers for 20"}, deviation="bn-missing-last")
def bn_last_not_called() -> nn.Module:
    return resnet18(block=LastBNNotCalled)


class OneBN:
    def residual(self, x: Tensor) -> Tensor:
        h = F.relu(self.bns[0](self.convs[0](x)))
        return self.bns[0](self.convs[1](h))


@wrong(
    RESNET18, {"BN-02": "12 BN layers (used 20 times) for 20"}, also="BH-03", deviation="bn-shared"
)  # the unused twins keep the parameter count
def bn_shared() -> nn.Module:
    return resnet18(block=OneBN)


class DeadBN:
    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)  # type: ignore[call-arg]
        self.spare = nn.BatchNorm2d(width)


@wrong(RESNET20, {"CT-07": "+672", "CT-03": "+672"}, deviation="bn-dead", where="spare")
def bn_dead() -> nn.Module:
    return resnet20(block=DeadBN)


class Keras:
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, eps=1.001e-5)


@wrong(RESNET18, {"BN-04": "1.001e-05"}, deviation="bn-eps")
def bn_eps() -> nn.Module:
    return resnet18(block=Keras)


class Frozen:
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters).requires_grad_(False)


@wrong(RESNET50, {"BN-03": "gamma does not require a gradient"}, also="BH-05", deviation="bn-frozen")
def bn_frozen() -> nn.Module:
    return resnet50(block=Frozen)


class BufferNorm(nn.Module):
    """gamma and beta as buffers."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        for name, value in (("weight", 1.0), ("bias", 0.0), ("mean", 0.0), ("var", 1.0)):
            self.register_buffer(name, nn.Parameter(value + nn.BatchNorm2d(filters).running_mean).data)

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.var, self.weight, self.bias)


class Buffers:
    def norm(self, filters: int) -> nn.Module:
        return BufferNorm(filters)


@wrong(RESNET50, {"BN-03": "gamma is a buffer"}, also="BH-03 CT-07", deviation="bn-frozen")
def bn_buffers() -> nn.Module:
    return resnet50(block=Buffers)


class NoAffine:
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, affine=False)


@wrong(RESNET18, {"BN-03": "no beta; no gamma"}, also="CT-07", deviation="bn-no-affine")
def bn_no_affine() -> nn.Module:
    return resnet18(block=NoAffine)


class BatchStatistics:
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, track_running_stats=False)


@wrong(RESNET18, {"BN-05": "16 BN layers"}, also="BH-01", deviation="bn-functional-train")
def bn_functional_train() -> nn.Module:
    return resnet18(block=BatchStatistics)


class Grouped:
    def norm(self, filters: int) -> nn.Module:
        return nn.GroupNorm(16, filters)


# No BN at all in F (BN-01, BN-02: stem and projections keep theirs). The order of layers is F's own (BTN-01,
# BTN-03 hold).
@wrong(RESNET50, {"BN-01": "group_norm", "BN-02": "5 BN layers for 53"}, deviation="groupnorm")
def groupnorm() -> nn.Module:
    return resnet50(block=Grouped)


class GroupedStem:
    def __init__(self, filters: int) -> None:
        super().__init__(filters)  # type: ignore[call-arg]
        self.bn = nn.GroupNorm(16, filters)


@wrong(RESNET20, {"BN-03": "no BN", "BN-01": "group_norm", "BN-02": "0 BN layers for 19"}, deviation="groupnorm")
def groupnorm_everywhere() -> nn.Module:
    return resnet20(block=Grouped, stem=GroupedStem)


class BiasedConvolutions:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2)


@wrong(RESNET20, {"CB-01": "18 of 19"}, also="CT-07", deviation="conv-bias")  # CT-02 and CT-03 leave them out
def conv_bias() -> nn.Module:
    return resnet20(block=BiasedConvolutions)


class Reused:
    def residual(self, x: Tensor) -> Tensor:
        h = F.relu(self.bns[0](self.convs[1](x)))
        return self.bns[1](self.convs[1](h))


# 18 layers with weights instead of 19 (CT-01), 19 BN (BN-02); the idle twin keeps the parameter count.
@wrong(
    RESNET20,
    {"CT-01": "19, 20 with repeated use", "BN-02": "19 BN layers for 18"},
    deviation="conv-reused",
    where="blocks.1.convs.1",
)
def conv_reused() -> nn.Module:
    return resnet20(block=Reused, only={1})


class DeadConvolution:
    """The second convolution reads the block's input."""

    def residual(self, x: Tensor) -> Tensor:
        F.relu(self.bns[0](self.convs[0](x)))
        return self.bns[1](self.convs[1](x))


# One layer short: the pair, the depth, the group of six layers; the ReLU between is gone with its convolution
# (ACT-03 counts 18, 18).
@wrong(
    RESNET20,
    {"BLK-06": "1", "CT-01": "19", "BLK-02": "3x3 conv -> batch_norm"},
    also="BLK-08 STG-12 STG-14 CT-06",
    deviation="conv-dead",
    where="32x32_2",
)
def conv_dead() -> nn.Module:
    return resnet20(block=DeadConvolution, only={1})


class OneBeta(nn.Module):
    """BN whose first beta serves all channels."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(filters, affine=False)
        self.gamma, self.beta = (nn.Parameter(fill(filters)) for fill in (torch.ones, torch.zeros))

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x) * self.gamma[:, None, None] + self.beta[0]


class OneBetaForAll:
    def norm(self, filters: int) -> nn.Module:
        return OneBeta(filters)


@wrong(RESNET20, {"BN-03": "beta of shape (1,) for 32 channels"}, where="blocks.4")
def one_beta_for_all_channels() -> nn.Module:
    return resnet20(block=OneBetaForAll, only={4})
