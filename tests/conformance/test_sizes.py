"""Which input sizes HD-05 asks for: the paper's where they are its network's, and none that fill the memory."""

from __future__ import annotations

from typing import Any

import pytest
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import Tensor, nn

from resnet_conformance import check
from resnet_conformance.capture.laboratory import Laboratory
from resnet_impl import cifar_resnet20, resnet18, resnet18_cifar_stem


@pytest.mark.parametrize(
    ("factory", "architecture", "largest"),
    [
        (resnet18, "imagenet/resnet18", 640),  # He et al. 2015, section 3.4: {224, 256, 384, 480, 640}
        (cifar_resnet20, "cifar10/resnet20", 64),
        # whose maps have the input's size: 640 took 24 GB where a file had to be run on real tensors
        (resnet18_cifar_stem, "cifar10/resnet18-imagenet-blocks", 64),
    ],
)
def test_the_largest_size(factory: Any, architecture: str, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    capture = Laboratory.capture

    def watched(self: Laboratory, shape: tuple[int, ...], *others: Any, **options: Any) -> Any:
        seen.append(max(shape[2:]))
        return capture(self, shape, *others, **options)

    monkeypatch.setattr(Laboratory, "capture", watched)
    report = check(factory, architecture, only=("HD-05",), seed=3)
    assert [f.outcome for f in report.findings if f.clause == "HD-05"] == ["pass"]
    assert max(seen) == largest


class FixedWindow(nn.Module):
    """A head whose window is the whole map of 32x32 images, as tutorials have it: of a 5x4 map it takes 4x4."""

    def __init__(self) -> None:
        super().__init__()
        self.net = resnet18_cifar_stem()

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.net.fc(F.avg_pool2d(self.net.features(x), 4).flatten(1))
        return y


def test_a_window_that_covers_the_map_is_compared_where_it_does() -> None:
    """What it leaves out of larger maps is for HD-05 and HD-07; the values are the paper's at the paper's size."""
    report = check(FixedWindow, "cifar10/resnet18-imagenet-blocks", seed=3)
    outcomes = {f.clause: f.outcome for f in report.findings}
    assert outcomes["HD-07"] == "fail"
    assert {outcomes[c] for c in ("EQ-01", "EQ-02", "EQ-03", "EQ-04")} == {"pass"}


class Cropped(nn.Module):
    """A head whose window is as wide as the map is high or wide, whichever is less: of 9x7 it leaves two rows out."""

    def __init__(self) -> None:
        super().__init__()
        self.net = cifar_resnet20()

    def forward(self, x: Tensor) -> Tensor:
        for name, part in self.net.named_children():
            x = x if name == "fc" else part(x)
        y: Tensor = self.net.fc(F.avg_pool2d(x, min(x.shape[2:]))[:, :, 0, 0])
        return y


def test_a_window_that_follows_the_map_in_part_is_named_by_the_clause_on_sizes() -> None:
    """The values are the paper's where it covers the map."""
    report = check(Cropped, "cifar10/resnet20", seed=3)
    assert [f.clause for f in report.failed("MUST")] == ["HD-05"]
    (found,) = report.failed("MUST")
    assert "the head averages over a part of the map" in found.message
    assert {f.outcome for f in report.findings if f.clause.startswith("EQ")} == {"pass"}
