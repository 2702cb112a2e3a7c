"""A map in another layout: what is done to it there is recorded on the map, and computes the same."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it

from resnet_conformance.capture import capture
from resnet_conformance.capture.running import registered
from resnet_conformance.execute import run

from .norm_forms import EPS, Norm, norm_of

NAMED = {"x": "input", "gamma": "gamma", "beta": "beta"}


def last(x):
    return x.permute(0, 2, 3, 1)


def back(y):
    return y.permute(0, 3, 1, 2)


def over_last(s, y, mean, var):
    return (y - mean) * torch.rsqrt(var + EPS) * s.gamma + s.beta


def in_one_call(s, y, mean, var):
    return torch.addcmul(s.beta, (y - mean) / (var + EPS).sqrt(), s.gamma)


def over_first(s, y, mean, var):
    one = (slice(None), *[None] * (y.dim() - 1))
    return (y - mean[one]) / (var + EPS).sqrt()[one] * s.gamma[one] + s.beta[one]


SEEN = {  # by layout: there, back, the arithmetic, and the axes that statistics are over
    "last": (last, lambda y, x: back(y), over_last, (0, 1, 2)),
    "last in one call": (last, lambda y, x: back(y), in_one_call, (0, 1, 2)),
    "rows": (lambda x: last(x).reshape(-1, 4), lambda y, x: back(y.view(last(x).shape)), over_last, (0,)),
    "lines last": (
        lambda x: x.flatten(2).transpose(1, 2),
        lambda y, x: y.transpose(1, 2).reshape(x.shape),
        over_last,
        (0, 1),
    ),
    "first": (lambda x: x.transpose(0, 1), lambda y, x: y.transpose(0, 1), over_first, (1, 2, 3)),
    "first in lines": (
        lambda x: x.transpose(0, 1).flatten(1),
        lambda y, x: y.view(4, x.shape[0], *x.shape[2:]).transpose(0, 1),
        over_first,
        (1,),
    ),
}


def seen(name, correction=0):
    there, home, formula, axes = SEEN[name]

    def normalized(s, x, mean, var):
        return home(formula(s, there(x), mean, var), x)

    def statistics(s, x):
        y = there(x)
        return y.mean(axes), y.var(axes, correction=correction)

    return normalized, statistics


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", SEEN)
def test_a_normalization_in_another_layout(graph_of, name, mode):
    node, operands = norm_of(graph_of(Norm(*seen(name)), mode=mode))
    assert operands == NAMED | ({"mean": "mean", "var": "var"} if mode == "eval" else {})
    assert node.shape == (2, 4, 8, 8)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_an_activation_in_the_layout_of_the_normalization_follows_it(graph_of, ops, mode):
    formula, statistics = seen("last")
    net = Norm(lambda s, x, m, v: back(F.relu(last(formula(s, x, m, v)))), statistics)
    assert ops(graph_of(net, mode=mode)) == ["batch_norm", "relu"]
    net = Norm(lambda s, x, m, v: back(F.relu(over_last(s, last(x), m, v))), statistics)
    assert ops(graph_of(net, mode=mode)) == ["batch_norm", "relu"]


@pytest.mark.parametrize("name", SEEN)
def test_another_normalization_in_that_layout_is_none(graph_of, ops, name):
    assert ops(graph_of(Norm(*seen(name, correction=1)), mode="train")) == ["unbiased_norm"]


def test_statistics_over_channels_are_no_batch_normalization(graph_of, ops):
    def over_channels(s, x, m, v):
        y = last(x)
        return back((y - y.mean(-1, keepdim=True)) * torch.rsqrt(y.var(-1, keepdim=True, correction=0) + EPS))

    assert "batch_norm" not in ops(graph_of(Norm(over_channels)))


PADDED = lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3))  # noqa: E731

PADS = [
    lambda x: back(F.pad(last(x)[:, ::2, ::2], (0, 3))),
    lambda x: F.pad(x[:, :, ::2, ::2].unsqueeze(1), (0, 0, 0, 0, 0, 3)).squeeze(1),
    lambda x: F.pad(x.transpose(0, 1)[:, :, ::2, ::2], (0, 0, 0, 0, 0, 0, 0, 3)).transpose(0, 1),
    lambda x: back(torch.cat([last(x)[:, ::2, ::2], torch.zeros(2, 4, 4, 3, device=x.device)], 3)),
    lambda x: F.pad(x[:, :, ::2, ::2].flatten(1), (0, 16 * 3)).view(2, 7, 4, 4),
    lambda x: F.pad(x.flatten(1), (0, 64 * 3)).view(2, 7, 8, 8)[:, :, ::2, ::2],
]


@pytest.mark.parametrize("number", range(len(PADS)))
def test_zero_channels_in_another_layout(graph_of, form, number):
    x = torch.randn(2, 4, 8, 8)
    assert torch.equal(PADS[number](x), PADDED(x))
    assert form(graph_of(PADS[number])) == form(graph_of(PADDED))


def test_zero_channels_before_sampling(graph_of, form):
    plain = graph_of(lambda x: F.pad(x, (0, 0, 0, 0, 0, 3))[:, :, ::2, ::2])
    assert form(graph_of(lambda x: back(F.pad(last(x), (0, 3))[:, ::2, ::2]))) == form(plain)


OTHER_PADS = [
    lambda x: back(F.pad(last(x)[:, ::2, ::2], (0, 3), value=1.0)),
    lambda x: back(F.pad(last(x)[:, 1::2, ::2], (0, 3))),
    lambda x: back(F.pad(last(x)[:, ::2], (0, 3))),
    lambda x: back(F.pad(last(x)[:, ::2, ::2], (3, 0))),
    lambda x: back(F.pad(last(x)[:, ::2, ::2], (0, 0, 0, 3))),
    lambda x: F.pad(x.flatten(1), (64 * 3, 0)).view(2, 7, 8, 8)[:, :, ::2, ::2],
    lambda x: F.pad(x.flatten(1), (1, 64 * 3 - 1)).view(2, 7, 8, 8)[:, :, ::2, ::2],
]


@pytest.mark.parametrize("number", range(len(OTHER_PADS)))
def test_other_paddings_are_others(graph_of, form, number):
    assert form(graph_of(OTHER_PADS[number])) != form(graph_of(PADDED))


ARITHMETIC = {  # by the shape of the parameters
    (8, 1): lambda s, x: back(s.gamma * last(x) + last(x)),
    (4,): lambda s, x: back(last(x) - s.gamma),
    (64,): lambda s, x: (x.flatten(2) / s.gamma).view(x.shape),
    (8, 8): lambda s, x: x.transpose(2, 3).mul(s.gamma).transpose(2, 3),
    (2, 1, 8, 1): lambda s, x: x.transpose(1, 2).sub(s.gamma.transpose(1, 2)).transpose(1, 2),
}


@pytest.mark.parametrize("shape", ARITHMETIC)
def test_arithmetic_in_another_layout_computes_the_same(ops, shape):
    net = Norm(lambda s, x, m, v: ARITHMETIC[shape](s, x), shape=shape).double()
    tensors = dict(enumerate(t for t, _ in registered(net)))
    with torch.no_grad():
        for t in tensors.values():
            t.uniform_(0.5, 2.0)
    graph = capture(net, (2, 4, 8, 8), "eval")
    assert not {"permute", "reshape"} & {n.op for n in graph if n.index in graph.depends}
    x = torch.randn(2, 4, 8, 8, dtype=torch.float64)
    found = run(graph, x, {i: t.detach().clone() for i, t in tensors.items()})
    torch.testing.assert_close(found.values[graph.output], net.eval()(x))


@pytest.mark.parametrize("function", [*PADS, *OTHER_PADS[:5]])
def test_what_is_padded_computes_the_same(function):
    graph = capture(Norm(lambda s, x, m, v: function(x)), (2, 4, 8, 8), "eval", "cpu")
    x = torch.randn(2, 4, 8, 8)
    torch.testing.assert_close(run(graph, x, {}).values[graph.output], function(x))
