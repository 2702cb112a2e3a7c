"""Right networks whose layers are computed in two halves of their filters or channels."""

from __future__ import annotations

import math

from .faithful import F, Tensor, nn, resnet18, resnet20, torch
from .handwritten import with_norm
from .right import CIFAR, R18, add


class Halves(nn.Module):
    """A convolution as two, each with half of the filters, over the same input."""

    axis = 0

    def __init__(self, channels: int, filters: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.stride, self.padding = stride, kernel // 2
        shape = [filters, channels, kernel, kernel]
        shape[self.axis] //= 2
        std = math.sqrt(2 / (channels * kernel * kernel))
        self.one, self.other = nn.Parameter(std * torch.randn(shape)), nn.Parameter(std * torch.randn(shape))

    def convolved(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, stride=self.stride, padding=self.padding)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.convolved(x, self.one), self.convolved(x, self.other)], 1)


class Sums(Halves):
    """A convolution as the sum of two, each over half of the channels."""

    axis = 1

    def forward(self, x: Tensor) -> Tensor:
        one, other = x.chunk(2, 1)
        return self.convolved(one, self.one) + self.convolved(other, self.other)


class OfOneWeight(nn.Conv2d):
    """One weight, applied filter by filter."""

    def __init__(self, channels: int, filters: int, kernel: int, stride: int) -> None:
        super().__init__(channels, filters, kernel, stride, kernel // 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        parts = [F.conv2d(x, w, stride=self.stride, padding=self.padding) for w in self.weight.chunk(4)]
        return torch.cat(parts, 1)


class InHalves:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return Halves(channels, filters, kernel, stride)


class InSums:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return Sums(channels, filters, kernel, stride)


class InParts:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return OfOneWeight(channels, filters, kernel, stride)


class TwoNorms(nn.Module):
    """Batch normalization of each half of the channels."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.one, self.other = nn.BatchNorm2d(filters // 2), nn.BatchNorm2d(filters - filters // 2)

    def forward(self, x: Tensor) -> Tensor:
        half = self.one.num_features
        return torch.cat([self.one(x[:, :half]), self.other(x[:, half:])], 1)


class Lines(nn.BatchNorm1d):
    """Batch normalization of (N, C, H W)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(2)).view_as(x)


class Rows(nn.BatchNorm1d):
    """Batch normalization of (N H W, C)."""

    def forward(self, x: Tensor) -> Tensor:
        rows = x.movedim(1, -1)
        return super().forward(rows.reshape(-1, x.shape[1])).view_as(rows).movedim(-1, 1)


class Volumes(nn.BatchNorm3d):
    """Batch normalization of (N, C, 1, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.unsqueeze(2)).squeeze(2)


add(CIFAR, "filters-in-halves", lambda: resnet20(block=InHalves))
add(R18, "channels-in-halves", lambda: resnet18(block=InSums))
add(CIFAR, "filters-in-parts", lambda: resnet20(block=InParts))
for _name, _norm in {"two-halves": TwoNorms, "lines": Lines, "rows": Rows, "volumes": Volumes}.items():
    add(CIFAR, f"norm-of-{_name}", lambda f=_norm: resnet20(**with_norm(f)))
