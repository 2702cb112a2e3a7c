"""The replay of a captured graph is the live network: values in both modes, running statistics, gradients."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
import torch
from torch import nn

from resnet_conformance.capture import capture_candidate
from resnet_conformance.capture.laboratory import Laboratory
from resnet_conformance.execute import CannotRun, evaluate, run
from resnet_conformance.experiments.bench import draw_tensors
from resnet_conformance.graph import Graph, GraphBuilder
from resnet_conformance.simplify import simplify

from ..mutants.faithful import plain, resnet20, resnet50

pytestmark = pytest.mark.slow

Tensors = dict[int, torch.Tensor]
CLOSE = 1e-12  # of the largest value, in float64


class Released(nn.Module):
    """What faithful nets do not have: padding as a layer, an average pool, a transposed weight, biases."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, bias=True)
        self.bn = nn.BatchNorm2d(8, eps=1e-3, momentum=0.3)
        self.second = nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.third = nn.BatchNorm2d(8, affine=False)
        self.weight = nn.Parameter(torch.randn(8, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn(self.conv(nn.functional.pad(x, (0, 1, 2, 0)))))
        y = nn.functional.max_pool2d(nn.functional.pad(x, (1, 2, 2, 1)), 3, 2)
        y = nn.functional.leaky_relu(self.third(self.second(y)), 0.2) * torch.sigmoid(y)
        y = torch.cat([y[:, :4], nn.functional.silu(y[:, 4:])], 1)
        return nn.functional.avg_pool2d(y, y.shape[2:]).flatten(1) @ self.weight - 0.5


class Normed(nn.Module):
    """An operation that the vocabulary does not name."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x)).square().mean((2, 3))


class ReadTwice(nn.Module):
    """One normalization for two layers: its statistics are updated twice in a pass."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.other, self.bn = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.other(torch.relu(self.bn(self.conv(x))))).mean((2, 3))


class DeadEnd(nn.Module):
    """A branch that is computed and dropped; its statistics move all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.bn, self.aside = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.BatchNorm2d(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        self.aside(x)
        return self.bn(x).mean((2, 3))


NETS: dict[str, tuple[object, int]] = {
    "faithful-20": (resnet20, 32),
    "faithful-20-B": (lambda: resnet20(option="B"), 32),
    "faithful-50": (resnet50, 64),
    "plain-20": (lambda: plain(resnet20), 32),
    "resnet_impl-18": ("resnet_impl:resnet18", 64),
    "resnet_impl-34-C": (lambda: import_module("resnet_impl").resnet34(shortcut="C"), 64),
    "torchvision-18": ("torchvision.models:resnet18", 64),
    "torchvision-50": ("torchvision.models:resnet50", 64),
    "pytorchcv-20": ("pytorchcv.models.resnet_cifar:resnet20_cifar10", 32),
    "pytorchcv-pre-20": ("pytorchcv.models.preresnet_cifar:preresnet20_cifar10", 32),
    "timm-seresnet": ("timm.models.resnet:seresnet50", 64),
    "transformers-50": (lambda: import_module("tests.thirdparty.factories").hf_resnet50(), 64),
    "padding-and-pools": (Released, 32),
    "other-operations": (Normed, 16),
    "one-norm-twice": (ReadTwice, 16),
    "dead-end": (DeadEnd, 16),
}


def bench_of(name: str) -> tuple[Laboratory, Tensors, torch.Tensor]:
    """The live network, values for all its tensors, an input."""
    target, size = NETS[name]
    if isinstance(target, str):
        pytest.importorskip(target.partition(".")[0].partition(":")[0])
    if name.startswith("transformers"):
        pytest.importorskip("transformers")
    candidate = capture_candidate(target, shapes=((2, 3, size, size),))
    assert candidate.laboratory is not None
    generator = torch.Generator().manual_seed(0)
    tensors = draw_tensors(candidate.graph, generator)
    for i, tensor in enumerate(candidate.graph.tensors):  # what is read in no role, too
        if tensor.shape and (i not in tensors or not tensors[i].any()):
            tensors[i] = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
    return candidate.laboratory, tensors, torch.randn(2, 3, size, size, generator=generator, dtype=torch.float64)


def apart(found: torch.Tensor, wanted: torch.Tensor) -> float:
    assert torch.isfinite(wanted).all()
    return float((found.reshape(wanted.shape) - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("form", [lambda graph: graph, simplify], ids=["recorded", "simplified"])
@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", NETS)
def test_replay_is_the_live_network(name: str, mode: str, form: Callable[[Graph], Graph]) -> None:
    laboratory, tensors, x = bench_of(name)
    graph = form(laboratory.capture(tuple(x.shape), mode))
    live = laboratory.run(x, tensors, mode=mode)
    replay = run(graph, x, tensors, keep=())
    assert set(replay.values) == {graph.output}
    assert apart(replay.values[graph.output], live.output) <= CLOSE
    moved = {i for i, t in tensors.items() if laboratory.tensors[i].kind == "buffer" and not t.equal(live.tensors[i])}
    assert set(replay.updated) == moved
    assert bool(moved) == (mode == "train" and name != "other-operations")
    assert all(apart(value, live.tensors[i]) <= CLOSE for i, value in replay.updated.items())


@pytest.mark.parametrize("name", ["faithful-20", "resnet_impl-18"])
def test_eval_graph_runs_in_train_mode(name: str) -> None:
    laboratory, tensors, x = bench_of(name)
    graph = laboratory.capture(tuple(x.shape))
    live, replay = laboratory.run(x, tensors, mode="train"), run(graph, x, tensors, "train")
    assert apart(replay.values[graph.output], live.output) <= CLOSE
    assert len(replay.updated) == sum(tensor.kind == "buffer" and tensor.shape != () for tensor in laboratory.tensors)
    trained = laboratory.capture(tuple(x.shape), "train")
    again = run(trained, x, tensors, "eval")
    assert not again.updated
    assert apart(again.values[trained.output], laboratory.run(x, tensors).output) <= CLOSE


def test_gradients_are_the_live_ones() -> None:
    laboratory, tensors, x = bench_of("faithful-20")
    found: Tensors = {}

    def hear(index: int, gradient: torch.Tensor | None) -> None:
        assert gradient is not None
        found[index] = gradient

    live = laboratory.run(x, tensors, mode="train", loss=lambda y: y.square().sum(), on_gradient=hear)
    leaves = {i: t.clone().requires_grad_() for i, t in tensors.items()}
    x.requires_grad_()
    graph = laboratory.capture(tuple(x.shape))
    run(graph, x, leaves, "train", keep=()).values[graph.output].square().sum().backward()
    assert apart(x.grad, live.input_gradient) <= CLOSE
    assert len(found) == 59
    largest = max(float(g.abs().max()) for g in found.values())
    assert all(float((leaves[i].grad - g).abs().max()) <= CLOSE * largest for i, g in found.items())


def test_nothing_that_is_given_is_written_to() -> None:
    laboratory, tensors, x = bench_of("faithful-20")
    before = {i: t.clone() for i, t in tensors.items()}
    run(laboratory.capture(tuple(x.shape)), x, tensors, "train")
    assert all(torch.equal(t, before[i]) for i, t in tensors.items())


def test_dtype_is_the_inputs() -> None:
    laboratory, tensors, x = bench_of("faithful-20")
    graph = laboratory.capture(tuple(x.shape))
    assert run(graph, x.float(), tensors).values[graph.output].dtype is torch.float32


def test_all_values_or_those_that_are_kept() -> None:
    laboratory, tensors, x = bench_of("faithful-20")
    graph = laboratory.capture(tuple(x.shape))
    everything = run(graph, x, tensors).values
    assert set(everything) == graph.live
    join = next(node.index for node in graph if node.op == "add")
    kept = run(graph, x, tensors, keep={join}).values
    assert set(kept) == {join, graph.output}
    assert torch.equal(kept[join], everything[join])


def test_evaluate_runs_only_what_is_needed() -> None:
    """With F's last value given, a block needs no weight: y = ReLU(0 + x)."""
    laboratory, tensors, x = bench_of("faithful-20")
    graph = laboratory.capture(tuple(x.shape))
    join = next(node for node in graph if node.op == "add")
    values = run(graph, x, tensors).values
    given = {join.inputs[0]: torch.zeros_like(values[join.inputs[0]]), join.inputs[1]: values[join.inputs[1]] - 1}
    relu = graph.users[join.index][0]
    assert torch.equal(evaluate(graph, relu, given, {}), torch.relu(values[join.inputs[1]] - 1))
    assert torch.equal(evaluate(graph, join.index, {join.index: x}, {}), x)
    assert torch.equal(evaluate(graph, graph.output, {join.index: values[join.index]}, tensors), values[graph.output])
    one = evaluate(graph, relu, {i: value[:1] for i, value in given.items()}, {})  # another batch
    assert one.shape[0] == 1


def test_missing_things_are_named() -> None:
    laboratory, tensors, x = bench_of("faithful-20")
    graph = laboratory.capture(tuple(x.shape))
    rest = {i: t for i, t in tensors.items() if i != 0}
    with pytest.raises(CannotRun, match=r"no value is given for tensor 0 \(stem\.conv\.weight\)"):
        run(graph, x, rest)
    with pytest.raises(CannotRun, match=r"has shape \(16, 3, 3, 3\), and \(2,\) is given"):
        run(graph, x, rest | {0: torch.zeros(2)})
    with pytest.raises(CannotRun, match="capture the network at that size"):
        run(graph, x[:, :, :30], tensors)
    with pytest.raises(CannotRun, match="the network's input is needed"):
        evaluate(graph, graph.output, {}, tensors)
    with pytest.raises(ValueError, match="mode is None, 'eval' or 'train'"):
        run(graph, x, tensors, "test")


def small(op: str, attrs: dict[str, object], *operands: str) -> Graph:
    builder = GraphBuilder()
    x = builder.add("input", (), {}, (2, 3, 4, 4))
    roles: dict[str, int | None] = {"x": x} | {
        role: builder.tensor("buffer", (3,), (f"bn.{role}",)) for role in operands
    }
    return builder.build(builder.add(op, roles, attrs, (2, 3, 4, 4)))


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        (small("dropout", {"rate": 0.5}), "drops values at random"),
        (small("aten.bernoulli", {}), "is random|no canonical meaning"),
        (small("aten.no_such_thing", {}), "no canonical meaning"),
        (small("custom.op", {}), "no canonical meaning"),
        (small("aten._to_copy", {"dtype": "torch.float16"}), "turns values into torch.float16"),
        (small("constant", {"zero": False}), "holds values that were not recorded"),
        (small("slice", {"start": (0, 0, 0, 0), "stop": (2, 3, 2, 4), "step": (1, 1, 1, 1)}), "gives the shape"),
        (
            small("batch_norm", {"eps": 1e-5, "momentum": None, "batch_statistics": True}, "mean", "var"),
            "momentum None",
        ),
    ],
)
def test_what_cannot_be_run_says_why(graph: Graph, why: str) -> None:
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64)
    with pytest.raises(CannotRun, match=why):
        run(graph, x, {0: torch.zeros(3), 1: torch.ones(3)})


def test_dropout_is_the_identity_where_eval_is_asked_for() -> None:
    x = torch.randn(2, 3, 4, 4)
    graph = small("dropout", {"rate": 0.5})
    assert torch.equal(run(graph, x, {}, "eval").values[graph.output], x)


@pytest.mark.parametrize("eps", [1e-5, 0.0])
def test_batch_statistics_need_more_than_one_value(eps: float) -> None:
    graph = small("batch_norm", {"eps": eps, "momentum": 0.1, "batch_statistics": False}, "mean", "var")
    one = GraphBuilder()
    x = one.add("input", (), {}, (1, 3, 1, 1))
    y = one.add("batch_norm", {"x": x}, graph[graph.output].attrs, (1, 3, 1, 1), "bn")
    with pytest.raises(CannotRun, match=r"batch_norm \(node 1, bn\) cannot be run"):
        run(one.build(y), torch.zeros(1, 3, 1, 1), {})


def test_an_eps_of_zero_is_run_in_training_though_torch_refuses_it() -> None:
    """The oracle: torch with an eps that float64 does not see beside a variance."""
    x = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    tensors = {i: torch.arange(1.0, 4.0, dtype=torch.float64) for i in range(4)}
    runs = []
    for eps in (0.0, 1e-300):
        attrs: dict[str, object] = {"eps": eps, "momentum": 0.1, "batch_statistics": True}
        graph = small("batch_norm", attrs, "gamma", "beta", "mean", "var")
        runs.append(run(graph, x, tensors, "train"))
        assert set(runs[-1].updated) == {2, 3}
    mine, theirs = runs
    torch.testing.assert_close(mine.values[graph.output], theirs.values[graph.output], rtol=CLOSE, atol=CLOSE)
    for index in mine.updated:
        torch.testing.assert_close(mine.updated[index], theirs.updated[index], rtol=CLOSE, atol=CLOSE)
