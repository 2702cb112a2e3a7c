"""Faithful parts conform, whatever they are written in and wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn
from torchvision.models import resnet as torchvision_resnet

from resnet_conformance import check
from resnet_conformance.parts import find_part
from resnet_conformance.parts.embedding import _form
from resnet_conformance.parts.surroundings import Surroundings
from resnet_impl.blocks import BasicBlockV1, BottleneckV1
from resnet_impl.shortcuts import ShortcutProjection, ShortcutZeroPad
from resnet_impl.stems import StemCIFAR, StemImageNetV1

from .modules import Basic, Bottleneck, Head, Projection, Stem, ZeroPad, conv, small_stem

Case = tuple[str, Callable[..., nn.Module], dict[str, Any]]


class BothSides(ZeroPad):
    def fill(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, self.extra // 2, self.extra // 2))


class Concatenated(ZeroPad):
    def fill(self, x: Tensor) -> Tensor:
        return torch.cat([x, x.new_zeros(x.shape[0], self.extra, *x.shape[2:])], 1)


class Pooled(ZeroPad):
    def sample(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 1, self.stride)


class InPlace(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        f_x += shortcut
        return F.relu_(f_x)


class OptionA(Basic):
    def projection(self, channels: int, filters: int, stride: int) -> nn.Module:
        return ZeroPad(channels, filters, stride)


class Reversed(Basic):
    def join(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        return F.relu(torch.add(shortcut, f_x))


class Caffe(Stem):
    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)


def torchvision_block(kind: type[nn.Module]) -> Callable[..., nn.Module]:
    """A block of torchvision's as its networks make it: the caller brings the projection."""

    def make(inplanes: int, planes: int, stride: int = 1) -> nn.Module:
        out = planes * kind.expansion
        same = stride == 1 and inplanes == out
        projection = None if same else nn.Sequential(conv(1, inplanes, out, stride), nn.BatchNorm2d(out))
        return kind(inplanes, planes, stride, projection)

    return make


def convolutional_head() -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(64, 10, 1), nn.Flatten())


BUNDLED: list[Case] = [
    ("shortcut-A", ShortcutZeroPad, {"in_channels": 16, "out_channels": 32, "stride": 2}),
    ("shortcut-A", ShortcutZeroPad, {"in_channels": 16, "out_channels": 24, "stride": 1}),
    ("shortcut-B", ShortcutProjection, {"in_channels": 16, "out_channels": 32, "stride": 2}),
    ("shortcut-B", ShortcutProjection, {"in_channels": 16, "out_channels": 64, "stride": 1}),
    ("basic-block", BasicBlockV1, {"in_channels": 16, "width": 16}),
    ("basic-block", BasicBlockV1, {"in_channels": 16, "width": 32, "stride": 2}),
    ("basic-block", BasicBlockV1, {"in_channels": 16, "width": 32, "stride": 2, "shortcut": "B"}),
    ("basic-block", BasicBlockV1, {"in_channels": 16, "width": 16, "shortcut": "C"}),
    ("bottleneck", BottleneckV1, {"in_channels": 16, "width": 16}),
    ("bottleneck", BottleneckV1, {"in_channels": 64, "width": 16}),
    ("bottleneck", BottleneckV1, {"in_channels": 64, "width": 32, "stride": 2}),
    ("stem-imagenet", StemImageNetV1, {}),
    ("stem-imagenet", StemImageNetV1, {"pool": "ceil"}),
    ("stem-imagenet", StemImageNetV1, {"in_channels": 1}),
    ("stem-cifar", StemCIFAR, {}),
]
OTHERS: list[Case] = [
    ("shortcut-A", ZeroPad, {}),
    ("shortcut-A", BothSides, {"in_channels": 8}),
    ("shortcut-A", Concatenated, {"in_channels": 8}),
    ("shortcut-A", Pooled, {"in_channels": 8}),
    ("shortcut-A", nn.Identity, {"in_channels": 8}),
    ("shortcut-B", Projection, {}),
    ("shortcut-B", nn.Identity, {"in_channels": 8}),
    ("basic-block", Basic, {}),
    ("basic-block", Basic, {"in_channels": 16, "stride": 1}),
    ("basic-block", InPlace, {}),
    ("basic-block", OptionA, {}),
    ("basic-block", Reversed, {}),
    ("bottleneck", Bottleneck, {}),
    ("basic-block", torchvision_block(torchvision_resnet.BasicBlock), {"inplanes": 16, "planes": 32, "stride": 2}),
    ("bottleneck", torchvision_block(torchvision_resnet.Bottleneck), {"inplanes": 16, "planes": 16}),
    ("stem-imagenet", Stem, {}),
    ("stem-imagenet", Caffe, {}),
    ("stem-cifar", small_stem, {}),
    ("head", Head, {}),
    ("head", Head, {"width": 512, "num_classes": 1000}),
    ("head", Head, {"width": 2048, "num_classes": 1000}),
    ("head", Head, {"num_classes": 7}),
    ("head", convolutional_head, {}),
]


WIDE = pytest.param("shortcut-B", Projection, {"in_channels": 1024, "out_channels": 2048}, marks=pytest.mark.slow)


@pytest.mark.parametrize(("part", "make", "kwargs"), [*BUNDLED, *OTHERS, WIDE])
def test_a_faithful_part_conforms(part: str, make: Callable[..., nn.Module], kwargs: dict[str, Any]) -> None:
    report = check(make, part=part, kwargs=kwargs, seed=3)
    open_ = [(f.clause, f.outcome, f.message) for f in report.findings if f.outcome in ("fail", "not-examined")]
    assert not open_
    assert report.verdict == "conforms"
    assert report.summary["part"] == part


def test_what_stands_around_a_wide_part_is_narrow() -> None:
    """Two 3x3 convolutions of 2048 filters would be 75 million weights, and take a minute."""
    report = check(Head, part="head", kwargs={"width": 2048, "num_classes": 1000}, only=["HD-02"])
    assert (report.verdict, report.summary["figures"]["in_channels"]) == ("conforms", 2048)
    around = Surroundings(Head(2048, 1000), _form(find_part("head"), {"in_channels": 2048, "num_classes": 1000}))
    assert sum(p.numel() for p in around.parameters()) < 2_048_000 + 1_000 + 700_000


def test_an_instance_is_judged_and_left_as_it_was() -> None:
    block = Basic(8, 8, 1)
    before = {name: value.clone() for name, value in block.state_dict().items()}
    assert check(block, part="basic-block", seed=3).verdict == "conforms"
    assert all(torch.equal(before[name], value) for name, value in block.state_dict().items())
    assert block.training


def test_what_a_part_is_follows_from_itself() -> None:
    report = check(lambda: Basic(8, 24, 2), part="basic-block", seed=3)
    assert report.summary["figures"] == {"in_channels": 8, "out_channels": 24, "stride": 2}
