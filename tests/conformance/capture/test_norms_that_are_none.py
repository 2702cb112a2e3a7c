"""What only looks like batch normalization stays what it is, or has a name of its own."""

from __future__ import annotations

import pytest
import torch

from .norm_forms import EPS, FORMULAS, STATISTICS, Norm, c, count


def through(change):
    """The plain formula with other statistics."""
    return lambda s, x, m, v: FORMULAS["sqrt"](s, x, *change(s, x))


def mean(x, *axes):
    return x.mean(axes or (0, 2, 3))


def var(x, **how):
    return x.var((0, 2, 3), **(how or {"unbiased": False}))


NOT_BN = {
    "unbiased-variance": through(lambda s, x: (mean(x), var(x, unbiased=True))),
    "twice-the-variance": through(lambda s, x: (mean(x), 2 * var(x))),
    "statistics-of-each-image": lambda s, x, m, v: (
        (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), unbiased=False, keepdim=True) + EPS).sqrt() * c(s.gamma)
        + c(s.beta)
    ),
    "statistics-of-rows": lambda s, x, m, v: (
        (x - x.mean((0, 2), keepdim=True)) / (x.var((0, 2), unbiased=False, keepdim=True) + EPS).sqrt() * c(s.gamma)
        + c(s.beta)
    ),
    "statistics-of-everything": lambda s, x, m, v: (
        (x - x.mean()) / (x.var(unbiased=False) + EPS).sqrt() * c(s.gamma) + c(s.beta)
    ),
    "layer-norm": lambda s, x, m, v: (
        (x - x.mean((1, 2, 3), keepdim=True)) / (x.var((1, 2, 3), unbiased=False, keepdim=True) + EPS).sqrt()
    ),
    "eps-behind-the-root": lambda s, x, m, v: (x - c(m)) / (c(v).sqrt() + EPS) * c(s.gamma) + c(s.beta),
    "beta-under-the-root": lambda s, x, m, v: (x - c(m) + c(s.beta)) / (c(v) + EPS).sqrt() * c(s.gamma),
    "mean-added": lambda s, x, m, v: (x + c(m)) / (c(v) + EPS).sqrt() * c(s.gamma) + c(s.beta),
    "mean-forgotten": lambda s, x, m, v: x / (c(v) + EPS).sqrt() * c(s.gamma) + c(s.beta),
    "no-root": lambda s, x, m, v: (x - c(m)) / (c(v) + EPS) * c(s.gamma) + c(s.beta),
    "deviation-stored": lambda s, x, m, v: (x - c(m)) / c(v) * c(s.gamma) + c(s.beta),
    "twice-gamma": lambda s, x, m, v: 2 * ((x - c(m)) * c((v + EPS).rsqrt()) * c(s.gamma) + c(s.beta)),
    "shift-not-scaled": lambda s, x, m, v: x * c(s.gamma * (v + EPS).rsqrt()) + c(s.beta - m),
    "another-eps-in-the-shift": lambda s, x, m, v: (
        x * c(s.gamma * (v + EPS).rsqrt()) + c(s.beta - m * s.gamma * (v + 1e-3).rsqrt())
    ),
    "own-mean-stored-variance": through(lambda s, x: (mean(x), s.var)),
    "stored-mean-own-variance": through(lambda s, x: (s.mean, var(x))),
    "second-moment": through(lambda s, x: (mean(x), (x * x).mean((0, 2, 3)))),
    "mean-of-other-values": through(lambda s, x: (mean(x.relu()), var(x))),
    "variance-of-other-values": through(lambda s, x: (mean(x), var(x.relu()))),
    "along-the-width": lambda s, x, m, v: (
        (x - torch.cat((m, m))) / (torch.cat((v, v)) + EPS).sqrt() * torch.cat((s.gamma, s.gamma))
    ),
    "absolute-deviation": lambda s, x, m, v: (x - c(m)).abs() / (c(v) + EPS).sqrt() * c(s.gamma) + c(s.beta),
}


@pytest.mark.parametrize("name", NOT_BN)
def test_another_formula_is_none(graph_of, ops, name):
    graph = graph_of(Norm(NOT_BN[name]))
    found = graph[graph.output]
    assert found.op != "batch_norm", found


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_an_unbiased_variance_has_a_name_of_its_own(graph_of, ops, mode):
    for variance in (
        lambda x: x.var((0, 2, 3)),
        lambda x: var(x) * count(x) / (count(x) - 1),
        lambda x: x.std((0, 2, 3)) ** 2,
    ):
        graph = graph_of(Norm(through(lambda s, x, v=variance: (mean(x), v(x)))), mode=mode)
        assert ops(graph) == ["unbiased_norm"]
        assert graph[graph.output].attrs == {"eps": EPS, "momentum": None, "batch_statistics": True}


@pytest.mark.parametrize(
    ("axes", "name"),
    [((2, 3), "instance_norm"), ((1, 2, 3), "layer_norm"), ((0, 2), "other_axes_norm"), ((1,), "other_axes_norm")],
)
def test_statistics_over_other_axes_have_names_of_their_own(graph_of, ops, axes, name):
    def formula(s, x, m, v):
        m, v = x.mean(axes, keepdim=True), ((x - x.mean(axes, keepdim=True)) ** 2).mean(axes, keepdim=True)
        return (x - m) / torch.sqrt(v + EPS) * c(s.gamma) + c(s.beta)

    for mode in ("eval", "train"):
        assert ops(graph_of(Norm(formula), mode=mode)) == [name]


def test_an_operation_in_front_of_the_formula_is_seen(graph_of, ops):
    def seen(formula):
        return [op for op in ops(graph_of(Norm(formula))) if op != "reshape"]

    assert seen(lambda s, x, m, v: (x * c(s.gamma) - c(m)) / (c(v) + EPS).sqrt() + c(s.beta)) == ["mul", "batch_norm"]
    assert seen(lambda s, x, m, v: FORMULAS["sqrt"](s, x - 1, m, v)) == ["add_scalar", "batch_norm"]
    assert seen(lambda s, x, m, v: FORMULAS["folded"](s, 2 * x, m, v)) == ["scale", "batch_norm"]
    assert seen(lambda s, x, m, v: FORMULAS["sqrt"](s, x, m, v) * c(s.beta)) == ["batch_norm", "mul"]
    assert seen(lambda s, x, m, v: FORMULAS["frozen"](s, x, m, v) * 3) == ["batch_norm", "scale"]


@pytest.mark.parametrize("which", ["mean", "var", "both"])
def test_statistics_cut_off_from_the_gradient_are_no_bn_in_training(graph_of, ops, which):
    def statistics(s, x):
        m, v = STATISTICS["mean-and-var"](s, x)
        return (m.detach() if which != "var" else m, v.detach() if which != "mean" else v)

    graph = graph_of(Norm(FORMULAS["sqrt"], statistics), mode="train")
    assert ops(graph) == ["detached_norm"]
