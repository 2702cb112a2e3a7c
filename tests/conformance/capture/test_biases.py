"""A bias that is written behind its convolution is the convolution's, as in Keras on torch and many a port."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn


class Biased(nn.Module):
    """A convolution, something that adds a bias of some shape, and what comes behind it."""

    def __init__(self, function, *shape):
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3, bias=False)
        self.bias = nn.Parameter(torch.randn(*shape))
        self.function = function

    def forward(self, x):
        return self.function(self, x).relu()


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 6, 3)

    def forward(self, x):
        return self.conv(x).relu()


WRITTEN = {
    "view": (lambda s, x: s.conv(x) + s.bias.view(1, -1, 1, 1), (6,)),
    "new-axes": (lambda s, x: s.conv(x) + s.bias[:, None, None], (6,)),
    "reshaped-by-keras": (lambda s, x: torch.add(s.conv(x), torch.reshape(s.bias, (1, 6, 1, 1))), (6,)),
    "bias-first": (lambda s, x: s.bias[None, :, None, None] + s.conv(x), (6,)),
    "in-place": (lambda s, x: s.conv(x).add_(s.bias[:, None, None]), (6,)),
    "three-axes": (lambda s, x: s.conv(x) + s.bias, (6, 1, 1)),
    "four-axes": (lambda s, x: s.conv(x) + s.bias, (1, 6, 1, 1)),
    "channels-last": (lambda s, x: (s.conv(x).permute(0, 2, 3, 1) + s.bias).permute(0, 3, 1, 2), (6,)),
    "minus-negative": (lambda s, x: s.conv(x) - (-s.bias.view(1, -1, 1, 1)), (6,)),
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("mode", ["eval", "train"])
def test_a_bias_behind_a_convolution_is_its_own(graph_of, ops, name, mode):
    function, shape = WRITTEN[name]
    graph = graph_of(Biased(function, *shape), mode=mode)
    assert [op for op in ops(graph) if op != "reshape"] == ["conv", "relu"]
    [conv] = [node for node in graph if node.op == "conv"]
    assert conv.roles == ("x", "weight", "bias")
    assert graph[conv.operand("bias")].shape == (6,)
    assert conv.where == "conv"


def test_it_is_the_graph_of_the_usual_convolution(graph_of, form):
    function, shape = WRITTEN["view"]
    assert form(graph_of(Biased(function, *shape))) == form(graph_of(Plain()))


OTHERS = {
    "one-number": (lambda s, x: s.conv(x) + s.bias, (1,)),
    "a-number-for-each-place": (lambda s, x: s.conv(x) + s.bias, (6, 6, 6)),
    "a-number-for-each-column": (lambda s, x: s.conv(x) + s.bias, (6,)),
    "behind-a-relu": (lambda s, x: s.conv(x).relu() + s.bias, (6, 1, 1)),
    "times-two": (lambda s, x: torch.add(s.conv(x), s.bias, alpha=2), (6, 1, 1)),
    "of-the-image": (lambda s, x: s.conv(x) + s.bias * x.mean(), (6, 1, 1)),
    "a-second-bias": (lambda s, x: F.conv2d(x, s.conv.weight, s.bias[:, 0, 0]) + s.bias, (6, 1, 1)),
    "fixed": (lambda s, x: s.conv(x) + torch.arange(6, device=x.device).view(6, 1, 1), (6, 1, 1)),
    "read-before-it-too": (lambda s, x: (y := s.conv(x)) * (y + s.bias), (6, 1, 1)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_bias_of_the_convolution_stays_an_addition(graph_of, ops, name):
    function, shape = OTHERS[name]
    found = ops(graph_of(Biased(function, *shape)))
    assert "add" in found
    assert found.count("conv") == 1
