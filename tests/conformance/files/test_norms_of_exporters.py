"""Norms that exporters write in several operators: group norm, and what standardizes weights."""

from __future__ import annotations

import functools

import pytest
import torch

from resnet_conformance import check
from resnet_conformance.capture import load_target
from resnet_conformance.findings import Report

from .norms_made import OTHERS, made, written
from .same import EQUIVALENCE, compared, deviations

pytestmark = pytest.mark.slow

ONNX_WAYS = ("legacy", "legacy-kept", "dynamo")


@functools.cache
def report_on(other: str, way: str) -> Report:
    return check(made(other) if way == "module" else str(written(other, way)), "cifar10/resnet20", seed=7)


@pytest.mark.parametrize("way", ONNX_WAYS)
@pytest.mark.parametrize("other", OTHERS)
def test_the_file_computes_what_the_module_does(other: str, way: str) -> None:
    file = load_target(str(written(other, way))).instance
    assert file is not None
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(file(x), made(other)(x), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("way", ONNX_WAYS)
@pytest.mark.parametrize("groups", ["groups", "plain-groups", "one-group"])
def test_group_norm_is_one_in_a_file(groups: str, way: str) -> None:
    """Exporters write it as InstanceNormalization between two Reshapes, then Mul and Add."""
    module, report = report_on(groups, "module"), report_on(groups, way)
    assert "groupnorm" in deviations(report)
    # the new exporter writes a gamma of ones and a beta of zeros, which learned ones are before training
    lost = {"CT-03", "CT-07"} if way == "dynamo" and groups != "groups" else set()
    assert set(compared(module, report)) == lost


@pytest.mark.parametrize("way", ONNX_WAYS)
def test_standardized_weights_are_weights_in_a_file(way: str) -> None:
    """What computes them is done once: a file cannot train them, and nothing of it is a norm of the network's."""
    module, report = report_on("standardized", "module"), report_on("standardized", way)
    assert set(compared(module, report)) <= EQUIVALENCE
    assert not {f.clause for f in report.failed()} - {f.clause for f in module.failed()}
