"""Ways of writing batch normalization by hand.

The formula: Ioffe and Szegedy 2015, Algorithm 1 and 2.
"""

from __future__ import annotations

import torch
from torch import nn

EPS = 1e-5


class Norm(nn.Module):
    """The four tensors of a BN over 4 channels, and functions that normalise with them."""

    def __init__(self, function, statistics=None, shape=(4,)):
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("var", torch.ones(shape))
        self.function, self.statistics = function, statistics

    def forward(self, x):
        mean, var = self.statistics(self, x) if self.training and self.statistics else (self.mean, self.var)
        return self.function(self, x, mean, var)


def c(t):
    """Per channel, against (N, C, H, W)."""
    return t.reshape(1, -1, 1, 1)


def folded(s, x, mean, var):
    scale = s.gamma / torch.sqrt(var + EPS)
    return x * c(scale) + c(s.beta - mean * scale)


def frozen(s, x, mean, var):  # torchvision.ops.FrozenBatchNorm2d
    w, b, v, m = c(s.gamma), c(s.beta), c(var), c(mean)
    scale = w * (v + EPS).rsqrt()
    bias = b - m * scale
    return x * scale + bias


def in_place(s, x, mean, var):
    y = x.clone()
    y -= c(mean)
    y *= torch.rsqrt(c(var) + EPS)
    y *= c(s.gamma)
    y += c(s.beta)
    return y


def rows_of_channels(s, x, mean, var):
    rows = x.transpose(0, 1).reshape(4, -1)
    rows = (rows - mean[:, None]) * (var + EPS).rsqrt()[:, None] * s.gamma[:, None] + s.beta[:, None]
    return rows.reshape(4, x.shape[0], *x.shape[2:]).transpose(0, 1)


FORMULAS = {
    "sqrt": lambda s, x, m, v: (
        (x - m[None, :, None, None]) / torch.sqrt(v[None, :, None, None] + EPS) * s.gamma[None, :, None, None]
        + s.beta[None, :, None, None]
    ),
    "rsqrt": lambda s, x, m, v: c(s.gamma) * ((x - c(m)) * c(torch.rsqrt(v + EPS))) + c(s.beta),
    "half-power": lambda s, x, m, v: c(s.gamma) * (x - c(m)) / (c(v) + EPS) ** 0.5 + c(s.beta),
    "power-of-minus-a-half": lambda s, x, m, v: c(s.beta) + (x - c(m)) * c((v + EPS).pow(-0.5)) * c(s.gamma),
    "unsqueeze": lambda s, x, m, v: (
        (x - m.unsqueeze(-1).unsqueeze(-1)) / (v + EPS).sqrt().unsqueeze(-1).unsqueeze(-1) * s.gamma.view(-1, 1, 1)
        + s.beta.view(4, 1, 1)
    ),
    "reciprocal": lambda s, x, m, v: (x - c(m)) * (1 / torch.sqrt(EPS + c(v))) * c(s.gamma) + c(s.beta),
    "gamma-over-deviation": lambda s, x, m, v: (x - c(m)) * (c(s.gamma) / c((v + EPS).sqrt())) + c(s.beta),
    "folded": folded,
    "frozen": frozen,
    "in-place": in_place,
    "addcmul": lambda s, x, m, v: torch.addcmul(c(s.beta), c(s.gamma), (x - c(m)) * c((v + EPS).rsqrt())),
    "addcdiv": lambda s, x, m, v: torch.addcdiv(c(s.beta), c(s.gamma) * (x - c(m)), c((v + EPS).sqrt())),
    "expanded": lambda s, x, m, v: (
        (x - c(m).expand_as(x)) / c((v + EPS).sqrt()).expand_as(x) * c(s.gamma).expand_as(x) + c(s.beta).expand_as(x)
    ),
    "channels-last": lambda s, x, m, v: (
        (x.permute(0, 2, 3, 1) - m) / (v + EPS).sqrt() * s.gamma + s.beta
    ).permute(0, 3, 1, 2),
    "rows-of-channels": rows_of_channels,
    "negated": lambda s, x, m, v: c(s.beta) - c(s.gamma) * (c(m) - x) * c((v + EPS).rsqrt()),
}  # fmt: skip


def count(x):
    return x.numel() // x.shape[1]


def two_pass(s, x):
    mean = x.mean((0, 2, 3), keepdim=True)
    return mean.flatten(), ((x - mean) ** 2).mean((0, 2, 3))


def one_after_another(s, x):
    mean = x.mean(0, keepdim=True).mean(2, keepdim=True).mean(3, keepdim=True)
    var = ((x - mean) ** 2).mean(dim=0, keepdim=True).mean(dim=2, keepdim=True).mean(dim=3, keepdim=True)
    return mean.view(-1), var.view(-1)


STATISTICS = {
    "mean-and-var": lambda s, x: (x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)),
    "correction-0": lambda s, x: (x.mean([0, 2, 3]), torch.var(x, (0, 2, 3), correction=0)),
    "var-mean": lambda s, x: torch.var_mean(x, (0, 2, 3), correction=0)[::-1],
    "two-pass": two_pass,
    "one-after-another": one_after_another,
    "mean-of-the-square": lambda s, x: (x.mean((0, 2, 3)), (x * x).mean((0, 2, 3)) - x.mean((0, 2, 3)) ** 2),
    "sums": lambda s, x: (
        x.sum((0, 2, 3)) / count(x),
        x.pow(2).sum((0, 2, 3)) / count(x) - (x.sum((0, 2, 3)) / count(x)).square(),
    ),
    "rows": lambda s, x: (
        x.transpose(0, 1).reshape(4, -1).mean(1),
        x.transpose(0, 1).contiguous().view(4, -1).var(1, unbiased=False),
    ),
    "channels-last": lambda s, x: (
        x.permute(0, 2, 3, 1).mean((0, 1, 2)),
        x.permute(0, 2, 3, 1).reshape(-1, 4).var(0, unbiased=False),
    ),
    "corrected-back": lambda s, x: (x.mean((0, 2, 3)), x.var((0, 2, 3)) * (count(x) - 1) / count(x)),
    "squared-deviation": lambda s, x: (x.mean((0, 2, 3)), x.std((0, 2, 3), unbiased=False) ** 2),
    "global-means": lambda s, x: (x.mean((2, 3)).mean(0), (x - c(x.mean((0, 2, 3)))).pow(2).mean((2, 3)).mean(0)),
}


def norm_of(graph):
    """The one operation of the graph, with the kinds and names of its operands."""
    nodes = [n for n in graph if n.index in graph.live and n.op not in ("input", "parameter", "buffer")]
    assert [n.op for n in nodes] == ["batch_norm"]
    named = {}
    for role, i in zip(nodes[0].roles, nodes[0].inputs, strict=True):
        node = graph[i]
        named[role] = graph.tensors[node.attrs["tensor"]].names[0] if "tensor" in node.attrs else node.op
    return nodes[0], named
