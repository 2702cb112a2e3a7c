"""Constructors of the low-level networks: those of `presets.py` by name, options and initial distribution.

Source: He et al. 2015, arXiv:1512.03385, Table 1 and section 4.2. `shortcut=None` gives the plain twin. Every
constructor raises ValueError for a word or a count that is not admitted.
"""

from __future__ import annotations

from typing import Unpack

from resnet_impl.choices import Fan, ShortcutOption, StemPool, StrideOn, require_choice, require_count
from resnet_impl.lowlevel import LowLevelResNet
from resnet_impl.lowlevel_plan import BlockKind, Convolution, Plan, plan_blocks
from resnet_impl.presets import ImageNetOptions, Options, table_1
from resnet_impl.resnet import Stage


def lowlevel_resnet18(shortcut: ShortcutOption | None = "A", **options: Unpack[ImageNetOptions]) -> LowLevelResNet:
    """ResNet-18 of Table 1 and 2."""
    return _imagenet("basic", table_1(2, 2, 2, 2), shortcut, **options)


def lowlevel_resnet34(shortcut: ShortcutOption | None = "A", **options: Unpack[ImageNetOptions]) -> LowLevelResNet:
    """ResNet-34 of Table 1 and Fig. 3."""
    return _imagenet("basic", table_1(3, 4, 6, 3), shortcut, **options)


def lowlevel_resnet50(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> LowLevelResNet:
    """ResNet-50 of Table 1; `stride_on="3x3"` is v1.5."""
    return _imagenet("bottleneck", table_1(3, 4, 6, 3), shortcut, stride_on, **options)


def lowlevel_resnet101(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> LowLevelResNet:
    """ResNet-101 of Table 1; `stride_on="3x3"` is v1.5."""
    return _imagenet("bottleneck", table_1(3, 4, 23, 3), shortcut, stride_on, **options)


def lowlevel_resnet152(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> LowLevelResNet:
    """ResNet-152 of Table 1; `stride_on="3x3"` is v1.5."""
    return _imagenet("bottleneck", table_1(3, 8, 36, 3), shortcut, stride_on, **options)


def lowlevel_cifar_resnet(
    n: int = 3,
    shortcut: ShortcutOption | None = "A",
    num_classes: int = 10,
    in_channels: int = 3,
    fan: Fan = "fan_in",
) -> LowLevelResNet:
    """The net of 6n + 2 layers of section 4.2."""
    require_count("n (of the 6n + 2 layers)", n)
    stem = Convolution("stem", 3, in_channels, 16)
    stages = [Stage("maps32", 16, n), Stage("maps16", 32, n), Stage("maps8", 64, n)]
    blocks = plan_blocks("basic", stages, stem.out_channels, shortcut)
    return LowLevelResNet(Plan(stem, None, blocks, num_classes), fan)


def lowlevel_cifar_resnet20(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> LowLevelResNet:
    """Table 6: n = 3."""
    return lowlevel_cifar_resnet(3, shortcut, **options)


def lowlevel_cifar_resnet32(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> LowLevelResNet:
    """Table 6: n = 5."""
    return lowlevel_cifar_resnet(5, shortcut, **options)


def lowlevel_cifar_resnet44(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> LowLevelResNet:
    """Table 6: n = 7."""
    return lowlevel_cifar_resnet(7, shortcut, **options)


def lowlevel_cifar_resnet56(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> LowLevelResNet:
    """Table 6: n = 9."""
    return lowlevel_cifar_resnet(9, shortcut, **options)


def lowlevel_cifar_resnet110(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> LowLevelResNet:
    """Table 6: n = 18."""
    return lowlevel_cifar_resnet(18, shortcut, **options)


def _imagenet(
    kind: BlockKind,
    stages: list[Stage],
    shortcut: ShortcutOption | None,
    stride_on: StrideOn = "1x1",
    num_classes: int = 1000,
    in_channels: int = 3,
    fan: Fan = "fan_in",
    pool: StemPool = "floor",
) -> LowLevelResNet:
    require_choice("pool", pool, "floor", "ceil")
    stem = Convolution("stem", 7, in_channels, 64, stride=2)
    blocks = plan_blocks(kind, stages, stem.out_channels, shortcut, stride_on)
    return LowLevelResNet(Plan(stem, pool, blocks, num_classes), fan)
