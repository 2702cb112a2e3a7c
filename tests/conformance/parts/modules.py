"""Single modules in plain torch: faithful ones, in many clothes, each of whose lines a wrong one can replace.

Written from He et al. 2015, Fig. 2, Fig. 5, Table 1 and sections 3.3 to 4.2, independently of the bundled ones.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn


def conv(kernel: int, channels: int, filters: int, stride: int = 1) -> nn.Conv2d:
    """A convolution as the paper has them: no bias, zero padding that keeps the map."""
    return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)


class ZeroPad(nn.Module):
    """Option A."""

    def __init__(self, in_channels: int = 8, out_channels: int = 16, stride: int = 2) -> None:
        super().__init__()
        self.extra, self.stride = out_channels - in_channels, stride

    def sample(self, x: Tensor) -> Tensor:
        """Every stride-th pixel."""
        return x[:, :, :: self.stride, :: self.stride]

    def fill(self, x: Tensor) -> Tensor:
        """Zeros behind."""
        return F.pad(x, (0, 0, 0, 0, 0, self.extra))

    def forward(self, x: Tensor) -> Tensor:
        return self.fill(self.sample(x))


class Projection(nn.Module):
    """Option B."""

    def __init__(self, in_channels: int = 8, out_channels: int = 16, stride: int = 2) -> None:
        super().__init__()
        self.conv = conv(1, in_channels, out_channels, stride)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class Basic(nn.Module):
    """Fig. 5 left."""

    def __init__(self, in_channels: int = 8, out_channels: int = 16, stride: int = 2) -> None:
        super().__init__()
        self.first, self.second = self.convolutions(in_channels, out_channels, stride)
        self.norm1, self.norm2 = self.norm(out_channels), self.norm(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if (in_channels, stride) != (out_channels, 1):
            self.shortcut = self.projection(in_channels, out_channels, stride)

    def convolutions(self, channels: int, filters: int, stride: int) -> tuple[nn.Module, nn.Module]:
        """The stride on the first."""
        return conv(3, channels, filters, stride), conv(3, filters, filters)

    def norm(self, filters: int) -> nn.Module:
        """BN."""
        return nn.BatchNorm2d(filters)

    def projection(self, channels: int, filters: int, stride: int) -> nn.Module:
        """Where dimensions increase."""
        return Projection(channels, filters, stride)

    def residual(self, x: Tensor) -> Tensor:
        """F."""
        return self.norm2(self.second(torch.relu(self.norm1(self.first(x)))))

    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        """The sum and its ReLU."""
        return torch.relu(f_x + shortcut)

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.residual(x), self.shortcut(x))


class Bottleneck(nn.Module):
    """Fig. 5 right."""

    strides = (2, 1, 1)

    def __init__(self, in_channels: int = 16, out_channels: int = 32, factor: int = 4) -> None:
        super().__init__()
        width = out_channels // factor
        a, b, c = self.strides
        self.reduce, self.norm1 = conv(1, in_channels, width, a), nn.BatchNorm2d(width)
        self.middle, self.norm2 = conv(3, width, width, b), nn.BatchNorm2d(width)
        self.restore, self.norm3 = conv(1, width, out_channels, c), nn.BatchNorm2d(out_channels)
        self.shortcut = Projection(in_channels, out_channels, 2)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.norm1(self.reduce(x)))
        y = torch.relu(self.norm2(self.middle(y)))
        return torch.relu(self.norm3(self.restore(y)) + self.shortcut(x))


class Stem(nn.Module):
    """Table 1, conv1 and its pool."""

    def __init__(self, in_channels: int = 3) -> None:
        super().__init__()
        self.conv, self.norm = self.convolution(in_channels), nn.BatchNorm2d(64)

    def convolution(self, channels: int) -> nn.Module:
        """7x7, 64, stride 2."""
        return conv(7, channels, 64, 2)

    def pool(self, x: Tensor) -> Tensor:
        """3x3, stride 2."""
        return F.max_pool2d(x, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(torch.relu(self.norm(self.conv(x))))


def small_stem() -> nn.Module:
    """Section 4.2, the first layer."""
    return nn.Sequential(conv(3, 3, 16), nn.BatchNorm2d(16), nn.ReLU())


class Head(nn.Module):
    """Global average pooling and one fully connected layer."""

    def __init__(self, width: int = 64, num_classes: int = 10) -> None:
        super().__init__()
        self.fc = nn.Linear(width, num_classes)

    def pool(self, x: Tensor) -> Tensor:
        """The mean of each map."""
        return x.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(x))
