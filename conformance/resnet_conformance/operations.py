"""What each canonical operation of graph.py computes, as one plain torch function each.

Sources: graph.py for the vocabulary; Ioffe and Szegedy 2015, Algorithm 1 and 2, for batch normalization.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it

from .graph import Node, Shape


class CannotRun(Exception):
    """A graph, or the part of it that is wanted, cannot be run; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation on values. `shapes` are those that were recorded for its operands.

    `mode` is the pass's: "eval", "train", or None for as the graph says, which is in `recorded`.
    """

    node: Node
    operands: Mapping[str, torch.Tensor]
    shapes: Mapping[str, Shape]
    dtype: torch.dtype
    device: torch.device
    mode: str | None
    recorded: str

    def __getitem__(self, role: str) -> torch.Tensor:
        return self.operands[role]

    def get(self, role: str) -> torch.Tensor | None:
        """The operand in that role, None where the operation has none."""
        return self.operands.get(role)

    @property
    def x(self) -> torch.Tensor:
        """The operand x, in the rank that it was recorded with: a classifier may drop axes of extent 1."""
        (role, x), *_ = self.operands.items()
        missing = len(self.shapes[role]) - x.dim()
        return x.reshape(*x.shape, *[1] * missing) if missing > 0 else x

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The operation's attributes."""
        return self.node.attrs

    @property
    def place(self) -> str:
        """The operation for people: its name, its node, its module."""
        return f"{self.node.op} (node {self.node.index}{', ' + self.node.where if self.node.where else ''})"

    def normalized_by_batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Batch normalization with the batch's statistics; with it the batch's mean and unbiased variance."""
        x = self.x
        if self.attrs["eps"] == 0:
            return _normalized_without_eps(x, self.get("gamma"), self.get("beta"))
        mean, var = (torch.zeros(x.shape[1], dtype=x.dtype, device=x.device) for _ in range(2))
        # with momentum 1 torch's own running statistics are the batch's
        y = F.batch_norm(x, mean, var, self.get("gamma"), self.get("beta"), True, 1.0, self.attrs["eps"])
        return y, mean, var


def _normalized_without_eps(
    x: torch.Tensor, gamma: torch.Tensor | None, beta: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As torch's batch normalization, which refuses an eps of 0 in training."""
    n = x.numel() // x.shape[1]
    if n < 2:
        raise ValueError("a variance needs more than one value per channel")
    var, mean = torch.var_mean(x, (0, *range(2, x.dim())), correction=0, keepdim=True)
    y = (x - mean) / var.sqrt()
    if gamma is not None:
        y = y * gamma.view_as(mean)
    if beta is not None:
        y = y + beta.view_as(mean)
    return y, mean.detach().flatten(), var.detach().flatten() * (n / (n - 1))


Operation = Callable[[Call], torch.Tensor]


def _conv(c: Call) -> torch.Tensor:
    x, padding = c.x, list(c.attrs["padding"])
    if len(padding) == 4:
        top, bottom, left, right = padding
        x, padding = F.pad(x, (left, right, top, bottom)), [0, 0]
    extra = list(c.attrs.get("output_padding", [0] * len(padding)))
    stride, dilation = list(c.attrs["stride"]), list(c.attrs["dilation"])
    transposed, groups = c.attrs.get("transposed", False), c.attrs["groups"]
    return torch.convolution(x, c["weight"], c.get("bias"), stride, padding, dilation, transposed, extra, groups)


def _batch_norm(c: Call) -> torch.Tensor:
    mean, var = c.get("mean"), c.get("var")
    if mean is None or var is None:
        return c.normalized_by_batch()[0]
    return F.batch_norm(c.x, mean, var, c.get("gamma"), c.get("beta"), False, 0.0, c.attrs["eps"])


def _linear(c: Call) -> torch.Tensor:
    x, weight = c.x, c["weight"]
    if weight.dim() == 4:  # a 1x1 convolution on pooled features, which simplify.py calls what it is
        x, weight = x.flatten(1), weight.flatten(1)
    return F.linear(x, weight, c.get("bias"))


def _region(c: Call, role: str) -> tuple[slice, ...]:
    """The region as Python's slices; one that went to the end of an axis goes to the end."""
    bounds = zip(c.attrs["start"], c.attrs["stop"], c.attrs["step"], c.shapes[role], strict=True)
    return tuple(slice(a, None if b >= extent else b, s) for a, b, s, extent in bounds)


def _slice(c: Call) -> torch.Tensor:
    return c.x[_region(c, c.node.roles[0])]


def _scatter(c: Call) -> torch.Tensor:
    whole = c["base"].clone()
    whole[_region(c, "base")] = c["src"]
    return whole


def _pad(c: Call) -> torch.Tensor:
    sides = [
        side for pair in zip(reversed(c.attrs["before"]), reversed(c.attrs["after"]), strict=True) for side in pair
    ]
    return F.pad(c.x, sides, value=c.attrs["value"])


def _spread(c: Call) -> torch.Tensor:
    x = c.x
    wide = x.new_zeros(x.shape[0], c.node.shape[1], *x.shape[2:])
    wide[:, list(c.attrs["places"])] = x
    return wide


def _max_pool(c: Call) -> torch.Tensor:
    x, kernel, padding = c.x, c.attrs["kernel"], tuple(c.attrs["padding"])
    stride, dilation, ceil = c.attrs["stride"], c.attrs["dilation"], c.attrs["ceil"]
    if len(padding) == 4 or any(2 * p > k for p, k in zip(padding, kernel, strict=True)):
        # padding that simplify.py folded into the pool: it is of zeros, behind a ReLU
        top, bottom, left, right = padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])
        x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
    return F.max_pool2d(x, kernel, stride, padding, dilation, ceil)


def _avg_pool(c: Call) -> torch.Tensor:
    a = c.attrs
    divisor = a.get("divisor")
    return F.avg_pool2d(c.x, a["kernel"], a["stride"], a["padding"], a["ceil"], a["count_include_pad"], divisor)


def _reshape(c: Call) -> torch.Tensor:
    shape, recorded = c.node.shape, c.shapes[c.node.roles[0]]
    if shape and recorded and shape[0] == recorded[0]:  # the batch, or whatever stands first, stays
        shape = (c.x.shape[0], *shape[1:])
    return c.x.reshape(shape)


def _dropout(c: Call) -> torch.Tensor:
    if c.attrs["rate"] and c.mode != "eval":
        raise CannotRun(f"{c.place} drops values at random (rate {c.attrs['rate']}): no two passes agree")
    return c.x


def _rrelu(c: Call) -> torch.Tensor:
    lower, upper = c.attrs["lower"], c.attrs["upper"]
    if (c.mode or c.recorded) == "train" and lower != upper:
        raise CannotRun(f"{c.place} draws its slope at random: no two passes agree")
    return F.leaky_relu(c.x, (lower + upper) / 2)


def _constant(c: Call) -> torch.Tensor:
    if not c.attrs.get("zero"):
        raise CannotRun(f"{c.place} holds values that were not recorded")
    return torch.zeros(c.node.shape, dtype=c.dtype, device=c.device)


def _cast(c: Call) -> torch.Tensor:
    if c.attrs.get("dtype") != str(c.x.dtype):
        raise CannotRun(f"{c.place} turns values into {c.attrs.get('dtype')}, which is not the dtype of this pass")
    return c.x


def _aten(c: Call) -> torch.Tensor:
    """An operation that graph.py does not name, by torch's own definition, where that leaves no doubt of operands."""
    name = c.node.op.removeprefix("aten.")
    packet = getattr(torch.ops.aten, name, None) if c.node.op.startswith("aten.") else None
    operands = list(c.operands.values())
    for overload in packet.overloads() if packet is not None else ():
        function = getattr(packet, overload)
        schema = function._schema
        takes = [a for a in schema.arguments if "Tensor" in str(a.type)]
        required = [a for a in takes if str(a.type) == "Tensor"]
        if schema.is_mutable or any("List" in str(a.type) for a in takes):
            continue
        if len(operands) not in (len(required), len(takes)) or not set(c.attrs) <= {a.name for a in schema.arguments}:
            continue
        given = dict(zip([a.name for a in (takes if len(operands) == len(takes) else required)], operands, strict=True))
        given |= {key: list(value) if isinstance(value, tuple) else value for key, value in c.attrs.items()}
        if any(a.name not in given and not a.has_default_value() for a in schema.arguments):
            continue
        if torch.Tag.nondeterministic_seeded in function.tags:
            raise CannotRun(f"{c.place} is random: no two passes agree")
        result = function(**given)
        first = result[0] if isinstance(result, tuple) else result
        if isinstance(first, torch.Tensor):
            return first
    raise CannotRun(f"{c.place} has no canonical meaning, so it cannot be run")


def _of_x(function: Callable[..., torch.Tensor], **names: str) -> Operation:
    """An operation of x alone; `names` says which of its attributes is which keyword of the function."""
    return lambda c: function(c.x, **{keyword: c.attrs[key] for keyword, key in names.items()})


def _of_two(function: Callable[..., torch.Tensor]) -> Operation:
    return lambda c: function(c["a"], c["b"], **({"alpha": c.attrs["alpha"]} if "alpha" in c.attrs else {}))


OPERATIONS: Mapping[str, Operation] = {
    "conv": _conv,
    "batch_norm": _batch_norm,
    "linear": _linear,
    **{name: _of_two(getattr(torch, name)) for name in ("add", "sub", "mul", "div", "maximum", "minimum")},
    "scale": lambda c: c.x * c.attrs["factor"],
    "add_scalar": lambda c: c.x + c.attrs["value"],
    "concat": lambda c: torch.cat(list(c.operands.values()), c.attrs["axis"]),
    "pad": _pad,
    "spread": _spread,
    "slice": _slice,
    "scatter": _scatter,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "global_avg_pool": lambda c: c.x.mean((2, 3), c.attrs["keepdim"]),
    "global_max_pool": lambda c: c.x.amax((2, 3), c.attrs["keepdim"]),
    "adaptive_avg_pool": lambda c: F.adaptive_avg_pool2d(c.x, c.attrs["size"]),
    "adaptive_max_pool": lambda c: F.adaptive_max_pool2d(c.x, c.attrs["size"]),
    "reshape": _reshape,
    "permute": lambda c: c.x.permute(c.attrs["order"]),
    "dropout": _dropout,
    "detach": lambda c: c.x.detach(),
    "constant": _constant,
    "softmax": _of_x(torch.softmax, dim="axis"),
    "log_softmax": _of_x(torch.log_softmax, dim="axis"),
    **{name: _of_x(getattr(torch, name)) for name in ("relu", "sigmoid", "tanh")},
    **{name: _of_x(getattr(F, name)) for name in ("relu6", "silu", "mish", "hardswish", "hardsigmoid")},
    "leaky_relu": _of_x(F.leaky_relu, negative_slope="negative_slope"),
    "gelu": _of_x(F.gelu, approximate="approximate"),
    "elu": _of_x(torch.ops.aten.elu, alpha="alpha", scale="scale", input_scale="input_scale"),
    "rrelu": _rrelu,
    "aten.mean": _of_x(torch.mean, dim="axes", keepdim="keepdim"),
    "aten.sum": _of_x(torch.sum, dim="axes", keepdim="keepdim"),
    "aten.amax": _of_x(torch.amax, dim="axes", keepdim="keepdim"),
    "aten._to_copy": _cast,
}


def operation_of(node: Node) -> Operation:
    """The function that computes a node; one that graph.py does not name is tried by torch's own definition."""
    return OPERATIONS.get(node.op, _aten)
