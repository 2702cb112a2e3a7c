"""A recipe is tried on the network that it is for: by its names, its modules and all of its parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD

from resnet_conformance import check
from resnet_impl.lowlevel_presets import lowlevel_cifar_resnet20

from ...mutants.faithful import resnet20
from . import ingredients as made

Build = Callable[[Any], SGD]
SETTINGS: dict[str, Any] = {"lr": 0.1, "momentum": 0.9, "weight_decay": 1e-4}


def judged(optimizer: Build, network: Any = resnet20) -> dict[str, Any]:
    report = check(network, "cifar10/resnet20", recipe=made.cifar(optimizer=optimizer), only=("TC-0[12]", "TI-05*"))
    return {finding.clause: finding for finding in report.findings}


def grouped(chosen: Callable[[str, nn.Parameter], bool], **settings: float) -> Build:
    """An optimizer that treats the parameters that are chosen by name and value otherwise."""

    def build(model: nn.Module) -> SGD:
        named = list(model.named_parameters())
        apart = {"params": [p for n, p in named if chosen(n, p)], **settings}
        return SGD([{"params": [p for n, p in named if not chosen(n, p)]}, apart], **SETTINGS)

    return build


def by_modules(model: nn.Module) -> SGD:
    stem, blocks, fc = model.stem, model.blocks, model.fc
    assert isinstance(stem, nn.Module)
    assert isinstance(blocks, nn.Module)
    assert isinstance(fc, nn.Module)
    return SGD([{"params": list(part.parameters())} for part in (stem, blocks, fc)], **SETTINGS)


def of_norms(model: nn.Module) -> SGD:
    """No decay of batch norms, found by their class."""
    norms = {p for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()}
    rest = [p for p in model.parameters() if p not in norms]
    return SGD([{"params": rest}, {"params": list(norms), "weight_decay": 0.0}], **SETTINGS)


@pytest.mark.parametrize(
    "network", [resnet20, resnet20(), lowlevel_cifar_resnet20], ids=["factory", "instance", "lowlevel"]
)
def test_plain_sgd_on_any_form_of_a_network(network: Any) -> None:
    found = judged(made.sgd, network)
    assert found["TC-01"].outcome == found["TC-02"].outcome == "pass"
    assert found["TI-05a"].outcome == "fail"


@pytest.mark.parametrize(
    "build",
    [grouped(lambda n, p: "bn" in n, weight_decay=0.0), grouped(lambda n, p: p.ndim == 1, weight_decay=0.0), of_norms],
    ids=["by name", "by rank", "by class"],
)
def test_decay_that_spares_batch_norms(build: Build) -> None:
    found = judged(build)
    assert found["TC-01"].outcome == found["TI-05a"].outcome == "pass"


def test_groups_by_the_networks_own_modules() -> None:
    assert judged(by_modules)["TC-01"].outcome == "pass"


def test_a_part_that_is_left_out() -> None:
    def without_stem(model: nn.Module) -> SGD:
        return SGD([p for n, p in model.named_parameters() if not n.startswith("stem")], **SETTINGS)

    finding = judged(without_stem)["TC-01"]
    assert finding.outcome == "fail"
    assert "never moves stem.conv.weight, stem.bn.weight, stem.bn.bias." in finding.message


def test_a_part_with_another_momentum() -> None:
    finding = judged(grouped(lambda n, p: n.startswith("blocks.0.bns"), momentum=0.5))["TC-01"]
    assert finding.outcome == "fail"
    assert "Not all parameters have a momentum of 0.9: 0.5 (blocks.0.bns" in finding.message


def test_one_layer_with_another_decay() -> None:
    finding = judged(grouped(lambda n, p: n == "stem.conv.weight", weight_decay=5e-4))["TC-01"]
    assert finding.outcome == "fail"
    assert "weight decay of convolution weights is 0.0005 (stem.conv.weight), not 0.0001" in finding.message


def test_frozen_parameters_are_not_missed() -> None:
    """What does not learn (BH-05 says so) is no fault of the optimizer."""

    def frozen() -> nn.Module:
        net = resnet20()
        next(net.parameters()).requires_grad_(False)
        return net

    found = judged(lambda model: SGD([p for p in model.parameters() if p.requires_grad], **SETTINGS), frozen)
    assert found["TC-01"].outcome == "pass"


def test_nothing_of_the_users_network_is_changed() -> None:
    net = resnet20()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    judged(made.sgd, net)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
