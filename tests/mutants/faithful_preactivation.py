"""A faithful pre-activation ResNet in plain torch; every part can be replaced, as in faithful.py.

Written from He et al. 2016 alone (Fig. 1(b), Fig. 4(e), section 4.1, appendix) and the tables of 2015 that it builds
on, independently of the reference networks.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .faithful import F, Tensor, ZeroPad, mixed, nn


class Unit(nn.Module):
    """x + F(x), with BN and ReLU before each convolution of F; F is two 3x3 convolutions.

    `first`: the activation in front of this unit stands "right after conv1 and before splitting into two paths".
    """

    kernels: tuple[int, ...] = (3, 3)
    strided = 0  # the convolution that carries the stride

    def __init__(self, channels: int, width: int, stride: int, option: str, first: bool) -> None:
        super().__init__()
        self.first = first
        filters = self.filters(width)
        sources = (channels, *filters[:-1])
        self.convs = nn.ModuleList(
            nn.Conv2d(source, target, kernel, stride if place == self.strided else 1, kernel // 2, bias=False)
            for place, (kernel, source, target) in enumerate(zip(self.kernels, sources, filters, strict=True))
        )
        self.bns = nn.ModuleList(map(nn.BatchNorm2d, sources[first:]))
        self.same = channels == filters[-1] and stride == 1
        self.shortcut = self.make_shortcut(channels, filters[-1], stride, option)

    def filters(self, width: int) -> tuple[int, ...]:
        """Filters of each convolution of F."""
        return (width, width)

    def make_shortcut(self, channels: int, filters: int, stride: int, option: str) -> nn.Module:
        if self.same:
            return nn.Identity()
        if option == "A":
            return ZeroPad(channels, filters, stride)
        return nn.Conv2d(channels, filters, 1, stride, bias=False)

    def activate(self, x: Tensor) -> Tensor:
        """What F's first convolution reads."""
        return x if self.first else F.relu(self.bns[0](x))

    def residual(self, h: Tensor) -> Tensor:
        """F behind its first activation."""
        h = self.convs[0](h)
        for conv, bn in zip(self.convs[1:], self.bns[not self.first :], strict=True):
            h = conv(F.relu(bn(h)))
        return h

    def source(self, x: Tensor, h: Tensor) -> Tensor:
        """What the shortcut reads: "these projection shortcuts are also with pre-activation"."""
        return h if isinstance(self.shortcut, nn.Conv2d) else x

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut

    def forward(self, x: Tensor) -> Tensor:
        h = self.activate(x)
        return self.join(self.residual(h), self.shortcut(self.source(x, h)))


class BottleneckUnit(Unit):
    """F is 1x1, 3x3, 1x1 with four times the width."""

    kernels = (1, 3, 1)

    def filters(self, width: int) -> tuple[int, ...]:
        return (width, width, 4 * width)


class PreNet(nn.Module):
    """conv1 and the first activation, units, the extra activation, global average pooling, one fc."""

    kernel, stride, large = 3, 1, False

    def __init__(self, filters: int, units: Sequence[nn.Module], width: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, filters, self.kernel, self.stride, self.kernel // 2, bias=False)
        self.bn, self.units = nn.BatchNorm2d(filters), nn.Sequential(*units)
        self.last, self.fc = nn.BatchNorm2d(width), nn.Linear(width, classes)

    def stem(self, x: Tensor) -> Tensor:
        return self.pool(F.relu(self.bn(self.conv(x))))

    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, 1) if self.large else x

    def features(self, x: Tensor) -> Tensor:
        return F.relu(self.last(self.units(self.stem(x))))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.features(x).mean((2, 3)))


class LargePreNet(PreNet):
    """The stem of Table 1."""

    kernel, stride, large = 7, 2, True


def build(
    base: type[Unit],
    net_base: type[PreNet],
    counts: Sequence[int],
    widths: Sequence[int],
    option: str,
    classes: int,
    *,
    filters: int | None = None,
    unit: type | None = None,
    only: Collection[int] | None = None,
    net: type | None = None,
) -> nn.Module:
    """A network of `counts` units a stage; `only`: the units (from 0) that the mix-in `unit` is for."""
    first = channels = filters or widths[0]
    units: list[nn.Module] = []
    for stage, (count, width) in enumerate(zip(counts, widths, strict=True)):
        for number in range(count):
            chosen = unit if only is None or len(units) in only else None
            stride = 2 if stage and not number else 1
            made: Unit = mixed(chosen, base)(channels, width, stride, option, not units)
            channels = made.filters(width)[-1]
            units.append(made)
    whole: nn.Module = mixed(net, net_base)(first, units, channels, classes)
    for module in whole.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return whole


def preresnet110(*, counts: Sequence[int] = (18, 18, 18), option: str = "A", **changes: Any) -> nn.Module:
    """Basic units and option A, 6n+2."""
    return build(Unit, PreNet, counts, (16, 32, 64), option, 10, **changes)


def preresnet164(
    *,
    counts: Sequence[int] = (18, 18, 18),
    widths: Sequence[int] = (16, 32, 64),
    option: str = "B",
    **changes: Any,
) -> nn.Module:
    """Bottleneck units, 9n+2."""
    return build(BottleneckUnit, PreNet, counts, widths, option, 10, **{"filters": 16, **changes})


def preresnet152(*, counts: Sequence[int] = (3, 8, 36, 3), **changes: Any) -> nn.Module:
    """Table 1's ResNet-152 with the units of 2016."""
    return build(BottleneckUnit, LargePreNet, counts, (64, 128, 256, 512), "B", 1000, filters=64, **changes)
