"""Networks that are no ResNets at all are judged too: every check answers, and none of them breaks down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resnet_conformance import check

from .faithful import Tensor, nn, torch


class Dense(nn.Module):
    """Each layer reads all layers before it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(3 + 8 * k, 8, 3, padding=1) for k in range(4))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x).relu()], 1)
        return x


class TwoInputsOfOne(nn.Module):
    """Two stems side by side, joined once."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 8, 3), nn.Conv2d(3, 8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.left(x) - self.right(x)


STRANGERS: dict[str, Callable[[], nn.Module]] = {
    "one convolution": lambda: nn.Conv2d(3, 8, 3),
    "two convolutions": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3)),
    "convolution and classifier": lambda: nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10)
    ),
    "flattened convolution": lambda: nn.Sequential(nn.Conv2d(3, 1, 1), nn.Flatten(), nn.Linear(32 * 32, 10)),
    "a pool last": lambda: nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3), nn.MaxPool2d(2)),
    "dense": Dense,
    "two stems": TwoInputsOfOne,
}
ARCHITECTURES = ("imagenet/resnet18", "imagenet/resnet50-v1.5", "cifar10/resnet20", "cifar10/plain20")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("name", STRANGERS)
def test_no_check_breaks_down(name: str, architecture: str) -> None:
    report = check(STRANGERS[name], architecture, input=(3, 32, 32))
    assert report.verdict == "violates"
    broken = [f.clause for f in report.findings if "bug of resnet-conformance" in f.message]
    assert not broken
