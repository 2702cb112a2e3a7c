"""ResNeXt and wide ResNets by hand: right networks of the papers whose networks `resnet_impl` does not have.

Xie et al. 2017, Table 1 and section 4, form (c); Zagoruyko and Komodakis 2016, Table 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """A ResNeXt's block, in its form (c); `groups` of its 3x3 convolution."""

    def __init__(self, channels: int, width: int, filters: int, stride: int, groups: int) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width))
        self.b = nn.Sequential(nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False), nn.BatchNorm2d(width))
        self.c = nn.Sequential(nn.Conv2d(width, filters, 1, bias=False), nn.BatchNorm2d(filters))
        self.shortcut = nn.Sequential()
        if stride > 1 or channels != filters:
            self.shortcut.append(nn.Conv2d(channels, filters, 1, stride, bias=False)).append(nn.BatchNorm2d(filters))

    def forward(self, x: Tensor) -> Tensor:
        y = self.c(F.relu(self.b(F.relu(self.a(x)))))
        return F.relu(y + self.shortcut(x))


def resnext(depth: int, groups: int = 32, width: int = 128) -> nn.Module:
    """The network of Xie et al. 2017, Table 1, or another of its kind; `width` of the 3x3 convolutions of conv2_x."""
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    channels, blocks = 64, []
    for stage, count in enumerate((3, 4, {50: 6, 101: 23}[depth], 3)):
        for number in range(count):
            stride = 2 if stage and not number else 1
            blocks.append(Bottleneck(channels, width << stage, 256 << stage, stride, groups))
            channels = 256 << stage
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
    return initialised(nn.Sequential(*stem, *blocks, *head))


class Unit(nn.Module):
    """A wide network's unit; its projection reads x and not the pre-activation where `raw`."""

    def __init__(self, channels: int, filters: int, stride: int, raw: bool = False) -> None:
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(filters)
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.projection = nn.Conv2d(channels, filters, 1, stride, bias=False) if channels != filters else None
        self.raw = raw

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(active))))
        return y + (x if self.projection is None else self.projection(x if self.raw else active))


def wrn(n: int, k: int, **options: bool) -> nn.Module:
    """WRN-(6n+4)-k of Zagoruyko and Komodakis 2016, Table 1."""
    channels, units = 16, []
    for stage in range(3):
        for number in range(n):
            stride = 2 if stage and not number else 1
            units.append(Unit(channels, (16 * k) << stage, stride, **options))
            channels = (16 * k) << stage
    tail = [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]
    return initialised(nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), *units, *tail))


def initialised(net: nn.Module) -> nn.Module:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return net


NETWORKS: Mapping[str, Callable[[], nn.Module]] = {
    "imagenet/resnext50-32x4d": partial(resnext, 50),
    "imagenet/resnext101-32x4d": partial(resnext, 101),
    "imagenet/resnext101-64x4d": partial(resnext, 101, groups=64, width=256),
    "imagenet/resnext101-32x8d": partial(resnext, 101, width=256),
    "imagenet/wrn50-2": partial(resnext, 50, groups=1),
    "imagenet/wrn101-2": partial(resnext, 101, groups=1),
    "cifar10/wrn16-8": partial(wrn, 2, 8),
    "cifar10/wrn28-10": partial(wrn, 4, 10),
    "cifar10/wrn40-4": partial(wrn, 6, 4),
}
