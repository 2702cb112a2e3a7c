"""aten's layers as canonical ones: convolution, batch norm, linear, activations, pooling, dropout."""

from __future__ import annotations

import math
from typing import Any

import torch

from . import selections
from .calls import Call, Lowering, axes, generic, pair
from .products import one_matrix
from .views import region


def convolution(c: Call) -> int:
    kernel = tuple(c["weight"].shape[2:])
    n = len(kernel)
    attrs: dict[str, Any] = {"kernel": kernel} | {key: pair(c[key], n) for key in ("stride", "padding", "dilation")}
    attrs |= {"groups": c["groups"], "transposed": c["transposed"]}
    if c["transposed"]:
        attrs["output_padding"] = pair(c["output_padding"], n)
    x, weight, bias = c.node("input"), c.node("weight"), c.node("bias")
    assert weight is not None
    if bias is None and (taken := selections.convolution(c, attrs)) is not None:
        return taken
    each = c["groups"] == c["input"].shape[1] == c.shape[1] > 1 and not c["transposed"]
    if each and bias is None and not c.emitter.is_learned(weight):
        return c.emit("blur", {"x": x, "weight": weight}, attrs)  # nothing in it is learned
    return c.emit("conv", {"x": x, "weight": weight, "bias": bias}, attrs)


def batch_norm(c: Call) -> int:
    batch = c.get("training", c.name == "_batch_norm_with_update")
    mean, var = c.node("running_mean"), c.node("running_var")
    eps = c.get("eps", c.get("epsilon"))
    momentum = c.get("momentum", c.get("exponential_average_factor"))
    attrs = {"eps": eps, "momentum": momentum, "batch_statistics": bool(batch) or mean is None}
    roles = {
        "x": c.node("input"),
        "gamma": c.node("weight"),
        "beta": c.node("bias"),
        "mean": mean,
        "var": var,
    }
    return c.emit("batch_norm", roles, attrs)


def relu(c: Call) -> int:
    return c.emit("relu", {"x": c.x()})


def clamp(c: Call) -> int:
    low, high = c.get("min"), c.get("max")
    if c.name in ("clamp_min", "clamp", "clip", "hardtanh") and not isinstance(low, torch.Tensor):
        low, high = c.get("min_val", low), c.get("max_val", high)
        if low == 0 and high in (None, math.inf):
            return relu(c)
        if low == 0 and high == 6:
            return c.emit("relu6", {"x": c.x()})
    elif isinstance(low, torch.Tensor) and high is None:
        return c.emit("maximum", {"a": c.x(), "b": c.read(low)})
    return generic(c)


def leaky_relu(c: Call) -> int:
    return relu(c) if c["negative_slope"] == 0 else activation("leaky_relu", "negative_slope")(c)


def threshold(c: Call) -> int:
    return relu(c) if c["threshold"] == 0 and c["value"] == 0 else generic(c)


def activation(name: str, *attrs: str) -> Lowering:
    return lambda c: c.emit(name, {"x": c.x()}, {key: c[key] for key in attrs})


def linear(x: str, weight: str, bias: str | None = None) -> Lowering:
    """x @ weight + bias; of three axes the first has one element, as einsum and bmm have it."""

    def lower(c: Call) -> int:
        e, w, source = c.emitter, c.node(weight), c.node(x)
        if w is None or source is None or c.get("beta", 1) != 1 or c.get("alpha", 1) != 1:
            return generic(c)
        w, source = one_matrix(e, w), one_matrix(e, source)
        if c.name != "linear" and e.depends[w] and not e.depends[source] and bias is None:
            return _transposed(c, source, w)
        if e.depends[w]:
            return generic(c)
        if len(e[w].shape) == 3 and e[w].shape[0] == e[source].shape[0] == 1:
            return _batch_of_one(c, source, w, c.node(bias) if bias else None)
        if len(e[w].shape) != 2:
            return generic(c)
        if c.name != "linear":  # aten has x @ w; a linear layer's weight is its transpose
            w = e.emit("permute", {"x": w}, {"order": (1, 0)}, e[w].shape[::-1])
        return c.emit("linear", {"x": source, "weight": w, "bias": c.node(bias) if bias else None})

    return lower


def _batch_of_one(c: Call, x: int, weight: int, bias: int | None) -> int:
    e = c.emitter
    x, weight = (e.emit("reshape", {"x": i}, {}, e[i].shape[1:]) for i in (x, weight))
    weight = e.emit("permute", {"x": weight}, {"order": (1, 0)}, e[weight].shape[::-1])
    found = e.emit("linear", {"x": x, "weight": weight}, {}, c.shape[1:])
    if bias is not None:
        found = e.emit("add", {"a": found, "b": bias}, {"alpha": 1}, c.shape[1:])
    return e.emit("reshape", {"x": found}, {}, c.shape)


def _transposed(c: Call, weight: int, x: int) -> int:
    """weight @ x, as (x' @ weight')'; aten has the weight as a linear layer has it."""
    e, rank = c.emitter, len(c.shape)
    if rank not in (2, 3) or set(e[weight].shape[:-2]) - {1}:
        return generic(c)
    weight = e.emit("reshape", {"x": weight}, {}, e[weight].shape[-2:])
    order = (*range(rank - 2), rank - 1, rank - 2)
    x = e.emit("permute", {"x": x}, {"order": order}, tuple(e[x].shape[i] for i in order))
    found = e.emit("linear", {"x": x, "weight": weight}, {}, tuple(c.shape[i] for i in order))
    return e.emit("permute", {"x": found}, {"order": order}, c.shape)


def reduce(op: str) -> Lowering:
    def lower(c: Call) -> int:
        if c.get("dtype") not in (None, c["self"].dtype):
            return generic(c)
        dims = axes(c.get("dim"), c["self"].dim())
        return c.emit(op, {"x": c.x()}, {"axes": dims, "keepdim": bool(c.get("keepdim", False))})

    return lower


def adaptive(op: str, name: str, plain: str) -> Lowering:
    """Pooling to a size: over all positions, over windows of one size where they fit, or neither."""

    def lower(c: Call) -> int:
        size = pair(c["output_size"])
        if size == (1, 1) and len(c.shape) == 4:
            return c.emit(op, {"x": c.x()}, {"keepdim": True})
        given = tuple(c["self"].shape[-2:])
        if size == given:
            return c.x()
        if any(n % out for n, out in zip(given, size, strict=True)):
            return c.emit(name, {"x": c.x()}, {"size": size})
        kernel = tuple(n // out for n, out in zip(given, size, strict=True))  # windows that do not overlap
        attrs = {"kernel": kernel, "stride": kernel, "padding": (0, 0), "dilation": (1, 1), "ceil": False}
        return c.emit(plain, {"x": c.x()}, attrs | ({"count_include_pad": True} if plain == "avg_pool" else {}))

    return lower


def pool(op: str) -> Lowering:
    def lower(c: Call) -> int:
        kernel = pair(c["kernel_size"])
        stride = pair(c["stride"] or kernel)
        padding, dilation = pair(c["padding"]), pair(c.get("dilation", 1))
        divisor = c.get("divisor_override")
        if set(kernel) == {1} and not any(padding) and divisor in (None, 1) and c["self"].dim() == 4:
            bounds = [(0, n, s) for n, s in zip(c["self"].shape, (1, 1, *stride), strict=True)]
            return region(tuple(c["self"].shape), c.shape, bounds).take(c.emitter, c.x())
        attrs: dict[str, Any] = {
            "kernel": kernel,
            "stride": stride,
            "padding": padding,
            "ceil": c["ceil_mode"],
        }
        attrs["dilation"] = dilation
        if op == "avg_pool":
            attrs["count_include_pad"] = c["count_include_pad"]
            attrs |= {} if divisor is None else {"divisor": divisor}
        return c.emit(op, {"x": c.x()}, attrs)

    return lower


def nearest(c: Call) -> int:
    source, e = tuple(c["self"].shape), c.emitter
    steps = [a // b for a, b in zip(source[2:], c.shape[2:], strict=True) if b]
    if tuple(s * n for s, n in zip(steps, c.shape[2:], strict=False)) != source[2:]:
        return generic(c)
    bounds = [(0, n, s) for n, s in zip(source, (1, 1, *steps), strict=True)]
    return region(source, c.shape, bounds).take(e, c.x())


def dropout(c: Call) -> int:
    return c.emit("dropout", {"x": c.x()}, {"rate": c["p"]}) if c.get("train") is not False else c.x()


def softmax(op: str) -> Lowering:
    return lambda c: c.emit(op, {"x": c.x()}, {"axis": c["dim"] % max(1, len(c.shape))})
