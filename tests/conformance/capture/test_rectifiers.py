"""ReLU and the mean over all positions in unusual clothes, and what only looks like them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_rrelu_is_an_activation_of_its_own(graph_of, ops, mode):
    drawn = mode == "train"
    for function in (nn.RReLU(), nn.RReLU(inplace=True), lambda x: F.rrelu(x, training=drawn)):
        graph = graph_of(
            nn.Sequential(nn.Identity(), function) if isinstance(function, nn.Module) else function, mode=mode
        )
        assert ops(graph) == ["rrelu"]
        assert graph[graph.output].attrs == {"lower": 1 / 8, "upper": 1 / 3}


def overwritten(x):
    y = torch.clone(x)
    y[y < 0] = 0
    return y


BY_SIGN = [
    lambda x: torch.where(x > 0, x, 0),
    lambda x: torch.where(x >= 0, x, torch.zeros_like(x)),
    lambda x: torch.where(x < 0, torch.zeros(()), x),
    lambda x: x.masked_fill(x < 0, 0),
    lambda x: x.masked_fill(x <= 0, torch.zeros((), device=x.device)),
    lambda x: x.clone().masked_fill_(x < 0, 0),
    overwritten,
    lambda x: torch.index_put(x, [x < 0], torch.zeros((), device=x.device)),
]


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("number", range(len(BY_SIGN)))
def test_a_choice_by_sign_is_a_relu(graph_of, ops, number, mode):
    graph = graph_of(BY_SIGN[number], mode=mode)
    assert ops(graph) == ["relu"]
    assert [n.op for n in graph] == ["input", "relu"]


NOT_RELU = [
    lambda x: torch.where(x > 0.5, x, 0),
    lambda x: torch.where(x < 0, x, 0),
    lambda x: torch.where(x > 0, x, 0.5),
    lambda x: torch.where(x > 0, 0, x),
    lambda x: torch.where(torch.sigmoid(x) > 0, x, 0),
    lambda x: torch.where(x[:, :1] > 0, x, 0),
    lambda x: x.masked_fill(x > 0, 0),
    lambda x: x.masked_fill(x < 0, 1),
    lambda x: x.masked_fill(x < 1, 0),
    lambda x: x.masked_fill(torch.sigmoid(x) < 0, 0),
    lambda x: torch.index_put(x, [x < 0], torch.zeros((), device=x.device), accumulate=True),
    lambda x: torch.index_put(x, [x > 0], torch.zeros((), device=x.device)),
]


@pytest.mark.parametrize("number", range(len(NOT_RELU)))
def test_another_choice_is_none(graph_of, ops, number):
    graph = graph_of(NOT_RELU[number])
    assert "relu" not in ops(graph)
    assert graph[graph.output].op in ("aten.where", "aten.masked_fill", "aten.index_put")


def test_the_mean_of_a_map_with_its_channels_last(graph_of, form):
    plain = form(graph_of(lambda x: x.mean((2, 3))))
    assert form(graph_of(lambda x: x.permute(0, 2, 3, 1).mean((1, 2)))) == plain
    assert form(graph_of(lambda x: x.permute(0, 3, 2, 1).mean((1, 2)))) == plain
    kept = graph_of(lambda x: x.permute(0, 2, 3, 1).mean((1, 2), keepdim=True))
    assert [n.op for n in kept] == ["input", "global_avg_pool", "reshape"]
    assert kept[-1].shape == (2, 1, 1, 4)
    for other in (lambda x: x.permute(0, 2, 3, 1).mean((2, 3)), lambda x: x.permute(1, 2, 3, 0).mean((1, 2))):
        graph = graph_of(other)
        assert [n.op for n in graph][1] == "permute"
        assert graph[graph.output].inputs == (1,)
