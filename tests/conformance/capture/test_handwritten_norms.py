"""Batch normalization written by hand is the node that it means; whatever it was written in.

The formula: Ioffe and Szegedy 2015, Algorithm 1 and 2.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_conformance.capture import capture
from resnet_conformance.capture.running import registered
from resnet_conformance.execute import run

from .norm_forms import EPS, FORMULAS, STATISTICS, Norm, c, count, norm_of


@pytest.mark.parametrize("name", FORMULAS)
def test_stored_statistics(graph_of, name):
    node, operands = norm_of(graph_of(Norm(FORMULAS[name])))
    assert operands == {"x": "input", "gamma": "gamma", "beta": "beta", "mean": "mean", "var": "var"}
    assert node.attrs == {"eps": EPS, "momentum": None, "batch_statistics": False}
    assert node.shape == (2, 4, 8, 8)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", STATISTICS)
def test_the_batch_s_own_statistics(graph_of, name, mode):
    formula = lambda s, x, m, v: FORMULAS["sqrt"](s, x, *STATISTICS[name](s, x))  # noqa: E731
    node, operands = norm_of(graph_of(Norm(formula), mode=mode))
    assert operands == {"x": "input", "gamma": "gamma", "beta": "beta"}
    assert node.attrs["batch_statistics"] is True
    assert node.attrs["eps"] == EPS


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_in_training(graph_of, name):
    node, operands = norm_of(graph_of(Norm(FORMULAS[name], STATISTICS["mean-and-var"]), mode="train"))
    assert operands == {"x": "input", "gamma": "gamma", "beta": "beta"}
    assert node.attrs == {"eps": EPS, "momentum": None, "batch_statistics": True}


def tracking(update):
    def statistics(s, x):
        mean, var = STATISTICS["mean-and-var"](s, x)
        update(s, mean, var, count(x))
        return mean, var

    return statistics


def scaled_and_added(s, m, v, n):
    with torch.no_grad():
        s.mean.mul_(0.9).add_(0.1 * m)
        s.var.mul_(0.9).add_(0.1 * v * n / (n - 1))


def copied(s, m, v, n):
    s.mean.copy_(0.9 * s.mean + 0.1 * m.detach())
    s.var.copy_((1 - 0.1) * s.var + 0.1 * v.detach() * (n / (n - 1)))


def interpolated(s, m, v, n):
    s.mean.data.lerp_(m.data, 0.1)
    s.var.data.lerp_(v.data * n / (n - 1), 0.1)


def differences(s, m, v, n):
    with torch.no_grad():
        s.mean += 0.1 * (m - s.mean)
        s.var.sub_(0.1 * (s.var - v * n / (n - 1)))


def assigned(s, m, v, n):
    s.mean = 0.9 * s.mean + 0.1 * m.detach()
    s.var = 0.9 * s.var + 0.1 * (v * n / (n - 1)).detach()


@pytest.mark.parametrize("update", [scaled_and_added, copied, interpolated, differences, assigned])
def test_running_statistics_and_their_momentum(graph_of, update):
    graph = graph_of(Norm(FORMULAS["rsqrt"], tracking(update)), mode="train")
    node, operands = norm_of(graph)
    assert operands == {"x": "input", "gamma": "gamma", "beta": "beta", "mean": "mean", "var": "var"}
    assert node.attrs["momentum"] == pytest.approx(0.1)
    assert set(node.attrs) == {"eps", "momentum", "batch_statistics"}
    assert {n.op for n in graph} == {"input", "parameter", "buffer", "batch_norm"}  # nothing is left of the update
    assert graph.written == frozenset()
    assert all(i < n.index for n in graph for i in n.inputs)


def test_a_running_variance_without_correction_shows(graph_of):
    def update(s, m, v, n):
        with torch.no_grad():
            s.mean.lerp_(m, 0.25)
            s.var.lerp_(v, 0.25)

    node, _ = norm_of(graph_of(Norm(FORMULAS["sqrt"], tracking(update)), mode="train"))
    assert node.attrs["momentum"] == pytest.approx(0.25)
    assert node.attrs["running_var"] == "biased"


def test_two_momenta_are_none(graph_of):
    def update(s, m, v, n):
        with torch.no_grad():
            s.mean.lerp_(m, 0.25)
            s.var.lerp_(v * n / (n - 1), 0.5)

    node, operands = norm_of(graph_of(Norm(FORMULAS["sqrt"], tracking(update)), mode="train"))
    assert node.attrs["momentum"] is None
    assert (operands["mean"], operands["var"]) == ("mean", "var")


def test_without_eps_it_is_0(graph_of):
    for formula in (
        lambda s, x, m, v: (x - c(m)) / c(v).sqrt() * c(s.gamma) + c(s.beta),
        lambda s, x, m, v: x * c(s.gamma * v.rsqrt()) + c(s.beta - m * (s.gamma * v.rsqrt())),
        lambda s, x, m, v: (x - c(x.mean((0, 2, 3)))) / c(x.std((0, 2, 3), unbiased=False)) * c(s.gamma) + c(s.beta),
    ):
        node, operands = norm_of(graph_of(Norm(formula)))
        assert node.attrs["eps"] == 0.0
        assert operands["gamma"] == "gamma"


def test_affine_parts_that_are_not_there(graph_of):
    bare = lambda s, x, m, v: (x - c(m)) / c(v + EPS).sqrt()  # noqa: E731
    for formula, wanted in (
        (bare, set()),
        (lambda s, x, m, v: bare(s, x, m, v) * c(s.gamma), {"gamma"}),
        (lambda s, x, m, v: bare(s, x, m, v) + c(s.beta), {"beta"}),
    ):
        _, operands = norm_of(graph_of(Norm(formula)))
        assert set(operands) == {"x", "mean", "var"} | wanted


def test_parameters_of_four_axes_keep_their_shape_for_the_clauses(graph_of):
    graph = graph_of(
        Norm(lambda s, x, m, v: s.gamma * ((x - m) / torch.sqrt(v + EPS)) + s.beta, shape=(1, 4, 1, 1)), mode="eval"
    )
    node = graph[graph.output]
    assert node.op == "batch_norm"
    for role in ("gamma", "beta", "mean", "var"):
        operand = graph[node.operand(role)]
        assert (operand.op, operand.shape) == ("reshape", (4,))


def test_a_computed_gamma_is_named_as_computed(graph_of):
    graph = graph_of(Norm(lambda s, x, m, v: (x - c(m)) * c((v + EPS).rsqrt()) * c(1 + s.gamma) + c(s.beta)))
    node = graph[graph.output]
    assert node.op == "batch_norm"
    assert graph[node.operand("gamma")].op == "add_scalar"


def test_a_scale_behind_a_layer_without_affine_is_its_gamma(graph_of):  # Caffe's BatchNorm and Scale
    def caffe(s, x, m, v):
        return torch.batch_norm(x, None, None, s.mean, s.var, s.training, 0.1, EPS, False) * c(s.gamma) + c(s.beta)

    for mode in ("eval", "train"):
        node, operands = norm_of(graph_of(Norm(caffe), mode=mode))
        assert operands == {"x": "input", "gamma": "gamma", "beta": "beta", "mean": "mean", "var": "var"}
        momentum = 0.1 if mode == "train" else None
        assert node.attrs == {"eps": EPS, "momentum": momentum, "batch_statistics": mode == "train"}


def test_it_reads_the_layer_in_front_and_feeds_the_one_behind(graph_of, ops):
    def net(s, x, m, v):
        x = FORMULAS["sqrt"](s, nn.functional.conv2d(x, s.weight, s.bias), m, v).relu()
        return FORMULAS["folded"](s, x + c(s.beta), m, v)

    module = Norm(net)
    module.weight, module.bias = nn.Parameter(torch.ones(4, 4, 1, 1)), nn.Parameter(torch.ones(4))
    graph = graph_of(module)
    assert [op for op in ops(graph) if op != "reshape"] == ["conv", "batch_norm", "relu", "add", "batch_norm"]


def test_channels_that_are_turned_are_computed(graph_of):
    graph = graph_of(Norm(lambda s, x, m, v: FORMULAS["sqrt"](s, x, m.flip(0), v)))
    assert graph[graph[graph.output].operand("mean")].op == "aten.flip"


def test_running_statistics_that_normalise_in_training_show(graph_of):
    graph = graph_of(Norm(FORMULAS["sqrt"]), mode="train")
    assert norm_of(graph)[0].attrs["batch_statistics"] is False


def test_a_network_without_such_formulas_is_left_alone(graph_of, form):
    layers = lambda: nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4), nn.ReLU())  # noqa: E731
    for mode in ("eval", "train"):
        graph = graph_of(layers(), mode=mode)
        node = next(n for n in graph if n.op == "batch_norm")
        assert node.attrs == {"eps": 1e-5, "momentum": 0.1, "batch_statistics": mode == "train"}
        assert graph[graph.output].op == "relu"


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", FORMULAS)
def test_the_node_computes_what_the_formula_does(name, mode):
    net = Norm(FORMULAS[name], tracking(scaled_and_added)).double()
    tensors = dict(enumerate(t for t, _ in registered(net)))
    with torch.no_grad():
        for t in tensors.values():
            t.uniform_(0.5, 2.0)
    graph = capture(net, (2, 4, 8, 8), mode)
    x = torch.randn(2, 4, 8, 8, dtype=torch.float64)
    before = {i: t.detach().clone() for i, t in tensors.items()}
    executed = run(graph, x, before)
    torch.testing.assert_close(executed.values[graph.output], net.train(mode == "train")(x))
    for i, t in executed.updated.items():
        torch.testing.assert_close(t, tensors[i])
    assert len(executed.updated) == (2 if mode == "train" else 0)
