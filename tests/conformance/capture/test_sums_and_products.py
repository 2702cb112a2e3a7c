"""Sums of two maps, the classifier's product and fixed filters, whatever they are written in."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn

SUMS = {
    "stack": lambda x, y: torch.stack([x, y]).sum(0),
    "stack-in-the-middle": lambda x, y: torch.stack((x, y), dim=2).sum(dim=2),
    "stack-at-the-end": lambda x, y: torch.sum(torch.stack([x, y], -1), -1),
    "concatenation": lambda x, y: torch.cat([x[None], y[None]]).sum(0),
    "minus-minus": lambda x, y: x - (-y),
    "minus-negative": lambda x, y: torch.sub(x, y.neg()),
    "alpha-1": lambda x, y: torch.add(x, y, alpha=1),
    "alpha-minus-1": lambda x, y: torch.sub(x, y, alpha=-1),
    "sum-of-a-list": lambda x, y: sum([x, y]),
    "from-zero": lambda x, y: 0 + x + y,
    "in-place": lambda x, y: x.clone().add_(y),
}


@pytest.mark.parametrize("name", SUMS)
def test_a_sum_of_two_is_an_addition(graph_of, form, name):
    plain = form(graph_of(lambda x: x + x.relu()))
    assert form(graph_of(lambda x: SUMS[name](x, x.relu()))) == plain


def test_a_stack_of_three_is_two_additions(graph_of, ops):
    found = ops(graph_of(lambda x: torch.stack([x, x.relu(), x.tanh()]).sum(0)))
    assert sorted(found) == ["add", "add", "relu", "tanh"]


NO_SUMS = {
    "difference": lambda x, y: x - y,
    "twice": lambda x, y: x - (-2 * y),
    "largest": lambda x, y: torch.stack([x, y]).amax(0),
    "other-axis": lambda x, y: torch.stack([x, y]).sum(1),
    "wider-pieces": lambda x, y: torch.cat([x, y], 1).sum(1),
    "first-only": lambda x, y: torch.stack([x, y])[:1].sum(0) * torch.sigmoid(y),
    "product": lambda x, y: torch.stack([x, y]).prod(0),
}


@pytest.mark.parametrize("name", NO_SUMS)
def test_what_is_no_sum_of_two_is_none(graph_of, ops, name):
    assert "add" not in ops(graph_of(lambda x: NO_SUMS[name](x, x.relu())))


class Head(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(3))
        self.function = function

    def forward(self, x):
        return self.function(self, x.mean((2, 3)))


PRODUCTS = {
    "einsum": lambda s, x: torch.einsum("nc,kc->nk", x, s.weight),
    "einsum-weight-first": lambda s, x: torch.einsum("kc,nc->nk", s.weight, x),
    "einsum-of-the-transpose": lambda s, x: torch.einsum("ij,jk", x, s.weight.t()),
    "matmul": lambda s, x: x @ s.weight.t(),
    "matmul-from-the-left": lambda s, x: (s.weight @ x.t()).t(),
    "mm": lambda s, x: torch.mm(x, s.weight.T),
    "tensordot": lambda s, x: torch.tensordot(x, s.weight, ([1], [1])),
    "bmm": lambda s, x: torch.bmm(x[None], s.weight.t()[None])[0],
    "linear": lambda s, x: F.linear(x, s.weight),
}
BIASED = {
    "added": lambda s, x: F.linear(x, s.weight) + s.bias,
    "added-as-a-row": lambda s, x: s.bias[None] + x @ s.weight.t(),
    "einsum-and-added": lambda s, x: torch.einsum("nc,kc->nk", x, s.weight) + s.bias,
    "added-in-place": lambda s, x: (x @ s.weight.t()).add_(s.bias),
    "addmm": lambda s, x: torch.addmm(s.bias, x, s.weight.t()),
    "baddbmm": lambda s, x: torch.baddbmm(s.bias, x[None], s.weight.t()[None])[0],
}


@pytest.mark.parametrize("name", [*PRODUCTS, *BIASED])
def test_a_product_with_a_matrix_is_linear(graph_of, form, name):
    function = (PRODUCTS | BIASED)[name]
    bias = (lambda s: s.bias) if name in BIASED else (lambda s: None)
    plain = form(graph_of(Head(lambda s, x: F.linear(x, s.weight, bias(s)))))
    assert form(graph_of(Head(function))) == plain


def test_a_product_of_two_values_is_none(graph_of, ops):
    for function in (
        lambda s, x: x @ x.t(),
        lambda s, x: torch.bmm(x[None], x.t()[None])[0],
        lambda s, x: torch.baddbmm(s.bias, x[None], s.weight.t()[None], beta=2)[0],
        lambda s, x: torch.bmm(x[:, None], (s.weight.t() * x.sum()).expand(2, 4, 3)),
    ):
        assert "linear" not in ops(graph_of(Head(function)))


def test_a_matrix_repeated_for_each_image_is_one_matrix(graph_of, ops):
    graph = graph_of(Head(lambda s, x: torch.bmm(x[:, None], s.weight.t()[None].expand(2, 4, 3))))
    assert [op for op in ops(graph) if op != "reshape"] == ["global_avg_pool", "linear"]


class Filter(nn.Module):
    def __init__(self, weight, channels=4, groups=4, learned=False, bias=None):
        super().__init__()
        weight = torch.ones(channels, channels // groups, 3, 3) if weight is None else weight
        if learned:
            self.weight = nn.Parameter(weight)
        else:
            self.register_buffer("weight", weight)
        self.groups = groups
        self.register_parameter("bias", bias)

    def forward(self, x):
        weight = self.weight.expand(x.shape[1], *self.weight.shape[1:])
        return F.conv2d(x, weight, self.bias, 2, 1, groups=self.groups)


def test_a_fixed_filter_on_each_channel_is_a_blur(graph_of, ops):
    for weight in (None, torch.ones(1, 1, 3, 3)):  # timm's BlurPool2d expands one filter
        graph = graph_of(Filter(weight))
        assert [op for op in ops(graph) if op != "aten.expand"] == ["blur"]
        node = graph[graph.output]
        assert node.roles == ("x", "weight")
        assert node.attrs["stride"] == (2, 2)
    assert "blur" in ops(graph_of(lambda x: F.conv2d(x, torch.ones(4, 1, 3, 3, device=x.device), groups=4)))


def test_a_learned_or_mixing_filter_is_a_convolution(graph_of, ops):
    for net in (
        Filter(None, learned=True),
        Filter(torch.ones(1, 1, 3, 3), learned=True),
        Filter(None, groups=1),
        Filter(None, groups=2),
        Filter(None, bias=nn.Parameter(torch.ones(4))),
    ):
        found = ops(graph_of(net))
        assert "conv" in found
        assert "blur" not in found
