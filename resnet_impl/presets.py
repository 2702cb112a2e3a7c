"""Constructors: the nets that the paper names and one family that it does not. No argument is required.

Source: He et al. 2015, arXiv:1512.03385. ImageNet: Table 1, option A for 18 and 34 layers (Table 2, Fig.
4), B for 50 and deeper (Table 3). CIFAR-10: section 4.2 and Table 6, 6n + 2 layers, "identity shortcuts
in all cases (i.e., option A)". A plain net is its residual twin without the shortcuts; with option A the
two have the same parameters.

Each takes the keywords of `Options`, and ImageNet's nets `pool` as well; `shortcut` and `stride_on` where the
signature shows them. Every constructor raises ValueError for a word or a count that is not admitted.
"""

from __future__ import annotations

from functools import partial
from typing import TypedDict, Unpack

from resnet_impl.blocks import BasicBlockV1, BottleneckV1
from resnet_impl.choices import Fan, ShortcutOption, StemPool, StrideOn, require_count
from resnet_impl.resnet import Block, ResNetV1, Stage
from resnet_impl.stems import StemCIFAR, StemImageNetV1


class Options(TypedDict, total=False):
    """Keywords of every constructor, with their defaults."""

    num_classes: int  # 1000 (ImageNet) or 10 (CIFAR-10)
    in_channels: int  # 3
    fan: Fan  # "fan_in"; see initialization.py


class ImageNetOptions(Options, total=False):
    """Keywords of the nets with ImageNet's stem."""

    pool: StemPool  # "floor"; see stems.py


# --- ImageNet: Table 1 ---


def resnet18(shortcut: ShortcutOption | None = "A", **options: Unpack[ImageNetOptions]) -> ResNetV1:
    """ResNet-18 of Table 1 and 2: 11,515,688 parameters with option A."""
    return imagenet_net(BasicBlockV1, table_1(2, 2, 2, 2), shortcut, **options)


def resnet34(shortcut: ShortcutOption | None = "A", **options: Unpack[ImageNetOptions]) -> ResNetV1:
    """ResNet-34 of Table 1 and Fig. 3: option A in Table 2, options A, B and C compared in Table 3."""
    return imagenet_net(BasicBlockV1, table_1(3, 4, 6, 3), shortcut, **options)


def resnet50(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> ResNetV1:
    """ResNet-50 of Table 1; `stride_on="3x3"` is the later variant, v1.5."""
    block = partial(BottleneckV1, stride_on=stride_on)
    return imagenet_net(block, table_1(3, 4, 6, 3), shortcut, **options)


def resnet101(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> ResNetV1:
    """ResNet-101 of Table 1; `stride_on="3x3"` is the later variant, v1.5."""
    block = partial(BottleneckV1, stride_on=stride_on)
    return imagenet_net(block, table_1(3, 4, 23, 3), shortcut, **options)


def resnet152(
    shortcut: ShortcutOption | None = "B", stride_on: StrideOn = "1x1", **options: Unpack[ImageNetOptions]
) -> ResNetV1:
    """ResNet-152 of Table 1; `stride_on="3x3"` is the later variant, v1.5."""
    block = partial(BottleneckV1, stride_on=stride_on)
    return imagenet_net(block, table_1(3, 8, 36, 3), shortcut, **options)


def plain18(**options: Unpack[ImageNetOptions]) -> ResNetV1:
    """The 18-layer plain net of section 4.1: ResNet-18 without its shortcuts."""
    return resnet18(shortcut=None, **options)


def plain34(**options: Unpack[ImageNetOptions]) -> ResNetV1:
    """The 34-layer plain net of section 4.1 and Fig. 3: ResNet-34 without its shortcuts."""
    return resnet34(shortcut=None, **options)


# --- CIFAR-10: section 4.2 ---


def cifar_resnet(n: int = 3, shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """The net of 6n + 2 layers: a 3x3 stem, then n blocks on each of the maps 32x32, 16x16 and 8x8.

    They have 16, 32 and 64 filters. The paper gives these stages no names; here they are called maps32,
    maps16 and maps8 after their map size for 32x32 images. With option A: 97,216 n - 21,926 parameters
    for 10 classes and 3 input channels.
    """
    require_count("n (of the 6n + 2 layers)", n)
    stages = [Stage("maps32", 16, n), Stage("maps16", 32, n), Stage("maps8", 64, n)]
    return cifar_net(BasicBlockV1, 16, stages, shortcut, **options)


def cifar_plain(n: int = 3, **options: Unpack[Options]) -> ResNetV1:
    """The plain net of 6n + 2 layers: `cifar_resnet(n)` without its shortcuts."""
    return cifar_resnet(n, shortcut=None, **options)


def cifar_resnet20(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 3, 0.27M parameters."""
    return cifar_resnet(3, shortcut, **options)


def cifar_resnet32(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 5, 0.46M parameters."""
    return cifar_resnet(5, shortcut, **options)


def cifar_resnet44(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 7, 0.66M parameters."""
    return cifar_resnet(7, shortcut, **options)


def cifar_resnet56(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 9, 0.85M parameters."""
    return cifar_resnet(9, shortcut, **options)


def cifar_resnet110(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 18, 1.7M parameters."""
    return cifar_resnet(18, shortcut, **options)


def cifar_resnet1202(shortcut: ShortcutOption | None = "A", **options: Unpack[Options]) -> ResNetV1:
    """Table 6: n = 200, 19.4M parameters."""
    return cifar_resnet(200, shortcut, **options)


def cifar_plain20(**options: Unpack[Options]) -> ResNetV1:
    """Fig. 6: n = 3."""
    return cifar_plain(3, **options)


def cifar_plain32(**options: Unpack[Options]) -> ResNetV1:
    """Fig. 6: n = 5."""
    return cifar_plain(5, **options)


def cifar_plain44(**options: Unpack[Options]) -> ResNetV1:
    """Fig. 6: n = 7."""
    return cifar_plain(7, **options)


def cifar_plain56(**options: Unpack[Options]) -> ResNetV1:
    """Fig. 6: n = 9."""
    return cifar_plain(9, **options)


def cifar_plain110(**options: Unpack[Options]) -> ResNetV1:
    """Fig. 6: n = 18, error above 60% and not displayed."""
    return cifar_plain(18, **options)


# --- ImageNet's stages behind CIFAR's stem: in no table of the paper ---

# What many tutorials call "ResNet-18 for CIFAR-10" (kuangliu/pytorch-cifar): a 3x3 stem of 64 filters with
# stride 1 and no pool; the four stages of Table 1; option B; in 50 layers and deeper the stride on the 3x3
# (v1.5). The maps of a 32x32 image are 32, 16, 8 and 4. The 18 layers have forty times the parameters of the
# paper's ResNet-20.

_BOTTLENECK_V1_5 = partial(BottleneckV1, stride_on="3x3")


def resnet18_cifar_stem(**options: Unpack[Options]) -> ResNetV1:
    """Basic blocks, 2-2-2-2."""
    return cifar_net(BasicBlockV1, 64, table_1(2, 2, 2, 2), "B", **options)


def resnet34_cifar_stem(**options: Unpack[Options]) -> ResNetV1:
    """Basic blocks, 3-4-6-3."""
    return cifar_net(BasicBlockV1, 64, table_1(3, 4, 6, 3), "B", **options)


def resnet50_cifar_stem(**options: Unpack[Options]) -> ResNetV1:
    """Bottlenecks with the stride on the 3x3, 3-4-6-3."""
    return cifar_net(_BOTTLENECK_V1_5, 64, table_1(3, 4, 6, 3), "B", **options)


def resnet101_cifar_stem(**options: Unpack[Options]) -> ResNetV1:
    """Bottlenecks with the stride on the 3x3, 3-4-23-3."""
    return cifar_net(_BOTTLENECK_V1_5, 64, table_1(3, 4, 23, 3), "B", **options)


def resnet152_cifar_stem(**options: Unpack[Options]) -> ResNetV1:
    """Bottlenecks with the stride on the 3x3, 3-8-36-3."""
    return cifar_net(_BOTTLENECK_V1_5, 64, table_1(3, 8, 36, 3), "B", **options)


# --- What the paper's nets are made of, by stem ---


def table_1(conv2_x: int, conv3_x: int, conv4_x: int, conv5_x: int) -> list[Stage]:
    """A column of Table 1: the number of blocks in the stages of 64, 128, 256 and 512 filters."""
    blocks = {"conv2_x": conv2_x, "conv3_x": conv3_x, "conv4_x": conv4_x, "conv5_x": conv5_x}
    return [Stage(name, 64 * 2**i, count) for i, (name, count) in enumerate(blocks.items())]


def imagenet_net(
    block: Block,
    stages: list[Stage],
    shortcut: ShortcutOption | None,
    num_classes: int = 1000,
    in_channels: int = 3,
    fan: Fan = "fan_in",
    pool: StemPool = "floor",
) -> ResNetV1:
    """Stages of `block` behind the stem of Table 1."""
    return ResNetV1(StemImageNetV1(in_channels, pool), block, stages, shortcut, num_classes, fan)


def cifar_net(
    block: Block,
    stem_channels: int,
    stages: list[Stage],
    shortcut: ShortcutOption | None,
    num_classes: int = 10,
    in_channels: int = 3,
    fan: Fan = "fan_in",
) -> ResNetV1:
    """Stages of `block` behind the 3x3 stem of section 4.2."""
    return ResNetV1(StemCIFAR(in_channels, stem_channels), block, stages, shortcut, num_classes, fan)
