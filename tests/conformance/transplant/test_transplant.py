"""Weights from one implementation into another: the outputs are equal, or the transplant is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import resnet_conformance
from resnet_conformance import NetworksDiffer, transplant

from ...mutants.faithful import Block, plain, resnet20
from .conftest import randomized

pytestmark = pytest.mark.slow

Save = Callable[[nn.Module], Path]
Logits = Callable[[nn.Module, int], torch.Tensor]


def needs(library: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(library) is None, reason=f"{library} is not installed")


def make(address: str, **kwargs: object) -> Callable[[], nn.Module]:
    """A factory of a library, imported only when it is called."""
    module, _, name = address.partition(":")

    def factory() -> nn.Module:
        return getattr(import_module(module), name)(**kwargs)

    return factory


def transformers_resnet50() -> nn.Module:
    return import_module("tests.thirdparty.factories").hf_resnet50()


TORCHVISION = make("torchvision.models:resnet50")
OURS = make("resnet_impl:resnet50", stride_on="3x3")
LOWLEVEL = make("resnet_impl.lowlevel_presets:lowlevel_resnet50", stride_on="3x3")
PREACTIVATION = make("resnet_impl:cifar_preresnet110")


@pytest.mark.parametrize(
    "destination",
    [
        pytest.param(OURS, id="resnet_impl"),
        pytest.param(LOWLEVEL, id="lowlevel"),
        pytest.param(make("timm.models.resnet:resnet50"), id="timm", marks=needs("timm")),
        pytest.param(transformers_resnet50, id="transformers", marks=needs("transformers")),
    ],
)
def test_there_and_back(destination: Callable[[], nn.Module], saved: Save, logits: Logits, tmp_path: Path) -> None:
    weights, there, back = saved(TORCHVISION()), tmp_path / "there.safetensors", tmp_path / "back.safetensors"
    done = transplant(TORCHVISION, weights, destination, there)
    assert done.difference <= done.tolerance < 1e-11
    net, original = destination(), TORCHVISION()
    net.load_state_dict(load_file(there), strict=True)
    original.load_state_dict(torch.load(weights, weights_only=True))
    wanted, found = logits(original, 96), logits(net, 96)  # at a size that the transplant did not see
    assert float((found - wanted).abs().max()) < 1e-11 * float(wanted.abs().max())
    transplant(destination, there, TORCHVISION, back)
    returned, first = load_file(back), torch.load(weights, weights_only=True)
    counted = destination is not LOWLEVEL  # that one keeps no count of batches
    keys = [key for key in first if counted or not key.endswith("num_batches_tracked")]
    assert set(returned) == set(first)
    assert all(torch.equal(returned[key], first[key]) for key in keys)


@pytest.mark.parametrize("option", ["A", "B", None], ids=["A", "B", "plain"])
def test_cifar_networks(option: str | None, saved: Save, logits: Logits, tmp_path: Path) -> None:
    source = partial(resnet20, option=option) if option else partial(plain, resnet20)
    destination = make("resnet_impl:cifar_resnet20", shortcut=option)
    weights, output = saved(source()), tmp_path / "out.safetensors"
    transplant(source, weights, destination, output)
    net, original = destination(), randomized(source())
    net.load_state_dict(load_file(output))
    assert torch.allclose(logits(net, 32), logits(original, 32), rtol=1e-12, atol=1e-12)


def test_preactivation_networks(saved: Save) -> None:
    """He et al. 2016, to itself with other keys: every layer has its own numbers, so none is exchanged."""
    weights = saved(PREACTIVATION())
    again = torch.load(weights, weights_only=True)
    done = transplant(PREACTIVATION, weights, PREACTIVATION)
    assert all(torch.equal(done.state[key], again[key]) for key in again)


def test_a_module_and_a_state_dict_will_do() -> None:
    net, other = randomized(resnet20()), randomized(resnet20(), seed=1)
    before = {key: value.clone() for key, value in other.state_dict().items()}
    done = transplant(net, net.state_dict(), other)
    assert all(torch.equal(done.state[key], value) for key, value in net.state_dict().items())
    assert all(torch.equal(value, before[key]) for key, value in other.state_dict().items())  # itself is left alone


def test_it_belongs_to_the_package() -> None:
    assert resnet_conformance.transplant is transplant


# --- networks that differ ---


class Eps(Block):
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, eps=1.1e-5)


class Leaky(Block):
    def act(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.leaky_relu(x, 1e-4)


class Scaled(Block):
    def join(self, residual: torch.Tensor, shortcut: torch.Tensor) -> torch.Tensor:
        return residual * 1.0001 + shortcut


CASES = {
    "v1.5": (
        make("torchvision.models:resnet50"),
        make("resnet_impl:resnet50"),
        (
            r"stride: 2 in the source, 1 in the destination: convolution 2 of F of block 1 of stage 2 \(layer2\.0\)",
            r"stride: 1 in the source, 2 in the destination: convolution 1 of F of block 1 of stage 2 \(layer2\.0\)",
        ),
    ),
    "pool": (
        make("resnet_impl:resnet18"),
        make("resnet_impl:resnet18", pool="ceil"),
        ("padding: 1 in the source, 0 in the destination: max_pool of the stem",),
    ),
    "option": (
        resnet20,
        partial(resnet20, option="B"),
        ("shortcut option: A in the source, B in the destination",),
    ),
    "widths": (
        resnet20,
        partial(resnet20, widths=(32, 64, 128)),
        ("weight: 16x3x3x3 in the source, 32x3x3x3 in the destination: convolution of the stem",),
    ),
    "depth": (resnet20, partial(resnet20, counts=(3, 3, 5)), (r"\[3, 3, 3\] in the source, \[3, 3, 5\] in the dest",)),
    "eps": (
        resnet20,
        partial(resnet20, block=Eps),
        ("eps: 1e-05 in the source, 1.1e-05 in the destination: BN 1 of F of block 1 of stage 1",),
    ),
    "activation": (resnet20, partial(resnet20, block=Leaky), ("leaky_relu in the destination",)),
    "scale": (resnet20, partial(resnet20, block=Scaled), ("scale in the destination",)),
    "plain": (resnet20, partial(plain, resnet20), ("shortcut option: A in the source, none in the destination",)),
}


@pytest.mark.parametrize("name", CASES)
def test_networks_that_differ_are_refused(name: str, saved: Save, tmp_path: Path) -> None:
    source, destination, reasons = CASES[name]
    output = tmp_path / "out.safetensors"
    with pytest.raises(NetworksDiffer) as refused:
        transplant(source, saved(source()), destination, output)
    for reason in reasons:
        assert refused.match(reason)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.pth"]


class Minus(Block):
    """F - x in the last stage."""

    def join(self, residual: torch.Tensor, shortcut: torch.Tensor) -> torch.Tensor:
        return residual - shortcut if residual.shape[1] == 64 else residual + shortcut


class MinusTheOtherWay(Block):
    """x - F in the last stage: the same operations."""

    def join(self, residual: torch.Tensor, shortcut: torch.Tensor) -> torch.Tensor:
        return shortcut - residual if residual.shape[1] == 64 else residual + shortcut


def test_a_difference_that_no_list_of_operations_shows_is_placed(saved: Save) -> None:
    source = partial(resnet20, block=Minus)
    with pytest.raises(NetworksDiffer, match=r"first part behind the sum of block 1 of stage 3 \(blocks\.6") as refused:
        transplant(source, saved(source()), partial(resnet20, block=MinusTheOtherWay))
    assert refused.match(r"logits differ by .* of their size \(rounding explains \de-1\d\)")


def test_a_bias_without_a_place_is_refused_unless_it_is_zero(saved: Save) -> None:
    class Biased(Block):
        def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
            return nn.Conv2d(channels, filters, kernel, stride, kernel // 2)

    source = partial(resnet20, block=Biased)
    weights = saved(source())
    with pytest.raises(
        NetworksDiffer, match=r"no place for 18 biases of the source, such as blocks\.0\.convs\.0\.bias"
    ):
        transplant(source, weights, resnet20)
    state = torch.load(weights, weights_only=True)
    silent = {k: torch.zeros_like(v) if ".convs." in k and k.endswith("bias") else v for k, v in state.items()}
    done = transplant(source, silent, resnet20)
    assert not any(".convs." in key and key.endswith("bias") for key in done.state)
    again = transplant(resnet20, dict(done.state), source)
    assert any("0" in note and "blocks.0.convs.0.bias" in note for note in again.notes)
    assert not again.state["blocks.0.convs.0.bias"].any()
