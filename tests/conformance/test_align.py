"""Weights of the blueprint in a candidate: paired by anatomy, moved both ways, and both compute the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

import pytest
import torch
from torch import nn

from resnet_conformance.adoption import adopt
from resnet_conformance.align import Alignment, pair
from resnet_conformance.anatomy import Anatomy, dissect
from resnet_conformance.blueprint import Choices, draw
from resnet_conformance.capture import capture_candidate
from resnet_conformance.capture.laboratory import Laboratory
from resnet_conformance.execute import run
from resnet_conformance.experiments.bench import draw_tensors
from resnet_conformance.simplify import simplify
from resnet_conformance.spec import load_spec
from resnet_conformance.transplanting import from_candidate, into_candidate

from ..mutants import right_wholes
from ..mutants.faithful import Block, plain, resnet18, resnet20, resnet50
from ..mutants.right import RIGHT

pytestmark = pytest.mark.slow

SPEC = load_spec()
CIFAR, R18, R50 = "cifar10/resnet20", "imagenet/resnet18", "imagenet/resnet50"
assert right_wholes  # it registers networks in RIGHT


@dataclass(frozen=True, slots=True)
class Pair:
    """A candidate at a small size, and the blueprint with its choices."""

    laboratory: Laboratory
    found: Anatomy
    paper: Anatomy
    alignment: Alignment


def side_by_side(target: object, architecture: str, option: str | None = None) -> Pair:
    wanted = SPEC.architectures[architecture]
    size = min(wanted.size, 64)
    candidate = capture_candidate(target, shapes=((2, 3, size, size),))
    assert candidate.laboratory is not None
    found = dissect(simplify(candidate.graph))
    drawn = wanted.with_option(option or (found.option if found.option in wanted.options else wanted.option))
    paper = dissect(draw(drawn, Choices(), (size, size)))
    return Pair(candidate.laboratory, found, paper, pair(found, paper))


def agree(pair_: Pair) -> None:
    """The blueprint's random weights in the candidate: values, statistics and gradients of both are the same."""
    assert pair_.alignment.reasons == ()
    assert pair_.alignment.complete
    shape = (2, *pair_.found.graph[0].shape[1:])
    trained = pair_.laboratory.capture(shape, "train")
    graph, alignment = adopt(pair_.paper.graph, pair_.found, pair_.paper, pair_.alignment, trained)
    assert not alignment.extra
    assert not alignment.missing
    weights = draw_tensors(graph, torch.Generator().manual_seed(1))
    read_ = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op in ("parameter", "buffer")}
    assert set(alignment.pairs) >= read_
    moved = into_candidate(alignment, weights)
    back = from_candidate(alignment, moved)
    assert all(torch.equal(back[i], weights[i]) for i in read_)
    x = torch.randn(shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    heard: dict[int, torch.Tensor] = {}

    def hear(index: int, gradient: torch.Tensor | None) -> None:
        if gradient is not None:
            heard[index] = gradient

    assert apart(run(graph, x, weights, "eval").values[graph.output], pair_.laboratory.run(x, moved).output) < 1e-12
    live = pair_.laboratory.run(x, moved, mode="train", loss=lambda y: y.square().sum(), on_gradient=hear)
    leaves = {i: t.clone().requires_grad_() for i, t in weights.items()}
    execution = run(graph, x, leaves, "train", keep=())
    assert apart(execution.values[graph.output].detach(), live.output) < 1e-11
    updated = from_candidate(alignment, live.tensors)
    assert execution.updated
    assert all(apart(value, updated[i]) < 1e-11 for i, value in execution.updated.items())
    execution.values[graph.output].square().sum().backward()
    slopes = from_candidate(alignment, heard)
    gradients = {i: t.grad for i, t in leaves.items() if t.grad is not None}
    largest = max(float(g.abs().max()) for g in gradients.values())
    assert set(gradients) == {i for i in read_ if graph.tensors[i].kind == "parameter"}
    assert all(float((slopes[i] - g).abs().max()) < 1e-9 * largest for i, g in gradients.items())


def apart(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((found.reshape(wanted.shape) - wanted).abs().max() / wanted.abs().max())


# the small ones, and of the others those that keep or use weights in a way of their own
CLOTHES = [name for name, (architecture, _) in RIGHT.items() if architecture.startswith("cifar10/")] + [
    "faithful-18-A",
    "faithful-34-C",
    "classifier-as-convolution",
    "released-pool-and-bias",
    "sequential-only",
]


@pytest.mark.parametrize("name", CLOTHES)
def test_right_networks_hold_the_blueprints_weights(name: str) -> None:
    architecture, build = RIGHT[name]
    agree(side_by_side(build, architecture))


def library(name: str, module: str, **kwargs: object) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        return getattr(pytest.importorskip(module), name)(**kwargs)

    return make


@pytest.mark.parametrize(
    ("build", "architecture"),
    [
        (library("resnet50", "torchvision.models"), "imagenet/resnet50-v1.5"),
        (library("resnet18", "timm.models.resnet"), R18),
        (library("resnet20_cifar10", "pytorchcv.models.resnet_cifar"), "cifar10/resnet20-B"),
        (library("resnet18_cifar_stem", "resnet_impl"), "cifar10/resnet18-imagenet-blocks"),
        (library("plain18", "resnet_impl"), "imagenet/plain18"),
        (library("resnet34", "resnet_impl", shortcut="C"), "imagenet/resnet34"),
        (library("resnet50", "resnet_impl", pool="ceil"), R50),
        (library("cifar_preresnet110", "resnet_impl"), "cifar10/preresnet110"),
        (library("lowlevel_cifar_resnet20", "resnet_impl.lowlevel_presets"), CIFAR),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_libraries_hold_the_blueprints_weights(build: Callable[[], nn.Module], architecture: str) -> None:
    agree(side_by_side(build(), architecture))


def test_transformers_holds_the_blueprints_weights() -> None:
    pytest.importorskip("transformers")
    agree(side_by_side(import_module("tests.thirdparty.factories").hf_resnet18, R18))


class Chosen(Block):
    """Admitted choices: biases, another eps and momentum."""

    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=True)

    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)


def test_admitted_choices_are_adopted() -> None:
    both = side_by_side(lambda: resnet20(block=Chosen), CIFAR)
    assert len(both.alignment.extra) == 18
    agree(both)
    graph, _ = adopt(both.paper.graph, both.found, both.paper, both.alignment)
    norms = [node for node in graph if node.op == "batch_norm"]
    assert [(n.attrs["eps"], n.attrs["momentum"]) for n in norms] == [(1e-5, 0.1)] + [(1e-3, 0.01)] * 18
    assert [t.shape for t in graph.tensors[len(both.paper.graph.tensors) :]] == [(16,)] * 6 + [(32,)] * 6 + [(64,)] * 6


def test_another_padding_of_the_first_convolution_is_adopted() -> None:
    """As networks from TensorFlow pad: one less before than behind (STEM-02 is a SHOULD)."""

    class Uneven:
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = nn.functional.conv2d(nn.functional.pad(x, (2, 3, 2, 3)), self.conv.weight, None, 2)
            return nn.functional.max_pool2d(torch.relu(self.bn(y)), 3, 2, 1)

    both = side_by_side(lambda: resnet18(stem=Uneven), R18)
    graph, _ = adopt(both.paper.graph, both.found, both.paper, both.alignment)
    assert next(node for node in graph if node.op == "conv").attrs["padding"] == (2, 3, 2, 3)
    agree(both)


def test_a_missing_bias_of_the_classifier_is_left_out() -> None:
    net = resnet20()
    net.fc = nn.Linear(64, 10, bias=False)
    both = side_by_side(net, CIFAR)
    assert [place.shape for place in both.alignment.missing.values()] == [(10,)]
    agree(both)


def test_a_deviation_is_not_adopted() -> None:
    """v1.5 keeps the blueprint's strides: that is no open choice, and the two part."""
    pytest.importorskip("torchvision")
    both = side_by_side("torchvision.models:resnet50", R50)
    assert both.alignment.complete
    graph, _ = adopt(both.paper.graph, both.found, both.paper, both.alignment)
    assert [n.attrs for n in graph if n.op == "conv"] == [n.attrs for n in both.paper.graph if n.op == "conv"]


def test_a_cut_gradient_is_not_adopted() -> None:
    """Option A with a detached shortcut: the blueprint takes its sampling, and its gradient still passes."""

    class Cut(Block):
        def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
            made = super().make_shortcut(channels, filters, stride)
            made.register_forward_pre_hook(lambda module, given: (given[0].detach(),))
            return made

    candidate = capture_candidate(lambda: resnet20(block=Cut), shapes=((2, 3, 32, 32),))
    found = dissect(simplify(candidate.train_graphs[0]))
    assert any(node.op == "detach" for node in found.graph)
    paper = dissect(draw(SPEC.architectures[CIFAR], Choices(), (32, 32)))
    graph, _ = adopt(paper.graph, found, paper, pair(found, paper))
    assert not any(node.op == "detach" for node in graph)


class Shared(Block):
    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        if self.convs[0].weight.shape == self.convs[1].weight.shape:
            self.convs[1] = self.convs[0]


class Squeezed(Block):
    """A gate beside F: layers that the paper has not."""

    def __init__(self, channels: int, width: int, stride: int, option: str) -> None:
        super().__init__(channels, width, stride, option)
        self.gate = nn.Conv2d(width, width, 1)

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        y = super().residual(x)
        return y * torch.sigmoid(self.gate(y.mean((2, 3), keepdim=True)))


class Standardized(Block):
    """Weights that are computed from others."""

    def residual(self, x: torch.Tensor) -> torch.Tensor:
        weight = self.convs[0].weight * 2 + 1
        y = nn.functional.conv2d(x, weight, None, self.stride, 1)
        return self.bns[1](self.convs[1](self.act(self.bns[0](y))))


def without_affine(block: type[Block]) -> type[Block]:
    class Bare(block):  # type: ignore[misc, valid-type]
        def norm(self, filters: int) -> nn.Module:
            return nn.BatchNorm2d(filters, affine=False)

    return Bare


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: resnet20(block=Shared), r"blocks\.0\.convs\.0\.weight is read by several layers"),
        (lambda: resnet20(block=Squeezed), r"F of block 1 of stage 1 .* where convolution, batch norm"),
        (lambda: resnet20(block=Standardized), "weight of the convolution blocks.0 is computed on the way"),
        (lambda: resnet20(block=without_affine(Block)), "the gamma of the batch normalization .* is missing"),
        (lambda: resnet20(widths=(32, 64, 128)), "has shape 32x3x3x3 and not 16x3x3x3"),
        (lambda: resnet20(counts=(3, 3, 4)), r"the blocks of the stages are \[3, 3, 4\] and not \[3, 3, 3\]"),
        (lambda: plain(resnet20, counts=(4, 3, 3)), r"\[4, 3, 3\] and not \[3, 3, 3\]"),
    ],
)
def test_what_has_no_partner_is_said(build: Callable[[], nn.Module], why: str) -> None:
    alignment = side_by_side(build, CIFAR, "A").alignment
    assert not alignment.complete

    assert any(re.search(why, reason) for reason in alignment.reasons), alignment.reasons[:5]


@pytest.mark.parametrize("builder", [resnet18, resnet50])
def test_names_play_no_part(builder: Callable[..., nn.Module]) -> None:
    architecture = R18 if builder is resnet18 else R50
    both = side_by_side(builder, architecture)
    tensors = tuple(replace(t, names=(f"t{i}",)) for i, t in enumerate(reversed(both.found.graph.tensors)))
    nodes = tuple(replace(node, where="") for node in both.found.graph)
    blind = dissect(replace(both.found.graph, nodes=nodes, tensors=tuple(reversed(tensors))))
    assert pair(blind, both.paper).pairs == both.alignment.pairs
