"""A gate in F is one difference, BLK-05's: how its own layers are written is nobody's fault (Hu et al. 2018, SE)."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from resnet_conformance import check
from resnet_conformance.findings import Report
from resnet_impl import cifar_preresnet110, cifar_resnet20, resnet50


class Gate(nn.Module):
    """Squeeze and excitation behind a block's last BN, of 1x1 convolutions or of fully connected layers."""

    def __init__(self, norm: nn.Module, convolutions: bool) -> None:
        super().__init__()
        width = norm.num_features
        self.norm, self.convolutions = norm, convolutions
        self.squeeze = nn.Conv2d(width, 4, 1) if convolutions else nn.Linear(width, 4)
        self.excite = nn.Conv2d(4, width, 1) if convolutions else nn.Linear(4, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(x)
        z = y.mean((2, 3), keepdim=self.convolutions)
        z = torch.sigmoid(self.excite(self.squeeze(z).relu()))
        return y * (z if self.convolutions else z[:, :, None, None])


class Parallel(nn.Module):
    """A convolution without BN beside the block's last BN: a second way, and no gate."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm, self.beside = norm, nn.Conv2d(norm.num_features, norm.num_features, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x) + self.beside(x)


class Weighed(nn.Module):
    """Two convolutions without BN of one map, multiplied: each is a layer, and neither a gate."""

    def __init__(self, convolution: nn.Module) -> None:
        super().__init__()
        self.one, self.other = convolution, nn.Conv2d(convolution.in_channels, convolution.out_channels, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) * self.other(x)


class Early(nn.Module):
    """A convolution without BN, weighed by a gate that is computed from its input."""

    def __init__(self, convolution: nn.Module) -> None:
        super().__init__()
        self.convolution, self.gate = convolution, nn.Linear(convolution.in_channels, convolution.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x) * torch.sigmoid(self.gate(x.mean((2, 3))))[:, :, None, None]


@pytest.mark.parametrize("replacement", [Weighed, Early])
def test_a_layer_of_f_without_bn_hides_behind_no_gate(replacement: type[nn.Module]) -> None:
    def network() -> nn.Module:
        model = cifar_resnet20()
        for block in [m for m in model.modules() if hasattr(m, "bn2")]:
            block.conv2, block.bn2 = replacement(block.conv2), nn.Identity()
        return model

    report = check(network, "cifar10/resnet20", evidence=("structure",))
    assert {"BN-01", "BN-02", "BLK-05"} <= {f.clause for f in report.failed("MUST")}


def test_a_bn_in_a_gate_is_not_counted_among_the_units() -> None:
    class Squeeze(nn.Module):
        def __init__(self, convolution: nn.Module) -> None:
            super().__init__()
            width = convolution.out_channels
            self.convolution = convolution
            self.gate = nn.Sequential(nn.Conv2d(width, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, width, 1))

        def forward(self, x: Tensor) -> Tensor:
            y = self.convolution(x)
            return y * torch.sigmoid(self.gate(y.mean((2, 3), keepdim=True)))

    def network() -> nn.Module:
        model = cifar_preresnet110()
        for block in [m for m in model.modules() if hasattr(m, "conv2")]:
            block.conv2 = Squeeze(block.conv2)
        return model

    report = check(network, "cifar10/preresnet110", evidence=("structure",), only=["V2-01", "BLK-05"])
    assert [f.clause for f in report.failed("MUST")] == ["BLK-05"]


def test_the_released_bias_of_conv1_is_admitted_beside_gates_with_biases() -> None:
    """CB-02 speaks of the network's own convolutions."""
    with torch.device("meta"):
        model = resnet50()
        model.stem.conv = nn.Conv2d(3, 64, 7, 2, 3)
        for block in [m for m in model.modules() if hasattr(m, "bn3")]:
            block.bn3 = Gate(block.bn3, convolutions=True)
    report = check(model, "imagenet/resnet50", evidence=("structure",), only=["CB-*", "BLK-05"])
    assert {f.clause: f.outcome for f in report.findings} == {"BLK-05": "fail", "CB-01": "pass", "CB-02": "pass"}


def broken(kind: str) -> dict[str, str | None]:
    """The failed clauses and their deviations, of a ResNet-20 whose second BNs are replaced."""

    def network() -> nn.Module:
        model = cifar_resnet20()
        for _, block in [(n, m) for n, m in model.named_modules() if hasattr(m, "bn2")]:
            block.bn2 = Parallel(block.bn2) if kind == "parallel" else Gate(block.bn2, kind == "convolutions")
        return model

    report: Report = check(network, "cifar10/resnet20", level="should")
    return {f.clause: f.deviation for f in report.findings if f.outcome == "fail" and f.evidence == "structure"}


@pytest.fixture(scope="module")
def linear() -> dict[str, str | None]:
    return broken("linear")


def test_a_gate_is_named(linear: dict[str, str | None]) -> None:
    assert linear["BLK-05"] == "attention-in-block"


def test_a_gate_of_convolutions_is_blamed_as_one_of_fully_connected_layers(linear: dict[str, str | None]) -> None:
    assert broken("convolutions") == linear
    assert not {"BN-01", "BN-02", "CB-01"} & set(linear)


def test_a_convolution_without_bn_that_is_no_gate_stays_blamed() -> None:
    found = broken("parallel")
    assert {"BN-01", "BN-02", "CB-01"} <= set(found)
    assert "BLK-05" not in found or found["BLK-05"] != "attention-in-block"
