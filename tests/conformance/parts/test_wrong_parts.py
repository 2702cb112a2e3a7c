"""A part that is wrong in one line violates by the clause of that line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn

from resnet_conformance import check
from resnet_impl.blocks import BottleneckV1

from .modules import Basic, Bottleneck, Head, Projection, Stem, ZeroPad, conv


class NoLastReLU(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return f_x + shortcut


class ReLUBeforeSum(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return torch.relu(torch.relu(f_x) + shortcut)


class NoNorm(Basic):
    def norm(self, filters: int) -> nn.Module:
        return nn.Identity()


class NoSecondNorm(Basic):
    def residual(self, x: Tensor) -> Tensor:
        return self.second(torch.relu(self.norm1(self.first(x))))


class StridedSecond(Basic):
    def convolutions(self, channels: int, filters: int, stride: int) -> tuple[nn.Module, nn.Module]:
        return conv(3, channels, filters), conv(3, filters, filters, stride)


class BareProjection(Basic):
    def projection(self, channels: int, filters: int, stride: int) -> nn.Module:
        return conv(1, channels, filters, stride)


class WideProjection(Basic):
    def projection(self, channels: int, filters: int, stride: int) -> nn.Module:
        return nn.Sequential(conv(3, channels, filters, stride), nn.BatchNorm2d(filters))


class Detached(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return torch.relu(f_x + shortcut.detach())


class NoShortcut(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return torch.relu(f_x)


class Scaled(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return torch.relu(0.5 * f_x + shortcut)


class Leaky(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return F.leaky_relu(f_x + shortcut)


class Dropping(Basic):
    def residual(self, x: Tensor) -> Tensor:
        return F.dropout(super().residual(x), 0.3, self.training)


class IgnoresStride(Basic):
    def __init__(self, in_channels: int = 8, out_channels: int = 16, stride: int = 2) -> None:
        super().__init__(in_channels, out_channels, 1)


class Averaged(ZeroPad):
    def sample(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.stride)


class Ones(ZeroPad):
    def fill(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, 0, self.extra), value=1.0)


class Tiled(ZeroPad):
    def fill(self, x: Tensor) -> Tensor:
        return torch.cat([x, x], 1)


class Learned(ZeroPad):
    def __init__(self, in_channels: int = 8, out_channels: int = 16, stride: int = 2) -> None:
        super().__init__(in_channels, out_channels, stride)
        self.more = nn.Parameter(torch.zeros(1, self.extra, 1, 1))

    def fill(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.more.expand(x.shape[0], -1, *x.shape[2:])], 1)


class PooledProjection(nn.Module):
    def __init__(self, in_channels: int = 8, out_channels: int = 16) -> None:
        super().__init__()
        self.conv, self.norm = conv(1, in_channels, out_channels), nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(F.avg_pool2d(x, 2)))


class ActivatedProjection(Projection):
    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(super().forward(x))


class Strided3x3(Bottleneck):
    strides = (1, 2, 1)


class NoStemReLU(Stem):
    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.norm(self.conv(x)))


class SmallKernel(Stem):
    def convolution(self, channels: int) -> nn.Module:
        return conv(3, channels, 64, 2)


class NoPool(Stem):
    def pool(self, x: Tensor) -> Tensor:
        return x


class AverageStem(Stem):
    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 3, 2, 1)


class MaxHead(Head):
    def pool(self, x: Tensor) -> Tensor:
        return x.amax((2, 3))


class SoftHead(Head):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).softmax(1)


def deep_head() -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def flat_head() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64 * 8 * 8, 10))


def wide_stem() -> nn.Module:
    return nn.Sequential(conv(3, 3, 64), nn.BatchNorm2d(64), nn.ReLU())


def pooled_stem() -> nn.Module:
    return nn.Sequential(conv(3, 3, 16), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))


WRONG: list[tuple[str, Callable[..., object], dict[str, Any], set[str]]] = [
    ("basic-block", NoLastReLU, {}, {"BLK-03"}),
    ("basic-block", ReLUBeforeSum, {}, {"BLK-04"}),
    ("basic-block", NoNorm, {}, {"BN-01"}),
    ("basic-block", NoSecondNorm, {}, {"BN-01"}),
    ("basic-block", StridedSecond, {}, {"BLK-07"}),
    ("basic-block", BareProjection, {}, {"SC-14"}),
    ("basic-block", WideProjection, {}, {"SC-04"}),
    ("basic-block", Detached, {}, {"BH-05"}),
    ("basic-block", NoShortcut, {}, {"BLK-01"}),
    ("basic-block", NoShortcut, {"in_channels": 16, "stride": 1}, {"BLK-01"}),
    ("basic-block", Scaled, {}, {"BLK-05"}),
    ("basic-block", Leaky, {}, {"ACT-01"}),
    ("basic-block", Dropping, {}, {"ACT-02"}),
    ("basic-block", IgnoresStride, {"stride": 2}, {"STG-07"}),
    ("basic-block", Bottleneck, {}, {"BLK-02"}),
    ("bottleneck", Basic, {}, {"BTN-01"}),
    ("bottleneck", Strided3x3, {}, {"BTN-04", "BTN-05"}),
    ("bottleneck", Bottleneck, {"factor": 2}, {"BTN-02"}),
    ("bottleneck", BottleneckV1, {"in_channels": 16, "width": 8, "stride": 2, "shortcut": "A"}, {"SC-04", "SC-07"}),
    ("bottleneck", BottleneckV1, {"in_channels": 32, "width": 8, "shortcut": "C"}, {"SC-01"}),
    ("shortcut-A", Ones, {"in_channels": 8}, {"SC-03"}),
    ("shortcut-A", Tiled, {"in_channels": 8}, {"SC-03"}),
    ("shortcut-A", Learned, {"in_channels": 8}, {"SC-03"}),
    ("shortcut-A", Projection, {}, {"SC-03"}),
    ("shortcut-B", ZeroPad, {"in_channels": 8}, {"SC-04"}),
    ("shortcut-B", PooledProjection, {}, {"SC-04"}),
    ("shortcut-B", ActivatedProjection, {}, {"SC-15"}),
    ("shortcut-B", Projection, {"in_channels": 16, "stride": 1}, {"SC-01", "SC-04"}),
    ("stem-imagenet", NoStemReLU, {}, {"STEM-03"}),
    ("stem-imagenet", SmallKernel, {}, {"STEM-01"}),
    ("stem-imagenet", NoPool, {}, {"STEM-04"}),
    ("stem-imagenet", AverageStem, {}, {"STEM-04"}),
    ("stem-cifar", Stem, {}, {"STEM-06", "STEM-07"}),
    ("stem-cifar", wide_stem, {}, {"STEM-06"}),
    ("stem-cifar", pooled_stem, {}, {"STEM-07"}),
    ("head", MaxHead, {}, {"HD-01"}),
    ("head", SoftHead, {}, {"HD-02"}),
    ("head", deep_head, {}, {"HD-02", "HD-03"}),
    ("head", flat_head, {"in_channels": 64}, {"HD-01", "HD-05"}),
]


@pytest.mark.parametrize(("part", "make", "kwargs", "clauses"), WRONG)
def test_a_wrong_part_violates_by_its_own_clause(
    part: str, make: Callable[..., object], kwargs: dict[str, Any], clauses: set[str]
) -> None:
    report = check(make, part=part, kwargs=kwargs, seed=3)
    assert report.verdict == "violates"
    assert clauses <= {f.clause for f in report.failed("MUST")}
    for finding in report.findings:
        for text in (finding.message, finding.expected, finding.found, *finding.where, finding.repro or ""):
            assert not any(ours in text for ours in ("judged_part", "surroundings", "block_1"))


def test_a_shortcut_that_averages_breaks_a_should() -> None:
    report = check(Averaged, part="shortcut-A", kwargs={"in_channels": 8}, level="should", seed=3)
    assert report.verdict == "violates"
    assert [(f.clause, f.deviation) for f in report.failed()] == [("SC-16", "optA-avgpool2")]
