"""Wrong pre-activation networks: the unit, its addition, and the two ends of the network."""

from __future__ import annotations

from .corpus import wrong
from .faithful import Block, F, Tensor, nn, resnet20, torch
from .faithful_preactivation import preresnet110, preresnet152, preresnet164
from .right_preactivation import PRE110, PRE152, PRE164


class NoLast:
    def features(self, x: Tensor) -> Tensor:
        return self.units(self.stem(x))


# 512 parameters less; the weights that V2-14 counts are the same.
@wrong(PRE164, {"V2-04": "add -> pool"}, also="CT-07", deviation="preact-no-final-bnrelu", where="8x8_18")
def pre_without_last_activation() -> nn.Module:
    net = preresnet164(net=NoLast)
    del net.last
    return net


class OnlyNormalized:
    def features(self, x: Tensor) -> Tensor:
        return self.last(self.units(self.stem(x)))


@wrong(PRE110, {"V2-04": "add -> batch_norm -> pool"})
def pre_without_last_relu() -> nn.Module:
    return preresnet110(net=OnlyNormalized)


class Whole:
    """The first unit has BN and ReLU of its own."""

    def __init__(self, channels: int, width: int, stride: int, option: str, first: bool) -> None:
        super().__init__(channels, width, stride, option, False)  # type: ignore[call-arg]


@wrong(
    PRE110,
    {"V2-03": "conv1 -> batch_norm -> relu -> split -> batch_norm -> relu"},
    also="CT-07",
    deviation="preact-double-bnrelu-after-stem",
    where="conv",
)
def pre_activation_twice_on_one_path() -> nn.Module:
    return preresnet110(unit=Whole, only={0})


TWICE = "conv1 -> batch_norm -> relu -> batch_norm -> relu -> split"


@wrong(PRE164, {"V2-03": TWICE}, also="CT-07", deviation="preact-double-bnrelu-after-stem")
def pre_activation_twice() -> nn.Module:
    return preresnet164(unit=Whole, only={0})


@wrong(PRE152, {"V2-03": TWICE}, also="CT-07", deviation="preact-double-bnrelu-after-stem")
def pre_activation_twice_around_the_pool() -> nn.Module:
    return preresnet152(unit=Whole, only={0})


class Bare:
    def stem(self, x: Tensor) -> Tensor:
        return self.pool(self.conv(x))


# The stem's BN and ReLU stand in the first unit, behind its split: the same parameters.
@wrong(PRE110, {"V2-03": "conv1 -> split -> batch_norm -> relu"}, where="32x32_1")
def pre_split_before_the_first_activation() -> nn.Module:
    net = preresnet110(unit=Whole, only={0}, net=Bare)
    del net.bn
    return net


@wrong(PRE110, {"V2-03": "conv1 -> split"}, also="CT-07")
def pre_without_first_activation() -> nn.Module:
    net = preresnet110(net=Bare)
    del net.bn
    return net


# Both paths of the first unit read the activation (V2-03, V2-07), but it stands behind the pool.
@wrong(PRE152, {"STEM-03": "conv -> max_pool"})
def pre_activation_behind_the_pool() -> nn.Module:
    net = preresnet152(unit=Whole, only={0}, net=Bare)
    del net.bn
    return net


class NormalizedSum:
    def source(self, x: Tensor, h: Tensor) -> Tensor:
        return h


SUM = {
    "V2-11": "add -> batch_norm -> relu, then the split",
    "V2-01": "add -> batch_norm -> relu",
    "V2-02": "F(x) add (x",
}


# Fig. 4(b): both paths read BN and ReLU of the sum. The last ones stand where V2-04 wants them.
@wrong(PRE110, SUM, deviation="bn-after-add")
def pre_bn_after_addition() -> nn.Module:
    return preresnet110(unit=NormalizedSum)


@wrong(PRE164, SUM, deviation="bn-after-add", where="32x32_6")
def pre_bn_after_one_addition() -> nn.Module:
    return preresnet164(unit=NormalizedSum, only={5})


class RectifiedResidual:
    def residual(self, h: Tensor) -> Tensor:
        return F.relu(super().residual(h))  # type: ignore[misc]


# Fig. 4(c): ReLU before the addition. With F zero, ReLU(0) + x is x (V2-02).
@wrong(
    PRE110,
    {"V2-11": "conv -> relu -> add", "V2-01": "conv -> relu -> add"},
    deviation="relu-before-not-after",
)
def pre_relu_before_addition() -> nn.Module:
    return preresnet110(unit=RectifiedResidual)


class RectifiedSum:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return F.relu(residual + shortcut)


# Behind the last addition, too: V2-04.
@wrong(
    PRE110,
    {"V2-01": "add -> relu, then the split", "V2-02": "F(x) add (x -> relu)", "V2-04": "add -> relu -> batch_norm"},
)
def pre_relu_after_addition() -> nn.Module:
    return preresnet110(unit=RectifiedSum)


@wrong(PRE164, {"V2-01": "add -> relu, then the split", "V2-02": "(x -> relu)"}, where="32x32_5")
def pre_relu_after_one_addition() -> nn.Module:
    return preresnet164(unit=RectifiedSum, only={3})


class NoMiddle:
    def residual(self, h: Tensor) -> Tensor:
        for conv, bn in zip(self.convs, [None, *self.bns[not self.first :]], strict=True):
            h = conv(h if bn is None else bn(h))
        return h


@wrong(PRE110, {"V2-01": "batch_norm -> relu -> conv -> batch_norm -> conv -> add"})
def pre_without_middle_relu() -> nn.Module:
    return preresnet110(unit=NoMiddle)


class ReLUOnly:
    """Fig. 4(d): ReLU before each convolution, BN behind it."""

    def __init__(self, channels: int, width: int, stride: int, option: str, first: bool) -> None:
        super().__init__(channels, width, stride, option, first)  # type: ignore[call-arg]
        self.bns = nn.ModuleList(nn.BatchNorm2d(conv.out_channels) for conv in self.convs)

    def activate(self, x: Tensor) -> Tensor:
        return x if self.first else F.relu(x)

    def residual(self, h: Tensor) -> Tensor:
        return self.bns[1](self.convs[1](F.relu(self.bns[0](self.convs[0](h)))))


# 128 of gamma and beta more: CT-07.
@wrong(PRE110, {"V2-01": "relu -> conv -> batch_norm -> relu -> conv -> batch_norm -> add"}, also="CT-07")
def pre_relu_only() -> nn.Module:
    return preresnet110(unit=ReLUOnly)


class Larger:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return torch.maximum(residual, shortcut)


# max(0, x) is not x.
@wrong(PRE110, {"V2-02": "F(x) maximum (x)", "BLK-01": "joined by maximum"}, where="32x32_1")
def pre_joined_by_maximum() -> nn.Module:
    return preresnet110(unit=Larger)


class OneBN:
    """The second BN is the first once more; its own is never used."""

    def residual(self, h: Tensor) -> Tensor:
        h = self.convs[0](h)
        bn = self.bns[0] if self.same else self.bns[-1]  # where the widths agree
        return self.convs[-1](F.relu(bn(h)))


# In 51 of 54 units (the first has one BN, two grow); the unused twins keep the number of parameters.
@wrong(PRE110, {"V2-01": "58 BN layers, used 109 times"}, also="BH-03", deviation="bn-shared")
def pre_bn_shared() -> nn.Module:
    return preresnet110(unit=OneBN)


# The ResNet-110 of 2015: the same number of parameters and multiply-adds.
@wrong(
    PRE110,
    {
        "V2-01": "add -> relu, then the split",
        "V2-02": "F(x) add (x -> relu)",
        "V2-04": "add -> relu -> pool",
    },
)
def post_activation_as_pre_activation() -> nn.Module:
    return resnet20(counts=(18, 18, 18), base=Block)
