"""Wrong networks: the first convolution and what follows it."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Tensor, nn, resnet18, resnet20, resnet50


class Stride1:
    stride = 1


class Grey:
    """One input channel of its own accord, as for MNIST."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)  # type: ignore[call-arg]
        self.conv = nn.Conv2d(1, filters, 3, 1, 1, bias=False)


# Two thirds of the stem's 432 weights are missing, and their multiply-adds.
@wrong(
    RESNET20,
    {"CT-03": "269,434", "CT-07": "269,434", "CT-06": "40,256,128"},
    deviation="in-channels-1",
)
def in_channels_1() -> nn.Module:
    return resnet20(stem=Grey)


@wrong(RESNET20, {"STG-10": "top 2, bottom 0, left 2, right 0"}, deviation="pad-same-asymmetric", where="stem")
def cifar_stem_padded_on_one_side() -> nn.Module:
    class OneSided:
        def forward(self, x: Tensor) -> Tensor:
            self.conv.padding = (0, 0)  # type: ignore[attr-defined]
            return super().forward(F.pad(x, (2, 0, 2, 0)))  # type: ignore[misc]

    return resnet20(stem=OneSided)


# The pool gives 112x112 where 56x56 is demanded (STEM-04); so do all stages (STG-01, STG-11).
@wrong(
    RESNET18,
    {"STEM-01": "output 224x224"},
    also="STEM-04 STG-01 STG-11 CT-05 CT-06",
    deviation="stem-stride-1",
    where="stem",
)
def stem_stride_1() -> nn.Module:
    return resnet18(stem=Stride1)


# STG-01: conv2_x works on 55x55, from conv3_x on the sizes are right. The 23 million multiply-adds less are
# within CT-05's margin.
@wrong(
    RESNET50,
    {"STEM-04": "output 55x55", "STEM-05": "padding 0, floor"},
    also="STG-01 CT-06",
    deviation="stem-pool-pad0",
)
def stem_pool_pad0() -> nn.Module:
    class Pad0:
        def pool(self, x: Tensor) -> Tensor:
            return F.max_pool2d(x, 3, 2)

    return resnet50(stem=Pad0)


@wrong(
    RESNET18,
    {"STEM-04": "no pool", "STG-01": "112x112, 56x56, 28x28, 14x14"},
    also="STG-11 CT-05 CT-06",
    deviation="stem-pool-missing",
)
def stem_pool_missing() -> nn.Module:
    class NoPool:
        def pool(self, x: Tensor) -> Tensor:
            return x

    return resnet18(stem=NoPool)


@wrong(RESNET18, {"STEM-04": "3x3 avg pool"}, deviation="stem-pool-other")
def stem_pool_average() -> nn.Module:
    class Average:
        def pool(self, x: Tensor) -> Tensor:
            return F.avg_pool2d(x, 3, 2, 1)

    return resnet18(stem=Average)


# STEM-05: padding 0 without ceil, which at 2x2 gives 56x56 all the same.
@wrong(RESNET18, {"STEM-04": "2x2 max pool", "STEM-05": "padding 0, floor"}, deviation="stem-pool-other")
def stem_pool_2x2() -> nn.Module:
    class Small:
        def pool(self, x: Tensor) -> Tensor:
            return F.max_pool2d(x, 2)

    return resnet18(stem=Small)


class NoReLU:
    def act(self, x: Tensor) -> Tensor:
        return x


@wrong(RESNET18, {"STEM-03": "conv -> batch_norm -> max_pool", "ACT-03": "16"}, deviation="stem-no-relu")
def stem_no_relu() -> nn.Module:
    return resnet18(stem=NoReLU)


class PoolBeforeReLU:
    """Max and ReLU commute, so the values agree; the order is not the demanded one."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.pool(self.bn(self.conv(x))))


@wrong(RESNET18, {"STEM-03": "conv -> batch_norm -> max_pool -> relu"})
def stem_pool_before_relu() -> nn.Module:
    return resnet18(stem=PoolBeforeReLU)


class WithoutBN:
    def __init__(self, filters: int) -> None:
        super().__init__(filters)  # type: ignore[call-arg]
        self.bn = nn.Identity()


@wrong(
    RESNET50,
    {"STEM-03": "conv -> relu -> max_pool", "BN-01": "conv -> relu", "BN-02": "52 BN layers for 53"},
    also="CT-07",
    deviation="stem-no-bn",
    where="stem",
)
def stem_no_bn() -> nn.Module:
    return resnet50(stem=WithoutBN)


class BNNotCalled:
    def forward(self, x: Tensor) -> Tensor:
        return self.pool(F.relu(self.conv(x)))


@wrong(
    RESNET50,
    {"STEM-03": "conv -> relu -> max_pool", "BN-01": "conv -> relu", "BN-02": "52 BN layers for 53"},
    deviation="stem-no-bn",
)  # built, so the parameters are right (CT-07), and never called
def stem_bn_not_called() -> nn.Module:
    return resnet50(stem=BNNotCalled)


class Bias:
    bias = True


@wrong(RESNET18, {"CB-01": "1 of 20"}, also="CT-07", deviation="stem-bias")  # CB-02 admits it in ResNet-50 alone
def stem_bias() -> nn.Module:
    return resnet18(stem=Bias)


class Cifar:
    kernel, stride = 3, 1

    def pool(self, x: Tensor) -> Tensor:
        return x


# STEM-02: padding 1, not 3.
@wrong(
    RESNET18,
    {"STEM-01": "3x3, 64, output 224x224", "STEM-04": "no pool"},
    also="STEM-02 STG-01 STG-11 CT-05 CT-06 CT-07",
    deviation="stem-3x3",
)
def stem_3x3() -> nn.Module:
    return resnet18(stem=Cifar)


class Deep:
    """ResNet-C: three 3x3 convolutions, the first with stride 2."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)  # type: ignore[call-arg]
        layers: list[nn.Module] = []
        for channels, width, stride in ((3, 32, 2), (32, 32, 1), (32, filters, 1)):
            layers += [nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.conv, self.bn = nn.Sequential(*layers[:-2]), layers[-2]


# CT-01: 52 layers under the name of 50; 240 million multiply-adds more. BN and ReLU follow each convolution
# (STEM-03, ACT-03 hold).
@wrong(
    RESNET50,
    {"STEM-01": "3x3, 32, stride 2, output 112x112; 3x3, 32", "CT-01": "52"},
    also="CT-05 CT-06 CT-07",
    deviation="stem-deep",
)
def stem_deep() -> nn.Module:
    return resnet50(stem=Deep)


@wrong(RESNET18, {"STEM-02": "top 2, bottom 3, left 2, right 3"}, deviation="pad-same-asymmetric")
def stem_pad_same() -> nn.Module:
    class Same:
        def forward(self, x: Tensor) -> Tensor:
            x = F.conv2d(F.pad(x, (2, 3, 2, 3)), self.conv.weight, stride=2)
            return self.pool(self.act(self.bn(x)))

    return resnet18(stem=Same)


class Pooled:
    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, 1)


@wrong(RESNET20, {"STEM-07": "3x3 max pool"}, also="STG-12 CT-06")  # STG-12: the groups work on 16, 8 and 4
def cifar_stem_pool() -> nn.Module:
    return resnet20(stem=Pooled)


class Stride2:
    stride = 2


@wrong(RESNET20, {"STEM-06": "3x3, 16, stride 2, output 16x16", "STEM-07": "stride 2"}, also="STG-12 CT-06")
def cifar_stem_stride() -> nn.Module:
    return resnet20(stem=Stride2)
