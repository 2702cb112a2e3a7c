"""aten's arithmetic, constants and movements of values as canonical operations."""

from __future__ import annotations

import torch

from . import selections
from .calls import Call, Lowering, generic
from .facts import UNKNOWN, Fact
from .views import slice_step


def binary(op: str) -> Lowering:
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


def extremum(op: str) -> Lowering:
    return lambda c: c.emit(op, {"a": selections.operand(c, "self"), "b": selections.operand(c, "other")})


def concat(c: Call) -> int:
    tensors = [t for t in c["tensors"] if t.dim() > 1 or t.numel()]
    return c.emit("concat", tuple(c.read(t) for t in tensors), {"axis": c.get("dim", 0) % len(c.shape)})


def stack(c: Call) -> int:
    axis = c["dim"] % len(c.shape)
    one = (*c.shape[:axis], 1, *c.shape[axis + 1 :])
    parts = tuple(c.emitter.emit("reshape", {"x": c.read(t)}, {}, one) for t in c["tensors"])
    return c.emit("concat", parts, {"axis": axis})


def pad(c: Call) -> int:
    pads, rank = list(c["pad"]), len(c.shape)
    before, after = [0] * rank, [0] * rank
    for i in range(len(pads) // 2):
        before[rank - 1 - i], after[rank - 1 - i] = pads[2 * i], pads[2 * i + 1]
    return c.emit("pad", {"x": c.x()}, {"before": tuple(before), "after": tuple(after), "value": float(c["value"])})


def identity(c: Call) -> int:
    return c.x()


def cast(c: Call) -> int:
    dtype = c.get("dtype")
    return c.x() if dtype in (None, c["self"].dtype) else generic(c)


def copy(c: Call) -> int:
    src = c.node("src")
    assert src is not None
    if c["src"].dtype != c["self"].dtype:
        src = c.emitter.emit("aten._to_copy", {"x": src}, {"dtype": str(c["self"].dtype)}, tuple(c["src"].shape))
    return src if tuple(c["src"].shape) == c.shape else c.emit("aten.expand", {"x": src}, {"size": c.shape})


def constant(fill: float | None = None, uniform: float | None = None) -> Lowering:
    fact = Fact(fill=fill, uniform=uniform)
    return lambda c: c.emitter.constant(c.shape, fact)


def arange(c: Call) -> int:
    """Numbers in equal steps."""
    count = (c.get("start", 0), c.get("step", 1))
    return c.emitter.constant(c.shape, Fact(count=count) if all(type(n) is int for n in count) else UNKNOWN)


def full(c: Call) -> int:
    value = c.get("fill_value", c.get("value", c.get("s")))
    if isinstance(value, torch.Tensor):  # torch 2.11 fills with a number that it made a tensor of
        source = c.node("value")
        if source is not None and c.emitter[source].op != "constant":
            return c.emit("aten.expand", {"x": source}, {"size": c.shape})
        return c.emitter.constant(c.shape, UNKNOWN if source is None else c.emitter.fact(source))
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return c.emitter.constant(c.shape, Fact(fill=float(value)) if number else UNKNOWN)


def bernoulli(c: Call) -> int:
    p = c.get("p")
    if isinstance(p, (int, float)):
        return c.emitter.constant(c.shape, Fact(keep=float(p)))
    return generic(c)


def uniform(c: Call) -> int:
    unit = c["from"] == 0 and c["to"] == 1
    return c.emitter.constant(c.shape, Fact(uniform=0.0) if unit else UNKNOWN)


def scatter(c: Call) -> int:
    source = tuple(c["self"].shape)
    src, base = c.node("src"), c.node("self")
    axis = c["dim"] % len(source)
    if c.name == "select_scatter":
        step = slice_step(source, axis, c["index"] % source[axis], c["index"] % source[axis] + 1, 1)
        src = c.emitter.emit("reshape", {"x": src}, {}, step.shape)
    else:
        step = slice_step(source, axis, c["start"], c["end"], c["step"])
    assert src is not None
    assert base is not None
    return step.put(c.emitter, base, src)
