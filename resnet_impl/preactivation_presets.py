"""Constructors of the pre-activation nets of He et al. 2016, arXiv:1603.05027. No argument is required.

CIFAR (section 4.1, Table 2 to 4, appendix): 110 layers of basic units, 6n + 2, option A, as in 2015; 164 and 1001
layers of bottlenecks, 9n + 2 ("333 Residual Units (111 on each feature map size)"), [1x1, 16; 3x3, 16; 1x1, 64] on
the largest maps, projections where dimensions increase. That the other two groups are twice and four times as wide,
and that the first unit (16 -> 64) has a projection as well, is in the authors' resnet-1k-layers. ImageNet (Table 5,
footnote 3): 152 layers as in 2015, and 200, which are 152 and 16 more units on the maps of 28x28.

Each takes the keywords of the constructors of 2015, with options A and B for `shortcut`, and raises ValueError for a
word or a count that is not admitted.
"""

from __future__ import annotations

from functools import partial
from typing import Unpack

from resnet_impl.choices import Fan, StemPool, StrideOn, require_count
from resnet_impl.preactivation import BasicBlockV2, BlockV2, BottleneckV2, ResNetV2, ShortcutOptionV2
from resnet_impl.presets import ImageNetOptions, Options, table_1
from resnet_impl.resnet import Stage
from resnet_impl.stems import StemCIFAR, StemImageNetV1


def cifar_preresnet(n: int = 18, shortcut: ShortcutOptionV2 = "A", **options: Unpack[Options]) -> ResNetV2:
    """The net of 6n + 2 layers: n basic units on each of the maps 32x32, 16x16 and 8x8, of 16, 32 and 64 filters.

    With option A it has the parameters of the net of 2015: 97,216 n - 21,926 for 10 classes and 3 input channels.
    """
    require_count("n (of the 6n + 2 layers)", n)
    return _cifar(BasicBlockV2, n, shortcut, **options)


def cifar_preresnet_bottleneck(
    n: int = 18, shortcut: ShortcutOptionV2 = "B", stride_on: StrideOn = "1x1", **options: Unpack[Options]
) -> ResNetV2:
    """The net of 9n + 2 layers: n bottlenecks on each of the three maps, which have 64, 128 and 256 channels."""
    require_count("n (of the 9n + 2 layers)", n)
    return _cifar(partial(BottleneckV2, stride_on=stride_on), n, shortcut, **options)


def cifar_preresnet110(shortcut: ShortcutOptionV2 = "A", **options: Unpack[Options]) -> ResNetV2:
    """Table 2 and 3: 6n + 2 layers with n = 18."""
    return cifar_preresnet(18, shortcut, **options)


def cifar_preresnet164(
    shortcut: ShortcutOptionV2 = "B", stride_on: StrideOn = "1x1", **options: Unpack[Options]
) -> ResNetV2:
    """Table 2, 3 and 4: 9n + 2 layers with n = 18, 1.7M parameters."""
    return cifar_preresnet_bottleneck(18, shortcut, stride_on, **options)


def cifar_preresnet1001(
    shortcut: ShortcutOptionV2 = "B", stride_on: StrideOn = "1x1", **options: Unpack[Options]
) -> ResNetV2:
    """Table 3 and 4: 9n + 2 layers with n = 111, 10.2M parameters (BN not counted)."""
    return cifar_preresnet_bottleneck(111, shortcut, stride_on, **options)


def preresnet152(
    shortcut: ShortcutOptionV2 = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> ResNetV2:
    """Table 5: ResNet-152 with pre-activation."""
    return _imagenet(partial(BottleneckV2, stride_on=stride_on), table_1(3, 8, 36, 3), shortcut, **options)


def preresnet200(
    shortcut: ShortcutOptionV2 = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> ResNetV2:
    """Table 5 and footnote 3: ResNet-152 with 16 more units in conv3_x."""
    return _imagenet(partial(BottleneckV2, stride_on=stride_on), table_1(3, 24, 36, 3), shortcut, **options)


def _cifar(
    block: BlockV2,
    n: int,
    shortcut: ShortcutOptionV2,
    num_classes: int = 10,
    in_channels: int = 3,
    fan: Fan = "fan_in",
) -> ResNetV2:
    stages = [Stage("maps32", 16, n), Stage("maps16", 32, n), Stage("maps8", 64, n)]
    return ResNetV2(StemCIFAR(in_channels, 16), block, stages, shortcut, num_classes, fan)


def _imagenet(
    block: BlockV2,
    stages: list[Stage],
    shortcut: ShortcutOptionV2,
    num_classes: int = 1000,
    in_channels: int = 3,
    fan: Fan = "fan_in",
    pool: StemPool = "floor",
) -> ResNetV2:
    return ResNetV2(StemImageNetV1(in_channels, pool), block, stages, shortcut, num_classes, fan)
