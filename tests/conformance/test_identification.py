"""Which architecture a network is near: shapes before figures, and no name for a network of other blocks."""

from __future__ import annotations

import torch
from torch import nn

from resnet_conformance import check
from tests.conformance.resnets import layer, network


def test_a_figure_that_agrees_by_chance_makes_no_network_nearer() -> None:
    """A ResNet-10 whose stem keeps the size costs nearly what ResNet-34 does (monai); it is nearer to ResNet-18."""
    with torch.device("meta"):
        net = network([layer(3, 64, 7, 1), nn.MaxPool2d(3, 2, 1)], bottleneck=False, counts=(1, 1, 1, 1))
    report = check(net, evidence=("structure",))
    assert report.identified.architecture == report.architecture == "imagenet/resnet18"
