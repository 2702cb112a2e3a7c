"""What a network consists of, as data: the convolutions and shortcuts that `lowlevel.py` computes with.

Source: He et al. 2015, arXiv:1512.03385, Table 1, section 3.3 (stride, options A and B) and 4.1 (option C), section
4.2 (CIFAR-10). Nothing here is a tensor. Names are the paper's, counted from 1 as there: "conv3_1" is a block,
"conv3_1_layer2" the second layer of its F.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_impl.choices import ShortcutOption, StemPool, StrideOn, require_choice, require_count
from resnet_impl.resnet import Stage

BlockKind = Literal["basic", "bottleneck"]
ShortcutKind = Literal["identity", "zeros", "projection", "missing"]

EXPANSION = 4  # Table 1: a bottleneck ends with four times its width


@dataclass(frozen=True, slots=True)
class Convolution:
    """A row of Table 1, e.g. "7x7, 64, stride 2": no bias, padding kernel // 2; BN follows it."""

    name: str
    kernel: int
    in_channels: int
    out_channels: int
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """y = s(F(x) + shortcut(x)): two or three layers of F, and what joins them."""

    name: str
    layers: tuple[Convolution, ...]
    shortcut: ShortcutKind
    projection: Convolution  # W_s of Eqn (2); used only where `shortcut` says so


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole network: the stem, in ImageNet's a max pool, the blocks in order, the classifier.

    Raises ValueError for fewer than one input channel or class.
    """

    stem: Convolution
    pool: StemPool | None
    blocks: tuple[Block, ...]
    num_classes: int

    def __post_init__(self) -> None:
        require_count("in_channels", self.stem.in_channels)
        require_count("num_classes", self.num_classes)

    @property
    def out_channels(self) -> int:
        """The channels that global average pooling hands to the classifier."""
        return self.blocks[-1].layers[-1].out_channels

    def convolutions(self) -> Iterator[Convolution]:
        """All of them, in the order in which a reader meets them; a projection after the F beside it."""
        yield self.stem
        for block in self.blocks:
            yield from block.layers
            if block.shortcut == "projection":
                yield block.projection


def plan_blocks(
    kind: BlockKind,
    stages: Sequence[Stage],
    in_channels: int,
    shortcut: ShortcutOption | None,
    stride_on: StrideOn = "1x1",
) -> tuple[Block, ...]:
    """The blocks of all stages; the first block of every stage but the first halves the map.

    Raises ValueError for an unknown shortcut option or `stride_on`.
    """
    require_choice("shortcut", shortcut, "A", "B", "C", "none", None)
    require_choice("stride_on", stride_on, "1x1", "3x3")
    blocks = []
    channels = in_channels
    for stage in stages:
        for position in range(1, stage.blocks + 1):
            name = f"{stage.name.removesuffix('_x')}_{position}"  # conv3_x -> conv3_1, conv3_2, ...
            stride = 2 if position == 1 and stage is not stages[0] else 1
            layers = plan_layers(kind, name, channels, stage.width, stride, stride_on)
            out_channels = layers[-1].out_channels
            projection = Convolution(f"{name}_shortcut", 1, channels, out_channels, stride)
            blocks.append(Block(name, layers, choose_shortcut(shortcut, projection), projection))
            channels = out_channels
    return tuple(blocks)


def plan_layers(
    kind: BlockKind, name: str, in_channels: int, width: int, stride: int, stride_on: StrideOn
) -> tuple[Convolution, ...]:
    """Fig. 5: "3x3, width; 3x3, width" or "1x1, width; 3x3, width; 1x1, 4 width"."""
    if kind == "basic":
        return (
            Convolution(f"{name}_layer1", 3, in_channels, width, stride),
            Convolution(f"{name}_layer2", 3, width, width),
        )
    return (
        Convolution(f"{name}_layer1", 1, in_channels, width, stride if stride_on == "1x1" else 1),
        Convolution(f"{name}_layer2", 3, width, width, stride if stride_on == "3x3" else 1),
        Convolution(f"{name}_layer3", 1, width, EXPANSION * width),
    )


def choose_shortcut(option: ShortcutOption | None, projection: Convolution) -> ShortcutKind:
    """What option A, B or C means for the block whose projection this would be; None and "none": a plain net."""
    same_dimensions = projection.in_channels == projection.out_channels and projection.stride == 1
    if option is None or option == "none":
        return "missing"
    if option == "C" or (option == "B" and not same_dimensions):
        return "projection"
    return "identity" if same_dimensions else "zeros"
