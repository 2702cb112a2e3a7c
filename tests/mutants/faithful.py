"""A faithful ResNet in plain torch; every part can be replaced: a wrong network differs in one thing.

Written from He et al. 2015 alone (Fig. 2, 3 and 5, Table 1, sections 3.3, 3.4 and 4.2; initial weights from its [13],
section 2.2), independently of the reference networks. A `block`, `stem` or `net` given to a builder is a mix-in: it
overrides a few lines of the faithful class behind it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn


class ZeroPad(nn.Module):
    """Option A: every other pixel, and zeros behind the channels."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.extra, self.stride = filters - channels, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))


class Projection(nn.Module):
    """Options B and C: a strided 1x1 convolution and its BN."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, 1, stride, bias=False)
        self.bn = nn.BatchNorm2d(filters)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(self.conv(x))


class Block(nn.Module):
    """y = ReLU(F(x) + shortcut(x)), Eqn. (1) and (2); F is two 3x3 convolutions."""

    kernels: tuple[int, ...] = (3, 3)
    strided = 0  # the convolution that carries the stride
    zero_pad: type[nn.Module] = ZeroPad
    projection: type[nn.Module] = Projection

    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__()
        self.channels, self.stride, self.option = channels, stride, option
        filters = self.filters(width)
        self.convs, self.bns = nn.ModuleList(), nn.ModuleList()
        for place, (kernel, source, target) in enumerate(
            zip(self.kernels, (channels, *filters), filters, strict=False)
        ):
            self.convs.append(self.conv(source, target, kernel, stride if place == self.strided else 1))
            self.bns.append(self.norm(target))
        self.shortcut = self.make_shortcut(channels, self.outputs(channels, filters), stride)

    def filters(self, width: int) -> tuple[int, ...]:
        """Filters of each convolution of F."""
        return (width, width)

    def outputs(self, channels: int, filters: Sequence[int]) -> int:
        """Channels of y."""
        return filters[-1]

    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)

    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters)

    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        same = channels == filters and stride == 1
        if self.option == "C" or (self.option == "B" and not same):
            return self.projection(channels, filters, stride)
        return nn.Identity() if same else self.zero_pad(channels, filters, stride)

    def act(self, x: Tensor) -> Tensor:
        return F.relu(x)

    def residual(self, x: Tensor) -> Tensor:
        """F: convolution and BN, with ReLU between."""
        for conv, bn in zip(self.convs[:-1], self.bns[:-1], strict=True):
            x = self.act(bn(conv(x)))
        return self.bns[-1](self.convs[-1](x))

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.join(self.residual(x), self.shortcut(x)))


class Bottleneck(Block):
    """F is 1x1 (reduce), 3x3, 1x1 (restore to four times the width), Fig. 5; the stride on the first 1x1."""

    kernels = (1, 3, 1)

    def filters(self, width: int) -> tuple[int, ...]:
        return (width, width, 4 * width)


class ImageNetStem(nn.Module):
    """7x7 convolution with stride 2, BN, ReLU, 3x3 max pool with stride 2 (padding 1: clause STEM-05a)."""

    kernel, stride, bias = 7, 2, False

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, filters, self.kernel, self.stride, self.kernel // 2, bias=self.bias)
        self.bn = nn.BatchNorm2d(filters)

    def act(self, x: Tensor) -> Tensor:
        return F.relu(x)

    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.act(self.bn(self.conv(x))))


class CifarStem(ImageNetStem):
    """3x3 convolution with stride 1, BN, ReLU; nothing shrinks the map (section 4.2)."""

    kernel, stride = 3, 1

    def pool(self, x: Tensor) -> Tensor:
        return x


class ResNet(nn.Module):
    """Stem, blocks, global average pooling, one fully connected layer."""

    def __init__(self, stem: nn.Module, blocks: Sequence[nn.Module], width: int, classes: int) -> None:
        super().__init__()
        self.stem, self.blocks = stem, nn.Sequential(*blocks)
        self.fc = self.classifier(width, classes)

    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes)

    def start(self) -> None:
        """Initial weights, once all is built: convolutions from N(0, 2/n), biases 0; BN and fc as torch makes them."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                self.draw(layer)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def draw(self, layer: nn.Conv2d) -> None:
        """One convolution's weights: n is the number of inputs to a filter."""
        nn.init.normal_(layer.weight, 0.0, math.sqrt(2 / layer.weight[0].numel()))

    def features(self, x: Tensor) -> Tensor:
        return self.blocks(self.stem(x))

    def pool(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(x, 1).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(self.features(x)))


def mixed(mixin: type | None, base: type) -> Callable[..., Any]:
    """The class whose lines the mix-in overrides; the base itself without one."""
    return base if mixin is None else type(mixin.__name__, (mixin, base), {})


def build(
    base: type[Block],
    stem_base: type[nn.Module],
    counts: Sequence[int],
    widths: Sequence[int],
    strides: Sequence[int],
    option: str,
    classes: int,
    *,
    block: type | None = None,
    only: Collection[int] | None = None,
    last: bool = False,
    stem: type | None = None,
    stem_filters: int | None = None,
    net: type | None = None,
) -> nn.Module:
    """A network of `counts` blocks a stage.

    `only`: the blocks (from 0) that the mix-in `block` is for; `last`: a stage's stride stands in the last
    block of the stage before.
    """
    channels = stem_filters or widths[0]
    stem_module = mixed(stem, stem_base)(channels)
    blocks: list[nn.Module] = []
    for stage, (count, width) in enumerate(zip(counts, widths, strict=True)):
        for number in range(count):
            stride = strides[stage] if number == 0 else 1
            if last:
                end = number == count - 1 and stage + 1 < len(counts)
                stride = strides[stage + 1] if end else 1
            chosen = block if only is None or len(blocks) in only else None
            made: Block = mixed(chosen, base)(channels, width, stride, option)
            channels = made.outputs(channels, made.filters(width))
            blocks.append(made)
    whole: ResNet = mixed(net, ResNet)(stem_module, blocks, channels, classes)
    whole.start()
    return whole


def resnet20(
    *,
    counts: Sequence[int] = (3, 3, 3),
    widths: Sequence[int] = (16, 32, 64),
    strides: Sequence[int] = (1, 2, 2),
    option: str = "A",
    base: type[Block] = Block,
    **changes: Any,
) -> nn.Module:
    """ResNet-20 of section 4.2: option A."""
    return build(base, CifarStem, counts, widths, strides, option, 10, **changes)


def resnet18(
    *,
    counts: Sequence[int] = (2, 2, 2, 2),
    widths: Sequence[int] = (64, 128, 256, 512),
    strides: Sequence[int] = (1, 2, 2, 2),
    option: str = "B",
    **changes: Any,
) -> nn.Module:
    """ResNet-18 of Table 1, by default with the projections of today's libraries."""
    return build(Block, ImageNetStem, counts, widths, strides, option, 1000, **changes)


def resnet50(
    *,
    counts: Sequence[int] = (3, 4, 6, 3),
    widths: Sequence[int] = (64, 128, 256, 512),
    strides: Sequence[int] = (1, 2, 2, 2),
    option: str = "B",
    base: type[Block] = Bottleneck,
    **changes: Any,
) -> nn.Module:
    """ResNet-50 of Table 1."""
    return build(base, ImageNetStem, counts, widths, strides, option, 1000, stem_filters=64, **changes)


def plain(builder: Callable[..., nn.Module], **changes: Any) -> nn.Module:
    """The plain twin: the same layers without shortcuts."""
    block = changes.pop("block", None)

    class Plain(*(() if block is None else (block,))):  # type: ignore[misc]
        def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
            return nn.Identity()

        def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
            return residual

    return builder(block=Plain, **changes)


__all__ = [
    "Block",
    "Bottleneck",
    "CifarStem",
    "F",
    "ImageNetStem",
    "Projection",
    "ResNet",
    "Tensor",
    "ZeroPad",
    "nn",
    "plain",
    "resnet18",
    "resnet20",
    "resnet50",
    "torch",
]
