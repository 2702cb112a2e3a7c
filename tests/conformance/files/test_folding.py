"""BN that an exporter folded is found again, and said to be; what never was BN is not taken for it where that shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import resnet_impl
from resnet_conformance import check
from resnet_conformance.capture import load_target
from resnet_conformance.capture.onnx_file import read_onnx
from resnet_conformance.capture.onnx_folding import Folding, unfold
from resnet_conformance.findings import Finding, Report

from .byhand import Hand, resnet20
from .exports import export, exported, network, trained
from .same import differences, judged

pytestmark = pytest.mark.slow

FREE = ("n", 3, "h", "w")


def finding(report: Report, clause: str) -> Finding:
    return next(f for f in report.findings if f.clause == clause)


def folding_of(path: str | Path) -> Folding:
    return unfold(read_onnx(Path(path)), str(path))[1]


@pytest.mark.parametrize(("way", "recorded"), [("legacy", False), ("dynamo", True)])
def test_each_convolution_of_a_folded_file_gets_its_bn_again(way: str, recorded: bool) -> None:
    found = folding_of(exported("resnet20", way))
    assert (len(found.places), found.recorded) == (19, recorded)


def test_a_file_that_kept_its_bn_has_nothing_folded() -> None:
    assert folding_of(exported("resnet20", "legacy-kept")) == Folding()


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
def test_pre_activation_folds_only_what_follows_a_convolution(way: str) -> None:
    """Of a unit BN-ReLU-conv-BN-ReLU-conv the second BN follows a convolution; so does the first one behind conv1."""
    assert len(folding_of(exported("preresnet20", way)).places) == 9 + 1
    if way == "legacy":
        assert differences(judged("preresnet20", "module"), judged("preresnet20", way)) == {}


@pytest.mark.parametrize("way", ["legacy", "legacy-kept", "dynamo"])
def test_the_file_computes_what_the_module_computes(way: str) -> None:
    file = load_target(exported("resnet20", way)).instance
    assert file is not None
    x = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(file(x), network("resnet20")(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("clause", ["BN-01", "BN-02", "BN-03"])
def test_findings_on_bn_say_that_it_was_folded(clause: str) -> None:
    found = finding(judged("resnet20", "legacy"), clause)
    assert found.outcome == "pass"
    assert "19 BNs folded into their convolutions by the exporter" in found.message
    assert "cannot be told from it" in found.message


@pytest.mark.parametrize("clause", ["BN-04", "BN-07", "CB-01"])
def test_what_folding_loses_is_not_examined(clause: str) -> None:
    found = finding(judged("resnet20", "legacy"), clause)
    assert found.outcome == "not-examined"
    assert "lost" in found.message


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
def test_a_network_as_it_starts_is_judged_as_well(tmp_path: Path, way: str) -> None:
    """All biases are 0 then; torch's newer exporter drops them, and equal ones are kept once."""
    path = export(resnet_impl.cifar_resnet20().eval(), tmp_path / "net.onnx", way)
    report = check(str(path), evidence="structure")
    assert (report.failed(), report.summary["parameters"]) == ((), 269_722)


class Without(nn.Module):
    """Instead of BN: nothing, or a bias."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def unnormed(bias: bool) -> nn.Module:
    """ResNet-20 without BN."""
    module = resnet_impl.cifar_resnet20()
    for part in list(module.modules()):
        for name, child in part.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(part, name, Without())
            elif isinstance(child, nn.Conv2d) and bias:
                made = nn.Conv2d(child.in_channels, child.out_channels, 3, child.stride, child.padding)  # type: ignore[arg-type]
                made.bias.data.normal_(0, 0.1)  # type: ignore[union-attr]
                setattr(part, name, made)
    return trained(module)


def test_convolutions_without_bias_and_bn_have_none(tmp_path: Path) -> None:
    path = export(unnormed(bias=False), tmp_path / "net.onnx", "legacy")
    assert folding_of(path) == Folding()
    assert "BN-01" in {f.clause for f in check(str(path), "cifar10/resnet20", evidence="structure").failed("MUST")}


def test_the_exporters_record_tells_a_bias_from_a_folded_bn(tmp_path: Path) -> None:
    path = export(unnormed(bias=True), tmp_path / "net.onnx", "dynamo")
    assert folding_of(path) == Folding()
    assert len(folding_of(export(unnormed(bias=True), tmp_path / "old.onnx", "legacy")).places) == 19


def test_bn_that_is_written_out_in_arithmetic_is_found(tmp_path: Path) -> None:
    path = export(trained(resnet_impl.lowlevel_cifar_resnet20()), tmp_path / "net.onnx", "legacy")
    report = check(str(path), "cifar10/resnet20", evidence="structure")
    assert report.failed("MUST") == ()
    assert len(folding_of(path).places) == 19


@pytest.mark.parametrize("last", [False, True])
def test_a_bias_that_is_added_behind_is_the_convolutions(tmp_path: Path, last: bool) -> None:
    """TensorFlow's BiasAdd: the BN folded into it is found through the Transposes."""
    hand = Hand(last=last)
    made = hand.conv

    def conv(x: str, *sizes: int, **how: Any) -> str:
        return hand.add(
            "Add", made(x, *sizes, **how), hand.weight(*((sizes[1],) if last else (sizes[1], 1, 1)), scale=0.1)
        )

    hand.conv = conv  # type: ignore[method-assign, assignment]
    path = hand.save(tmp_path / "net.onnx", resnet20(hand, norm=False), ("n", "h", "w", 3) if last else FREE)
    assert len(folding_of(path).places) == 19
    assert check(path, "cifar10/resnet20", evidence="structure").failed("MUST") == ()


def test_a_classifier_that_is_a_convolution_has_a_bias_of_its_own(tmp_path: Path) -> None:
    hand = Hand()
    x = hand.add("Relu", hand.conv("x", 3, 8, 3, bias=True))
    x = hand.conv(hand.add("GlobalAveragePool", x), 8, 10, 1, bias=True)
    path = hand.save(tmp_path / "net.onnx", hand.add("Flatten", x), FREE)
    assert folding_of(path).places == ("conv_0",)


def test_a_scaled_branch_is_no_part_of_bn(tmp_path: Path) -> None:
    """A factor by channel behind BN, without a shift, is a scaled branch (BLK-05), not Caffe's Scale."""
    hand = Hand()
    x = hand.add("Relu", hand.bn(hand.conv("x", 3, 8, 3), 8))
    f = hand.add("Mul", hand.bn(hand.conv(x, 8, 8, 3), 8), hand.weight(8, 1, 1, around=1))
    path = hand.save(tmp_path / "net.onnx", hand.add("Add", f, x), FREE)
    assert "Mul" in [o.kind for o in unfold(read_onnx(Path(path)), path)[0].operations]


def test_vectors_that_only_look_shared_belong_to_each_layer() -> None:
    """Exporters keep equal constants once: gamma 1 of all BN is one initializer."""
    hand = Hand()
    ones = hand.values(np.ones(8, np.float32))
    zeros = hand.values(np.zeros(8, np.float32))
    x = "x"
    for c_in in (3, 8):
        x = hand.add("BatchNormalization", hand.conv(x, c_in, 8, 3), ones, zeros, zeros, ones)
    from resnet_conformance.capture.onnx_network import Network

    folder = Path(exported("resnet20", "legacy")).parent
    made = Network(read_onnx(Path(hand.save(folder / "shared.onnx", x, FREE))))
    assert len({id(p) for p in made.parameters()}) == 2 + 4


class PoolThenProject(nn.Module):
    """The shortcut of a ResNet-D: an average pool, then a 1x1 convolution and BN; and a classifier of 1x1 as well."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.residual = nn.Sequential(nn.Conv2d(4, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8))
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(4, 8, 1, bias=False), nn.BatchNorm2d(8))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 10, 1), nn.Flatten())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        return self.head((self.residual(x) + self.shortcut(x)).relu())


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
def test_a_projection_behind_a_pool_is_no_classifier(tmp_path: Path, way: str) -> None:
    path = tmp_path / "net.onnx"
    export(trained(PoolThenProject()), path, way, (1, 3, 8, 8))
    assert len(folding_of(path).places) == 3  # stem, residual and shortcut; the classifier keeps its bias


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
def test_a_bias_of_zeros_of_a_classifier_that_is_a_convolution(tmp_path: Path, way: str) -> None:
    net = trained(PoolThenProject())
    nn.init.zeros_(net.head[1].bias)
    path = tmp_path / "net.onnx"
    export(net, path, way, (1, 3, 8, 8))
    last = [o for o in unfold(read_onnx(path), str(path))[0].operations if o.kind == "Conv"][-1]
    assert len(last.inputs) == 3
