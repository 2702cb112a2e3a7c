"""Wrong networks: how many blocks, of which kind, how wide, and whose weights."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import Block, Bottleneck, Tensor, nn, plain, resnet18, resnet20, resnet50


@wrong(RESNET18, {"STG-02": "(2, 2, 2, 3)", "CT-01": "20"}, also="CT-05 CT-06 CT-07", deviation="block-count")
def block_count() -> nn.Module:
    return resnet18(counts=(2, 2, 2, 3))


# 22 layers are not 6n+2. 0.27M all the same (CT-02).
@wrong(
    RESNET20,
    {"STG-12": "8 layers", "STG-14": "22 weighted layers, which is not 6n+2", "SC-10": "10", "CT-01": "22"},
    also="CT-03 CT-06 CT-07",
    deviation="block-count",
)
def block_count_cifar() -> nn.Module:
    return resnet20(counts=(4, 3, 3))


@wrong(
    "imagenet/resnet101",
    {"STG-02": "(3, 4, 22, 3)", "STG-11": "88 convolutions", "CT-01": "98"},
    also="CT-05 CT-06 CT-07",
    deviation="block-count",
)
def block_count_101() -> nn.Module:
    return resnet50(counts=(3, 4, 22, 3))


# 3 x 9 + 2 = 29 layers. One group has layers of two widths (STG-05); 256 features (HD-04); zero-padding as
# demanded (SC-03, SC-09). 16 to 64 channels in 32x32_1 need zeros without stride, which is right (SC-16). The
# 270,234 parameters are 0.27M (CT-02).
@wrong(
    RESNET20,
    {
        "BLK-08": "bottleneck",
        "STG-14": "29 weighted layers, which is not 6n+2",
        "CT-01": "29",
        "STG-12": "9 layers 1x1",
        "BLK-02": "1x1 conv -> batch_norm -> relu -> 3x3 conv",
        "HD-04": "256",
    },
    also="STG-05 CT-03 CT-06 CT-07",
    deviation="depth-formula",
)
def depth_formula() -> nn.Module:
    return resnet20(base=Bottleneck)


# Blocks, widths and everything that follows from them are those of ResNet-34. BTN-05 has no 3x3 of a
# bottleneck to look at.
@wrong(
    RESNET50,
    {"BTN-07": "basic", "BTN-01": "3x3, 64 -> 3x3, 64", "CT-01": "34"},
    also="BTN-02 BTN-03 BTN-04 STG-04 SC-11 SC-13 HD-04 CT-05 CT-06 CT-07 CT-08",
)
def basic_blocks_as_50() -> nn.Module:
    return resnet50(base=Block)


# CT-02: 1.1M. The paper's 16, 32, 64 doubled.
@wrong(
    RESNET20,
    {"STEM-06": "3x3, 32", "STG-12": "128 filters on 8x8", "HD-04": "128"},
    also="CT-02 CT-03 CT-06 CT-07",
    deviation="widths",
)
def widths_cifar() -> nn.Module:
    return resnet20(widths=(32, 64, 128))


# conv2_1 goes from 64 to 128 dimensions, by a projection: SC-12, SC-13.
@wrong(
    RESNET18,
    {"STG-03": "(128, 128) / (256, 256)", "HD-04": "1024", "SC-12": "1x1 conv", "SC-13": "4"},
    also="CT-05 CT-06 CT-07",
    deviation="widths",
)
def widths_imagenet() -> nn.Module:
    return resnet18(widths=(128, 256, 512, 1024), stem_filters=64)


class TwiceAsWide:
    def filters(self, width: int) -> tuple[int, ...]:
        return (2 * width, 2 * width, 4 * width)


# The restoring convolution has twice, not four times the filters (BTN-02); a projection would add less than
# half (CT-08: 1.31).
@wrong(
    RESNET50,
    {"STG-04": "(128, 128, 256)", "BTN-02": "128 -> 128 -> 256", "CT-08": "x1.31"},
    also="CT-05 CT-06 CT-07",
    deviation="widths",
)
def wide_resnet50() -> nn.Module:
    return resnet50(block=TwiceAsWide)


class NotExpanded:
    def filters(self, width: int) -> tuple[int, ...]:
        return (width, width, width)


# conv2_x ends at 64: 512 after 64 is no doubling (STG-06), conv2_1 needs no projection (SC-11, SC-13). CT-08:
# 64 x 64 beside 45,056.
@wrong(
    RESNET50,
    {"BTN-02": "64 -> 64 -> 64", "STG-04": "(64, 64, 64)", "SC-11": "identity"},
    also="STG-06 SC-13 CT-05 CT-06 CT-07 CT-08",
    deviation="stage1-not-expanded",
    where="conv2_1",
)
def stage1_not_expanded() -> nn.Module:
    return resnet50(block=NotExpanded, only={0, 1, 2})


class Inverted:
    def filters(self, width: int) -> tuple[int, ...]:
        return (4 * width, 4 * width, width)


# 64, 128, 256, 512 leave the stages: conv2_1 is an identity (SC-11, SC-13), 512 features (HD-04). CT-08: wide
# blocks, thin shortcuts.
@wrong(
    RESNET50,
    {"BTN-01": "1x1, 256 -> 3x3, 256 -> 1x1, 64", "BTN-02": "256 -> 256 -> 64", "STG-04": "(256, 256, 64)"},
    also="SC-11 SC-13 HD-04 CT-05 CT-06 CT-07 CT-08",
    deviation="bottleneck-order",
)
def bottleneck_order() -> nn.Module:
    return resnet50(block=Inverted)


class ResNeXt:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        groups = 32 if kernel == 3 else 1
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, groups=groups, bias=False)


@wrong(
    RESNET50, {"BTN-01": "32 groups"}, also="CT-05 CT-06 CT-07 CT-08", deviation="grouped-conv"
)  # CT-08: 33,920 weights a block
def grouped_conv() -> nn.Module:
    return resnet50(block=ResNeXt)


class GroupsForStride:
    """Conv2d(channels, filters, 3, 1, 1, 1, 2): the 2 that was meant as stride is the number of groups."""

    def __init__(self, channels: int, filters: int, stride: int, option: str) -> None:
        self.groups = stride
        super().__init__(channels, filters, 1, option)  # type: ignore[call-arg]

    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        groups = self.groups if channels != filters else 1
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, groups=groups, bias=False)


# Nothing strides, so that maps stay at 32x32 and no shortcut crosses two sizes; two convolutions have half of their
# weights, 2,304 and 9,216 fewer, which makes 0.26M. The suite says it by two names, one for each half.
@wrong(
    RESNET20,
    {"BLK-02": "2 groups"},
    also="STG-05 STG-06 STG-12 STG-13 CT-02 CT-03 CT-06 CT-07",
    deviation="grouped-conv",
)
def positional_arg_swap() -> nn.Module:
    return resnet20(block=GroupsForStride)


# n blocks for each that is meant: 6n+2 with n = 9, under the name of ResNet-20. Each has its ReLUs (ACT-03).
@wrong(
    RESNET20,
    {"STG-12": "18 layers", "CT-01": "56", "SC-10": "27"},
    also="STG-14 CT-02 CT-03 CT-06 CT-07",
    deviation="block-count",
)
def blocks_counted_as_layers() -> nn.Module:
    return resnet20(counts=(9, 9, 9))


class Repeated:
    """[block] * n: the blocks of a stage after the first are one module."""

    def __init__(self, stem: nn.Module, blocks: list[nn.Module], width: int, classes: int) -> None:
        shared = [blocks[p - 1] if p % 3 == 2 else block for p, block in enumerate(blocks)]
        super().__init__(stem, shared, width, classes)  # type: ignore[call-arg]


# 13 convolutions and the fc have weights; the data passes 20 layers (STG-14, CT-06). 13 BN (BN-02). CT-02:
# 0.17M.
@wrong(RESNET20, {"CT-01": "14, 20 with repeated use"}, also="BH-03 CT-02 CT-03 CT-07", deviation="blocks-shared")
def blocks_shared() -> nn.Module:
    return resnet20(net=Repeated)


@wrong("cifar10/plain20", {"PL-01": "9 of 9 blocks have one"})
def shortcuts_in_a_plain_net() -> nn.Module:
    return resnet20()


class LastBNMissing:
    def residual(self, x: Tensor) -> Tensor:
        return self.convs[1](self.act(self.bns[0](self.convs[0](x))))


@wrong(
    "cifar10/plain20",
    {"PL-01": "conv -> relu", "BN-01": "conv -> relu"},
    also="BN-02",
    deviation="bn-missing-last",
)
def plain_without_bn() -> nn.Module:
    return plain(resnet20, block=LastBNMissing)


@wrong(
    "imagenet/plain18",
    {"PL-02": "19", "STG-02": "(2, 2, 2, 3)", "PL-01": "layer 53"},
    also="CT-01 CT-05 CT-06 CT-07",
    deviation="block-count",
)
def plain_block_count() -> nn.Module:
    return plain(resnet18, counts=(2, 2, 2, 3))


class StrideOnSecond:
    strided = 1


# The layers stand in the right order (PL-01), the strides do not.
@wrong(
    "cifar10/plain20",
    {"PL-02": "3x3, 32", "STG-13": "strides 1, 2"},
    also="STG-05 STG-12 CT-06",
    deviation="stride-conv2-basic",
)
def plain_stride_conv2() -> nn.Module:
    return plain(resnet20, block=StrideOnSecond)
