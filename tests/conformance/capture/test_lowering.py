"""One function, written in many ways, is one canonical form (graph.py lists the operations)."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it
from torch import nn

RELU = [
    F.relu,
    torch.relu,
    lambda x: nn.ReLU(inplace=True)(torch.clone(x)),
    lambda x: x.clamp(min=0),
    lambda x: torch.clamp_min(x, 0.0),
    lambda x: F.threshold(x, 0, 0),
    lambda x: torch.maximum(x, torch.zeros_like(x)),
    lambda x: torch.max(x, torch.zeros_like(x)),
    lambda x: x * (x > 0),
    lambda x: x * (x > 0).float(),
    lambda x: x.clone().clamp_(min=0),
]
GLOBAL_POOL = [
    lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1),
    lambda x: F.adaptive_avg_pool2d(x, (1, 1)).view(2, -1),
    lambda x: x.mean((2, 3), keepdim=True).squeeze(-1).squeeze(-1),
    lambda x: x.mean([-1, -2], keepdim=True).reshape(2, 4),
    lambda x: nn.AdaptiveAvgPool2d(1)(x)[:, :, 0, 0],
]
GLOBAL_POOL_FLAT = [
    lambda x: x.mean((2, 3)),
    lambda x: x.mean(3).mean(2),
    lambda x: x.mean(2).mean(-1),
    lambda x: x.mean(dim=[3, 2]),
    lambda x: x.view(2, 4, -1).mean(-1),
    lambda x: x.flatten(2).mean(2),
    lambda x: x.sum((2, 3)) / 64,
]
GLOBAL_MAX = [
    lambda x: x.amax((2, 3)),
    lambda x: x.flatten(2).amax(-1),
    lambda x: x.flatten(2).max(-1)[0],
]
SUBSAMPLE = [
    lambda x: x[:, :, ::2, ::2],
    lambda x: x[..., ::2, :][..., ::2],
    lambda x: F.max_pool2d(x, 1, 2),
    lambda x: F.avg_pool2d(x, 1, 2),
    lambda x: F.interpolate(x, scale_factor=0.5),
    lambda x: x[:, 0:4, ::2][:, :, 0:, ::2],
]
PADDED = [
    lambda x: F.pad(x, (0, 0, 0, 0, 2, 2)),
    lambda x: F.pad(F.pad(x, (0, 0, 0, 0, 2, 0)), (0, 0, 0, 0, 0, 2)),
    lambda x: torch.cat([torch.zeros(2, 2, 8, 8, device=x.device), x, x.new_zeros(2, 2, 8, 8)], 1),
    lambda x: torch.cat([torch.zeros_like(x[:, :2]), x, x[:, :2].mul(0)], 1),
    lambda x: torch.cat([x[:, :2] * 0, torch.cat([x, torch.full((2, 2, 8, 8), 0.0, device=x.device)], 1)], 1),
]
LINEAR_WEIGHT = nn.Parameter(torch.randn(5, 4))
LINEAR_BIAS = nn.Parameter(torch.randn(5))
LINEAR = [
    lambda self, x: F.linear(x.mean((2, 3)), self.w, self.b),
    lambda self, x: x.mean((2, 3)) @ self.w.t() + self.b,
    lambda self, x: self.b + torch.matmul(x.mean((2, 3)), self.w.T),
    lambda self, x: torch.addmm(self.b, x.mean((2, 3)), self.w.transpose(0, 1)),
    lambda self, x: torch.mm(x.mean((2, 3)), self.w.permute(1, 0)).add_(self.b),
]


@pytest.mark.parametrize("form_number", range(1, len(RELU)))
def test_relu(graph_of, form, form_number):
    assert form(graph_of(RELU[form_number])) == form(graph_of(RELU[0]))


@pytest.mark.parametrize("forms", [GLOBAL_POOL, GLOBAL_POOL_FLAT, GLOBAL_MAX, SUBSAMPLE, PADDED])
def test_all_forms_agree(graph_of, form, forms):
    first = form(graph_of(forms[0]))
    for number, function in enumerate(forms):
        assert form(graph_of(function)) == first, number


def test_linear(graph_of, form):
    parts = {"w": LINEAR_WEIGHT, "b": LINEAR_BIAS}
    first = graph_of(LINEAR[0], **parts)
    linear = first[first.output]
    assert linear.op == "linear"
    assert linear.roles == ("x", "weight", "bias")
    assert [first.tensors[first[i].attrs["tensor"]].names for i in linear.inputs[1:]] == [("w",), ("b",)]
    for number, function in enumerate(LINEAR):
        assert form(graph_of(function, **parts)) == form(first), number
    dead = graph_of(LINEAR[1], **parts)
    assert len(dead.live) == len(dead.nodes)


def test_a_product_with_an_untransposed_weight_is_linear_too(graph_of, ops):
    graph = graph_of(lambda self, x: x.mean((2, 3)) @ self.w, w=nn.Parameter(torch.randn(4, 5)))
    assert ops(graph) == ["global_avg_pool", "permute", "linear"]
    assert graph[graph[graph.output].operand("weight")].shape == (5, 4)


def test_subsampling_is_one_slice(graph_of, ops):
    graph = graph_of(SUBSAMPLE[1])
    assert ops(graph) == ["slice"]
    node = graph[graph.output]
    assert (node.attrs["start"], node.attrs["stop"], node.attrs["step"]) == (
        (0,) * 4,
        (2, 4, 8, 8),
        (1, 1, 2, 2),
    )


def test_slices_of_slices_compose(graph_of, ops):
    graph = graph_of(lambda x: x[:, 1:][:, :2][:, :, 1::2][:, :, 1:3])
    assert ops(graph) == ["slice"]
    node = graph[graph.output]
    assert node.attrs["start"] == (0, 1, 3, 0)
    assert node.attrs["step"] == (1, 1, 2, 1)
    assert node.shape == (2, 2, 2, 8)
    assert node.attrs["stop"][:2] == (2, 3)


@pytest.mark.parametrize(
    "identity",
    [
        lambda x: x[:],
        lambda x: x.clone().contiguous(),
        lambda x: x.float().to(x.device),
        lambda x: x.view(2, -1).view(2, 4, 8, 8),
        lambda x: x.permute(0, 2, 3, 1).permute(0, 3, 1, 2),
        lambda x: x * 1 + 0,
        lambda x: 0 + x,
        lambda x: F.dropout(x, 0.5, training=False),
        lambda x: F.max_pool2d(x, 1),
        lambda x: x.expand(2, 4, 8, 8),
        lambda x: F.pad(x, (0, 0)),
        lambda x: torch.cat([x], 1),
        lambda x: F.adaptive_avg_pool2d(x, 8),
    ],
)
def test_what_changes_nothing_leaves_nothing(graph_of, ops, identity):
    assert ops(graph_of(lambda x: torch.sigmoid(identity(x)))) == ["sigmoid"]


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("stats", [True, False])
def test_batch_norm(graph_of, mode, stats):
    graph = graph_of(lambda self, x: self.bn(x), mode=mode, bn=nn.BatchNorm2d(4, 1e-3, 0.3, track_running_stats=stats))
    node = graph[graph.output]
    assert node.op == "batch_norm"
    assert node.roles == ("x", "gamma", "beta", "mean", "var")[: 5 if stats else 3]
    assert node.attrs == {"eps": 1e-3, "momentum": 0.3, "batch_statistics": mode == "train" or not stats}


def test_batch_norm_without_affine(graph_of):
    graph = graph_of(lambda self, x: self.bn(x), bn=nn.BatchNorm2d(4, affine=False))
    assert graph[graph.output].roles == ("x", "mean", "var")


def test_convolution_attributes(graph_of):
    conv = nn.Conv2d(4, 6, (3, 1), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=True)
    graph = graph_of(lambda self, x: self.conv(x), conv=conv)
    node = graph[graph.output]
    assert node.op == "conv"
    assert node.roles == ("x", "weight", "bias")
    assert node.where == "conv"
    assert node.attrs == {
        "kernel": (3, 1),
        "stride": (2, 1),
        "padding": (1, 0),
        "dilation": (1, 2),
        "groups": 2,
        "transposed": False,
    }
    up = graph_of(lambda self, x: self.conv(x), conv=nn.ConvTranspose2d(4, 2, 3))
    assert up[up.output].attrs["transposed"] is True


def test_same_padding_that_is_asymmetric_is_a_pad_of_its_own(graph_of, ops):
    graph = graph_of(lambda self, x: self.conv(x), conv=nn.Conv2d(4, 4, 2, padding="same"))
    assert ops(graph) == ["pad", "conv"]
    assert graph[next(n.index for n in graph if n.op == "pad")].attrs["after"] == (0, 0, 1, 1)


@pytest.mark.parametrize("ceil", [False, True])
def test_max_pool(graph_of, ceil):
    graph = graph_of(lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=ceil))
    node = graph[graph.output]
    assert node.op == "max_pool"
    assert node.attrs == {
        "kernel": (3, 3),
        "stride": (2, 2),
        "padding": (1, 1),
        "dilation": (1, 1),
        "ceil": ceil,
    }
    assert node.shape == (2, 4, 5, 5) if ceil else (2, 4, 4, 4)
    default = graph_of(lambda x: F.max_pool2d(x, 2))
    assert default[default.output].attrs["stride"] == (2, 2)


def test_an_average_pool_over_the_whole_map_keeps_its_kernel(graph_of):
    graph = graph_of(lambda x: F.avg_pool2d(x, 8))
    node = graph[graph.output]
    assert node.op == "avg_pool"
    assert node.attrs["kernel"] == (8, 8)
    assert node.attrs["count_include_pad"] is True


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x - torch.sigmoid(x), "sub"),
        (lambda x: x * torch.sigmoid(x), "mul"),
        (lambda x: x / torch.sigmoid(x), "div"),
        (lambda x: torch.maximum(x, torch.sigmoid(x)), "maximum"),
        (lambda x: torch.min(x, torch.sigmoid(x)), "minimum"),
        (lambda x: torch.cat([x, torch.sigmoid(x)], 1), "concat"),
        (F.relu6, "relu6"),
        (lambda x: F.hardtanh(x, 0, 6), "relu6"),
        (F.leaky_relu, "leaky_relu"),
        (F.gelu, "gelu"),
        (F.silu, "silu"),
        (lambda x: F.softmax(x, -3), "softmax"),
        (lambda x: F.log_softmax(x, 1), "log_softmax"),
        (lambda x: x + 2, "add_scalar"),
        (lambda x: -x, "scale"),
        (lambda x: torch.roll(x, 1, 2), "aten.roll"),
        (lambda x: F.group_norm(x, 2), "aten.native_group_norm"),
        (lambda x: F.adaptive_avg_pool2d(x, 3), "adaptive_avg_pool"),
        (lambda x: F.hardtanh(x, -1, 1), "aten.hardtanh"),
    ],
)
def test_names(graph_of, function, expected):
    graph = graph_of(function)
    assert graph[graph.output].op == expected


def test_scale_and_alpha(graph_of):
    scaled = graph_of(lambda x: x / 4)
    assert scaled[scaled.output].attrs == {"factor": 0.25}
    added = graph_of(lambda x: torch.add(x, torch.sigmoid(x), alpha=0.5))
    assert added[added.output].attrs == {"alpha": 0.5}
    softmax = graph_of(lambda x: F.softmax(x, -3))
    assert softmax[softmax.output].attrs == {"axis": 1}


def test_a_learned_gate_stays_a_product(graph_of):
    graph = graph_of(lambda self, x: x * self.gate, gate=nn.Parameter(torch.zeros(())))
    assert [graph[i].op for i in graph[graph.output].inputs] == ["input", "parameter"]


DROPOUT = [
    lambda x: F.dropout(x, 0.25, training=True),
    lambda x: F.dropout(torch.clone(x), 0.25, training=True, inplace=True),
    lambda x: x * torch.empty_like(x).bernoulli_(0.75).div_(0.75),
    lambda x: x * (torch.bernoulli(torch.full_like(x, 0.75)) / 0.75),
    lambda x: x * (torch.rand_like(x) < 0.75) / 0.75,
    lambda x: (torch.rand_like(x) > 0.25).float() * x * (1 / 0.75),
    lambda x: x / 0.75 * (0.75 + torch.rand_like(x)).floor_(),
]


@pytest.mark.parametrize("number", range(len(DROPOUT)))
def test_dropout(graph_of, ops, number):
    graph = graph_of(DROPOUT[number], mode="train")
    assert ops(graph) == ["dropout"]
    assert graph[graph.output].attrs == {"rate": 0.25}


def test_dropped_paths_and_channels_say_the_shape_of_their_mask(graph_of):
    graph = graph_of(lambda x: x * x.new_empty(2, 1, 1, 1).bernoulli_(0.75).div_(0.75))
    assert graph[graph.output].attrs == {"rate": 0.25, "mask": (2, 1, 1, 1)}
    channels = graph_of(lambda x: F.dropout2d(x, 0.25))
    assert channels[channels.output].attrs == {"rate": 0.25, "mask": (2, 4, 1, 1)}


def test_a_module_dropout_is_there_in_training_only(graph_of, ops):
    parts = {"drop": nn.Dropout(0.5)}
    assert ops(graph_of(lambda self, x: torch.sigmoid(self.drop(x)), **parts)) == ["sigmoid"]
    assert ops(graph_of(lambda self, x: torch.sigmoid(self.drop(x)), mode="train", **parts)) == [
        "dropout",
        "sigmoid",
    ]
