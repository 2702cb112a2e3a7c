"""ReLU and the mean over all positions in unusual clothes, and what only looks like them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn

from resnet_conformance.capture import capture


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_rrelu_is_an_activation_of_its_own(graph_of, ops, mode):
    drawn = mode == "train"
    for function in (nn.RReLU(), nn.RReLU(inplace=True), lambda x: F.rrelu(x, training=drawn)):
        graph = graph_of(
            nn.Sequential(nn.Identity(), function) if isinstance(function, nn.Module) else function, mode=mode
        )
        assert ops(graph) == ["rrelu"]
        assert graph[graph.output].attrs == {"lower": 1 / 8, "upper": 1 / 3}


class Kept(nn.Module):
    """A function of a buffer, or of a parameter, and of x."""

    def __init__(self, function, kept):
        super().__init__()
        self.function = function
        if isinstance(kept, nn.Parameter):
            self.kept = kept
        else:
            self.register_buffer("kept", kept)

    def forward(self, x):
        return self.function(self, x)


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


PUT_TOGETHER = [
    lambda x: (x + x.abs()) / 2,
    lambda x: 0.5 * (x.abs() + x),
    lambda x: x * 0.5 + x.abs() * 0.5,
    lambda x: (x.abs() - (-x)) / 2,
    lambda x: x - x.clamp(max=0),
    lambda x: x - torch.clamp_max(x, 0),
    lambda x: x - torch.minimum(x, torch.zeros_like(x)),
    lambda x: -((-x).clamp(max=0)),
    lambda x: -torch.minimum(-x, torch.zeros((), device=x.device)),
    lambda x: x + F.relu(-x),
    lambda x: torch.max(x, torch.zeros((), device=x.device)),
]


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("number", range(len(PUT_TOGETHER)))
def test_a_relu_put_together_from_parts(graph_of, number, mode):
    graph = graph_of(PUT_TOGETHER[number], mode=mode)
    assert [n.op for n in graph if n.op != "constant"] == ["input", "relu"]


NOT_PUT_TOGETHER = [
    lambda x: (x + x.abs()) / 3,
    lambda x: x + x.abs(),
    lambda x: (x - x.abs()) / 2,
    lambda x: (x + torch.sigmoid(x).abs()) / 2,
    lambda x: (x + x[:, :1].abs()) / 2,
    lambda x: torch.add(x, x.abs(), alpha=2) / 2,
    lambda x: (x + x.detach().abs()) / 2,
    lambda x: x - x.clamp(max=0.1),
    lambda x: x - x.clamp(min=-1, max=0),
    lambda x: x - x.clamp(min=0),
    lambda x: x + x.clamp(max=0),
    lambda x: -(x.clamp(max=0)),
    lambda x: (-x).clamp(max=0),
    lambda x: x + 2 * F.relu(-x),
    lambda x: torch.max(x, torch.ones((), device=x.device)),
]


@pytest.mark.parametrize("number", range(len(NOT_PUT_TOGETHER)))
def test_other_parts_make_none(graph_of, number):
    graph = graph_of(NOT_PUT_TOGETHER[number], mode="train")
    assert graph[graph.output].op != "relu"


def test_the_larger_of_a_map_and_a_kept_zero():
    for value, op in ((0.0, "relu"), (0.1, "maximum")):

        def larger(self, x):
            return torch.max(x, self.kept)

        graph = capture(Kept(larger, torch.tensor(value)), (2, 4, 8, 8), "eval", "cpu")
        assert graph[graph.output].op == op
        learned = capture(Kept(larger, nn.Parameter(torch.tensor(value))), (2, 4, 8, 8), "eval", "cpu")
        assert learned[learned.output].op == "maximum"


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


def test_the_mean_of_a_map_whose_positions_lie_side_by_side(graph_of, form):
    plain = form(graph_of(lambda x: x.mean((2, 3))))
    for same in (
        lambda x: x.sum(2).sum(2) / 64,
        lambda x: x.sum(-1).sum(-1) / 64,
        lambda x: x.sum(3, keepdim=True).sum(2).squeeze(2) / 64,
    ):
        assert form(graph_of(same)) == plain
    for lines in (lambda x: x.flatten(2), lambda x: x.transpose(2, 3).flatten(2)):
        pooled = graph_of(lambda x, lines=lines: F.adaptive_avg_pool1d(lines(x), 1).flatten(1))
        assert [n.op for n in pooled] == ["input", "global_avg_pool", "reshape"]
        window = graph_of(lambda x, lines=lines: F.avg_pool1d(lines(x), 64).flatten(1))
        assert [n.op for n in window] == ["input", "avg_pool", "reshape"]
        assert window[1].attrs["kernel"] == (8, 8)
    for other in (
        lambda x: x.sum(2).sum(2) / 63,
        lambda x: x.sum(1).sum(1) / 64,
        lambda x: F.adaptive_avg_pool1d(x.flatten(2)[..., ::2], 1),
        lambda x: F.adaptive_avg_pool1d(x.transpose(1, 2).flatten(2), 1),
        lambda x: F.avg_pool1d(x.flatten(2), 32),
    ):
        assert {"global_avg_pool", "input"} != {n.op for n in graph_of(other) if n.op != "reshape"}
