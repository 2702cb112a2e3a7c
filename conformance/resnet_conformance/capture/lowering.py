"""The table from aten operations to canonical ones: names, roles and attributes as graph.py lists them.

An entry takes a Call and returns the node of the operation's (first) result. An operation without an entry keeps its own
name, its tensors as operands x0, x1, ... and its plain arguments as attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..graph import Shape
from .emitter import Emitter
from .facts import UNKNOWN, Fact
from .views import region, slice_step


@dataclass(slots=True)
class Call:
    """One call of an aten operation, its arguments by name, and the shape of its (first) result."""

    name: str
    args: Mapping[str, Any]
    shape: Shape
    emitter: Emitter
    read: Callable[[torch.Tensor], int]

    def __getitem__(self, key: str) -> Any:
        return self.args[key]

    def get(self, key: str, default: Any = None) -> Any:
        """An argument, or the default where the operation has none of that name."""
        return self.args.get(key, default)

    def node(self, key: str) -> int | None:
        """The node of a tensor argument; None where it is absent."""
        value = self.args.get(key)
        return self.read(value) if isinstance(value, torch.Tensor) else None

    def x(self) -> int:
        """The node of the first argument."""
        return self.read(next(iter(self.args.values())))

    def emit(self, op: str, operands: Mapping[str, int | None] | tuple[int, ...], attrs: Mapping[str, Any] | None = None) -> int:
        """Emit a node with the shape of the result."""
        return self.emitter.emit(op, operands, attrs or {}, self.shape)


Lowering = Callable[[Call], int]


def _pair(values: Any, n: int = 2) -> tuple[int, ...]:
    listed: tuple[int, ...] = tuple(values) if isinstance(values, Sequence) else (values,)
    return listed * n if len(listed) == 1 else listed


def _axes(dims: Any, rank: int) -> tuple[int, ...]:
    if dims is None or (isinstance(dims, Sequence) and not dims):
        return tuple(range(rank))
    return tuple(sorted(d % rank for d in (dims if isinstance(dims, Sequence) else (dims,)))) if rank else ()


def _convolution(c: Call) -> int:
    kernel = tuple(c["weight"].shape[2:])
    n = len(kernel)
    attrs: dict[str, Any] = {"kernel": kernel} | {key: _pair(c[key], n) for key in ("stride", "padding", "dilation")}
    attrs |= {"groups": c["groups"], "transposed": c["transposed"]}
    if c["transposed"]:
        attrs["output_padding"] = _pair(c["output_padding"], n)
    return c.emit("conv", {"x": c.node("input"), "weight": c.node("weight"), "bias": c.node("bias")}, attrs)


def _batch_norm(c: Call) -> int:
    batch = c.get("training", c.name == "_batch_norm_with_update")
    mean, var = c.node("running_mean"), c.node("running_var")
    eps = c.get("eps", c.get("epsilon"))
    momentum = c.get("momentum", c.get("exponential_average_factor"))
    attrs = {"eps": eps, "momentum": momentum, "batch_statistics": bool(batch) or mean is None}
    roles = {"x": c.node("input"), "gamma": c.node("weight"), "beta": c.node("bias"), "mean": mean, "var": var}
    return c.emit("batch_norm", roles, attrs)


def _relu(c: Call) -> int:
    return c.emit("relu", {"x": c.x()})


def _clamp(c: Call) -> int:
    low, high = c.get("min"), c.get("max")
    if c.name in ("clamp_min", "clamp", "clip", "hardtanh") and not isinstance(low, torch.Tensor):
        low, high = c.get("min_val", low), c.get("max_val", high)
        if low == 0 and high is None:
            return _relu(c)
        if low == 0 and high == 6:
            return c.emit("relu6", {"x": c.x()})
    elif isinstance(low, torch.Tensor) and high is None:
        return c.emit("maximum", {"a": c.x(), "b": c.read(low)})
    return generic(c)


def _threshold(c: Call) -> int:
    return _relu(c) if c["threshold"] == 0 and c["value"] == 0 else generic(c)


def _activation(name: str, *attrs: str) -> Lowering:
    return lambda c: c.emit(name, {"x": c.x()}, {key: c[key] for key in attrs})


def _binary(op: str) -> Lowering:
    def lower(c: Call) -> int:
        other, alpha = c["other"], c.get("alpha", 1)
        if isinstance(other, torch.Tensor):
            attrs = {"alpha": alpha} if op in ("add", "sub") else {}
            if op == "div" and c.get("rounding_mode") is not None:
                return generic(c)
            return c.emit(op, {"a": c.node("self"), "b": c.read(other)}, attrs)
        if op in ("add", "sub"):
            return c.emit("add_scalar", {"x": c.x()}, {"value": (other if op == "add" else -other) * alpha})
        if op == "div" and (c.get("rounding_mode") is not None or not other):
            return generic(c)
        return c.emit("scale", {"x": c.x()}, {"factor": float(other if op == "mul" else 1 / other)})

    return lower


def _extremum(op: str) -> Lowering:
    return lambda c: c.emit(op, {"a": c.node("self"), "b": c.node("other")})


def _linear(x: str, weight: str, bias: str | None = None) -> Lowering:
    def lower(c: Call) -> int:
        e, w = c.emitter, c.node(weight)
        if w is None or e.depends[w] or len(e[w].shape) != 2 or c.get("beta", 1) != 1 or c.get("alpha", 1) != 1:
            return generic(c)
        if c.name != "linear":  # aten has x @ w; a linear layer's weight is its transpose
            w = e.emit("permute", {"x": w}, {"order": (1, 0)}, e[w].shape[::-1])
        return c.emit("linear", {"x": c.node(x), "weight": w, "bias": c.node(bias) if bias else None})

    return lower


def _reduce(op: str) -> Lowering:
    def lower(c: Call) -> int:
        if c.get("dtype") not in (None, c["self"].dtype):
            return generic(c)
        axes = _axes(c.get("dim"), c["self"].dim())
        return c.emit(op, {"x": c.x()}, {"axes": axes, "keepdim": bool(c.get("keepdim", False))})

    return lower


def _adaptive(op: str, name: str) -> Lowering:
    def lower(c: Call) -> int:
        size = _pair(c["output_size"])
        if size == (1, 1) and len(c.shape) == 4:
            return c.emit(op, {"x": c.x()}, {"keepdim": True})
        return c.x() if size == tuple(c["self"].shape[-2:]) else c.emit(name, {"x": c.x()}, {"size": size})

    return lower


def _pool(op: str) -> Lowering:
    def lower(c: Call) -> int:
        kernel = _pair(c["kernel_size"])
        stride = _pair(c["stride"] or kernel)
        padding, dilation = _pair(c["padding"]), _pair(c.get("dilation", 1))
        divisor = c.get("divisor_override")
        if set(kernel) == {1} and not any(padding) and divisor in (None, 1) and c["self"].dim() == 4:
            bounds = [(0, n, s) for n, s in zip(c["self"].shape, (1, 1, *stride), strict=True)]
            return region(tuple(c["self"].shape), c.shape, bounds).take(c.emitter, c.x())
        attrs: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": c["ceil_mode"]}
        attrs["dilation"] = dilation
        if op == "avg_pool":
            attrs["count_include_pad"] = c["count_include_pad"]
            attrs |= {} if divisor is None else {"divisor": divisor}
        return c.emit(op, {"x": c.x()}, attrs)

    return lower


def _nearest(c: Call) -> int:
    source, e = tuple(c["self"].shape), c.emitter
    steps = [a // b for a, b in zip(source[2:], c.shape[2:], strict=True) if b]
    if tuple(s * n for s, n in zip(steps, c.shape[2:], strict=False)) != source[2:]:
        return generic(c)
    bounds = [(0, n, s) for n, s in zip(source, (1, 1, *steps), strict=True)]
    return region(source, c.shape, bounds).take(e, c.x())


def _concat(c: Call) -> int:
    tensors = [t for t in c["tensors"] if t.dim() > 1 or t.numel()]
    return c.emit("concat", tuple(c.read(t) for t in tensors), {"axis": c.get("dim", 0) % len(c.shape)})


def _stack(c: Call) -> int:
    axis = c["dim"] % len(c.shape)
    one = (*c.shape[:axis], 1, *c.shape[axis + 1 :])
    parts = tuple(c.emitter.emit("reshape", {"x": c.read(t)}, {}, one) for t in c["tensors"])
    return c.emit("concat", parts, {"axis": axis})


def _pad(c: Call) -> int:
    pads, rank = list(c["pad"]), len(c.shape)
    before, after = [0] * rank, [0] * rank
    for i in range(len(pads) // 2):
        before[rank - 1 - i], after[rank - 1 - i] = pads[2 * i], pads[2 * i + 1]
    return c.emit("pad", {"x": c.x()}, {"before": tuple(before), "after": tuple(after), "value": float(c["value"])})


def _dropout(c: Call) -> int:
    return c.emit("dropout", {"x": c.x()}, {"rate": c["p"]}) if c.get("train") is not False else c.x()


def _softmax(op: str) -> Lowering:
    return lambda c: c.emit(op, {"x": c.x()}, {"axis": c["dim"] % max(1, len(c.shape))})


def _identity(c: Call) -> int:
    return c.x()


def _cast(c: Call) -> int:
    dtype = c.get("dtype")
    return c.x() if dtype in (None, c["self"].dtype) else generic(c)


def _copy(c: Call) -> int:
    src = c.node("src")
    assert src is not None
    if c["src"].dtype != c["self"].dtype:
        src = c.emitter.emit("aten._to_copy", {"x": src}, {"dtype": str(c["self"].dtype)}, tuple(c["src"].shape))
    return src if tuple(c["src"].shape) == c.shape else c.emit("aten.expand", {"x": src}, {"size": c.shape})


def _constant(fill: float | None = None, uniform: float | None = None) -> Lowering:
    fact = Fact(fill=fill, uniform=uniform)
    return lambda c: c.emitter.constant(c.shape, fact)


def _full(c: Call) -> int:
    value = c.get("fill_value", c.get("value"))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return c.emitter.constant(c.shape, Fact(fill=float(value)) if number else UNKNOWN)


def _bernoulli(c: Call) -> int:
    p = c.get("p")
    if isinstance(p, (int, float)):
        return c.emitter.constant(c.shape, Fact(keep=float(p)))
    return generic(c)


def _uniform(c: Call) -> int:
    unit = c["from"] == 0 and c["to"] == 1
    return c.emitter.constant(c.shape, Fact(uniform=0.0) if unit else UNKNOWN)


def _scatter(c: Call) -> int:
    source = tuple(c["self"].shape)
    src, base = c.node("src"), c.node("self")
    axis = c["dim"] % len(source)
    if c.name == "select_scatter":
        step = slice_step(source, axis, c["index"] % source[axis], c["index"] % source[axis] + 1, 1)
        src = c.emitter.emit("reshape", {"x": src}, {}, step.shape)
    else:
        step = slice_step(source, axis, c["start"], c["end"], c["step"])
    assert src is not None and base is not None
    return step.put(c.emitter, base, src)


def generic(c: Call) -> int:
    """An operation under its own name."""
    operands: list[int] = []
    attrs: dict[str, Any] = {}
    for key, value in c.args.items():
        items = value if isinstance(value, (list, tuple)) else (value,)
        if any(isinstance(item, torch.Tensor) for item in items):
            operands.extend(c.read(item) for item in items if isinstance(item, torch.Tensor))
        elif isinstance(value, (bool, int, float, str)):
            attrs[key] = value
        elif isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float, str)) for item in value):
            attrs[key] = tuple(value)
        elif isinstance(value, torch.dtype):
            attrs[key] = str(value)
    name = c.name if "." in c.name else f"aten.{c.name}"
    return c.emitter.emit(name, tuple(operands), attrs, c.shape) if operands else c.emitter.constant(c.shape)


LOWERINGS: Mapping[str, Lowering] = {
    **dict.fromkeys(("convolution", "_convolution", "convolution_overrideable"), _convolution),
    **dict.fromkeys(
        (
            *("native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm", "_native_batch_norm_legit"),
            *("_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training"),
            *("_batch_norm_with_update", "_batch_norm_with_update_functional", "_batch_norm_no_update"),
        ),
        _batch_norm,
    ),
    "relu": _relu,
    **dict.fromkeys(("clamp", "clamp_min", "clip", "hardtanh"), _clamp),
    "relu6": _activation("relu6"),
    "threshold": _threshold,
    "leaky_relu": _activation("leaky_relu", "negative_slope"),
    "gelu": _activation("gelu", "approximate"),
    **{name: _activation(name) for name in ("silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh")},
    "elu": _activation("elu", "alpha", "scale", "input_scale"),
    **{name: _binary(name) for name in ("add", "sub", "mul", "div")},
    "maximum": _extremum("maximum"),
    "minimum": _extremum("minimum"),
    "neg": lambda c: c.emit("scale", {"x": c.x()}, {"factor": -1.0}),
    "addmm": _linear("mat1", "mat2", "self"),
    "mm": _linear("self", "mat2"),
    "matmul": _linear("self", "other"),
    "linear": _linear("input", "weight", "bias"),
    "mean": _reduce("aten.mean"),
    "sum": _reduce("aten.sum"),
    "amax": _reduce("aten.amax"),
    "max": lambda c: _reduce("aten.amax")(c) if "dim" in c.args else _extremum("maximum")(c) if "other" in c.args else generic(c),
    **dict.fromkeys(("_adaptive_avg_pool2d", "adaptive_avg_pool2d"), _adaptive("global_avg_pool", "adaptive_avg_pool")),
    "adaptive_max_pool2d": _adaptive("global_max_pool", "adaptive_max_pool"),
    **dict.fromkeys(("max_pool2d_with_indices", "max_pool2d"), _pool("max_pool")),
    "avg_pool2d": _pool("avg_pool"),
    **dict.fromkeys(("upsample_nearest2d", "_upsample_nearest_exact2d"), _nearest),
    "cat": _concat,
    "stack": _stack,
    "constant_pad_nd": _pad,
    "native_dropout": _dropout,
    "dropout": _dropout,
    **dict.fromkeys(("_softmax", "softmax"), _softmax("softmax")),
    **dict.fromkeys(("_log_softmax", "log_softmax"), _softmax("log_softmax")),
    **dict.fromkeys(("clone", "contiguous", "lift_fresh_copy", "detach_copy", "alias_copy"), _identity),
    "_to_copy": _cast,
    "copy": _copy,
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros", "zero"), _constant(0.0)),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), _constant(1.0)),
    **dict.fromkeys(("full", "full_like", "new_full", "fill"), _full),
    **dict.fromkeys(("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided", "empty_permuted"), _constant()),
    **dict.fromkeys(("rand", "rand_like"), _constant(uniform=0.0)),
    **dict.fromkeys(("randn", "randn_like", "normal", "randint", "randint_like", "arange", "exponential"), _constant()),
    "uniform": _uniform,
    "bernoulli": _bernoulli,
    **dict.fromkeys(("slice_scatter", "select_scatter"), _scatter),
}
