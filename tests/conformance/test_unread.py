"""A network of which an operation could not be read: what would fail by its structure stays open, and never passes."""

from __future__ import annotations

import pytest
from torch import Tensor, nn

from resnet_conformance import check
from resnet_conformance.findings import Report
from resnet_impl import cifar_resnet20


class Positions(nn.Module):
    """Mixes the positions of an 8x8 map: a fully connected layer over them, which is no layer of a ResNet."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(64, 64)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(x.flatten(2)).view_as(x)


def readable(in_channels: int = 3, num_classes: int = 10) -> nn.Module:
    """ResNet-20 with a first convolution of 5x5; it keeps to the channels and classes that its caller asks for."""
    model = cifar_resnet20(num_classes=num_classes)
    model.stem.conv = nn.Conv2d(in_channels, 16, 5, padding=2, bias=False)
    return model


def unread(in_channels: int = 3, num_classes: int = 10) -> nn.Module:
    """The same with a layer that cannot be read."""
    model = readable(in_channels, num_classes)
    model.maps8.append(Positions())
    return model


def held(factory: object) -> Report:
    return check(factory, "cifar10/resnet20", only=["STEM-06"])


def test_the_first_convolution_fails_where_all_was_read() -> None:
    (finding,) = held(readable).findings
    assert (finding.outcome, finding.evidence) == ("fail", "structure")


def without_keywords() -> nn.Module:
    return unread()


@pytest.mark.parametrize("factory", [unread, without_keywords])
def test_a_structure_that_was_not_read_is_neither_passed_nor_excused_by_other_evidence(factory: object) -> None:
    """Whether the factory takes another number of channels says nothing of the kernel that it then builds."""
    (finding,) = held(factory).findings
    assert finding.outcome == "not-examined"
    assert "could not be read" in finding.message
    assert "linear in" in finding.message
