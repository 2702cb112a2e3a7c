"""Rewrites to the canonical form: one node for each meaning, whatever it was written in.

Each rewrite takes the operands by role, the attributes and the shape of the result, and returns the
index of the node that means the same, or None where there is nothing to rewrite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from ..graph import Shape
from . import kinks, layouts, masks, pooled, products, rectifiers, samples, scatters, sights
from . import parts as layer_parts

if TYPE_CHECKING:
    from .emitter import Emitter

Named = Mapping[str, int]
Rewrite = Callable[["Emitter", Named, Mapping[str, Any], Shape], int | None]


def _reshape(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    source = x["x"]
    while e[source].op == "reshape":
        source = e[source].inputs[0]
    if e[source].shape == shape:
        return source
    if (back := sights.undone(e, source, "reshape", attrs, shape)) is not None:
        return back
    if (taken := samples.of_map(e, source, "reshape", attrs, shape)) is not None:
        return taken
    node, longer = e[source], [n for n in shape if n != 1]
    if node.op == "permute" and 1 in node.shape and [n for n in node.shape if n != 1] == longer:
        inner = e[node.inputs[0]].shape  # axes of one element go first, so that what moves the others back meets them
        kept = [i for i, n in enumerate(inner) if n != 1]
        order = tuple(kept.index(i) for i in node.attrs["order"] if i in kept)
        source = e.emit("reshape", {"x": node.inputs[0]}, {}, tuple(inner[i] for i in kept))
        source = e.emit("permute", {"x": source}, {"order": order}, tuple(longer))
        return source if shape == tuple(longer) else e.append("reshape", {"x": source}, {}, shape)
    return e.append("reshape", {"x": source}, {}, shape) if source != x["x"] else None


def _permute(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    node, order = e[x["x"]], tuple(attrs["order"])
    source = x["x"]
    if node.op == "permute":
        source, order = node.inputs[0], tuple(node.attrs["order"][i] for i in order)
    if order == tuple(range(len(order))):
        return source
    if (back := sights.undone(e, source, "permute", {"order": order}, shape)) is not None:
        return back
    if [i for i in order if e[source].shape[i] != 1] == [i for i, n in enumerate(e[source].shape) if n != 1]:
        return e.emit("reshape", {"x": source}, {}, shape)  # only axes of one element have moved
    return e.append("permute", {"x": source}, {"order": order}, shape)


def _slice(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    source, node = x["x"], e[x["x"]]
    start, stop, step = attrs["start"], attrs["stop"], attrs["step"]
    if shape == node.shape and all(s == 1 for s in step):
        return source
    if (taken := samples.of_map(e, source, "slice", attrs, shape)) is not None:
        return taken
    if node.op == "slice":
        source = node.inputs[0]
        first = zip(node.attrs["start"], node.attrs["stop"], node.attrs["step"], node.shape, strict=True)
        merged = []
        for (a, b, s), extent, (c, d, t) in zip(
            ((a, b, s) for a, b, s, _ in first), node.shape, zip(start, stop, step, strict=True), strict=True
        ):
            merged.append((a + c * s, b if d == extent else min(b, a + d * s), s * t))
        start, stop, step = (tuple(m[k] for m in merged) for k in range(3))
    elif (taken := layouts.slice_(e, x, attrs, shape)) is not None:
        return taken
    return e.append("slice", {"x": source}, {"start": start, "stop": stop, "step": step}, shape)


def _pad(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    source, node = x["x"], e[x["x"]]
    before, after, value = attrs["before"], attrs["after"], attrs["value"]
    if not any(before) and not any(after):
        return source
    if min((*before, *after)) < 0:  # a negative padding crops
        start = tuple(max(0, -b) for b in before)
        stop = tuple(n - max(0, -a) for n, a in zip(node.shape, after, strict=True))
        cropped = tuple(b - a for a, b in zip(start, stop, strict=True))
        source = e.emit("slice", {"x": source}, {"start": start, "stop": stop, "step": (1,) * len(start)}, cropped)
        rest = {
            "before": tuple(max(0, b) for b in before),
            "after": tuple(max(0, a) for a in after),
            "value": value,
        }
        return e.emit("pad", {"x": source}, rest, shape)
    if (alike := layouts.pad(e, x, attrs, shape)) is not None:
        return alike
    if node.op == "pad" and node.attrs["value"] == value:
        source = node.inputs[0]
        before = tuple(a + b for a, b in zip(node.attrs["before"], before, strict=True))
        after = tuple(a + b for a, b in zip(node.attrs["after"], after, strict=True))
    return e.append("pad", {"x": source}, {"before": before, "after": after, "value": value}, shape)


def _concat(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    parts, axis = tuple(x.values()), attrs["axis"]
    values = [i for i, part in enumerate(parts) if not e.is_zero(part)]
    if len(values) != 1:
        return layer_parts.concat(e, x, attrs, shape)
    place = values[0]
    before, after = [0] * len(shape), [0] * len(shape)
    before[axis] = sum(e[p].shape[axis] for p in parts[:place])
    after[axis] = sum(e[p].shape[axis] for p in parts[place + 1 :])
    return e.emit("pad", {"x": parts[place]}, {"before": tuple(before), "after": tuple(after), "value": 0.0}, shape)


def _add(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    if attrs["alpha"] != 1:
        return None
    if (alike := sights.elementwise("add")(e, x, attrs, shape)) is not None:
        return alike
    if (whole := layer_parts.add(e, x, attrs, shape)) is not None:
        return whole
    if (rectified := kinks.relu(e, "add", x, attrs, shape)) is not None:
        return rectified
    for product, bias in ((x["a"], x["b"]), (x["b"], x["a"])):
        node, learned = e[product], not e.depends[bias] and e[bias].op != "constant"
        across = learned and prod(e[bias].shape) == shape[-1] and e[bias].shape[-1:] == shape[-1:]
        if across and node.op == "linear" and node.shape == shape and "bias" not in node.roles:
            e.effects.add(product)
            row = e.emit("reshape", {"x": bias}, {}, shape[-1:])
            return e.append("linear", dict(zip(node.roles, node.inputs, strict=True)) | {"bias": row}, {}, shape)
    return layouts.arithmetic("add")(e, x, attrs, shape)


def _sub(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """a - (-b) is a + b."""
    negated = e[x["b"]]
    if attrs["alpha"] == -1:
        return e.emit("add", x, {"alpha": 1}, shape)
    if (rectified := kinks.relu(e, "sub", x, attrs, shape)) is not None:
        return rectified
    if negated.op != "scale" or negated.attrs["factor"] * attrs["alpha"] != -1:
        return layouts.arithmetic("sub")(e, x, attrs, shape)
    e.effects.add(negated.index)
    return e.emit("add", {"a": x["a"], "b": negated.inputs[0]}, {"alpha": 1}, shape)


def _mul(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    for value, mask in ((x["a"], x["b"]), (x["b"], x["a"])):
        if e.is_zero(mask):
            return e.constant(shape, e.fact(mask))
        if (kept := masks.masked(e, value, mask, shape)) is not None:
            return kept
        node = e[mask]
        if node.op == "aten._to_copy":
            node = e[node.inputs[0]]
        if rectifiers.compared(e, node.index, value, "gt", "ge"):
            e.effects.update((mask, node.index))
            return e.emit("relu", {"x": value}, {}, shape)
    return layouts.arithmetic("mul")(e, x, attrs, shape)


def _scale(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    node, factor = e[x["x"]], attrs["factor"]
    if factor == 1:
        return x["x"]
    if factor == 0:
        from .facts import Fact

        return e.constant(shape, Fact(fill=0.0))
    if (rectified := kinks.relu(e, "scale", x, attrs, shape)) is not None:
        return rectified
    if node.op == "dropout" and node.attrs.get("scaled") is False and abs(factor * (1 - node.attrs["rate"]) - 1) < 1e-6:
        kept = {key: value for key, value in node.attrs.items() if key != "scaled"}
        e.effects.add(node.index)
        return e.append("dropout", {"x": node.inputs[0]}, kept, shape)
    if node.op == "aten.sum":  # a sum over all positions, divided by their number
        source = e[node.inputs[0]].shape
        if abs(factor * prod(source[i] for i in node.attrs["axes"]) - 1) < 1e-6:
            e.effects.add(node.index)
            return e.emit("aten.mean", {"x": node.inputs[0]}, node.attrs, shape)
    return None


def _add_scalar(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    return x["x"] if attrs["value"] == 0 else None


REWRITES: Mapping[str, Rewrite] = {
    "reshape": _reshape,
    "permute": _permute,
    "slice": _slice,
    "pad": _pad,
    "concat": _concat,
    "scatter": scatters.scatter,
    "add": _add,
    "sub": _sub,
    "aten.sum": pooled.total,
    **dict.fromkeys(("global_avg_pool", "avg_pool"), pooled.window),
    "mul": _mul,
    "scale": _scale,
    "add_scalar": _add_scalar,
    **{op: layouts.arithmetic(op) for op in ("div", "aten.addcmul", "aten.addcdiv")},
    "relu": sights.elementwise("relu"),
    "batch_norm": sights.batch_norm,
    "linear": products.linear,
    "conv": products.strided,
    "maximum": rectifiers.maximum,
    "aten.where": rectifiers.where,
    **dict.fromkeys(("aten.masked_fill", "aten.index_put"), rectifiers.masked_fill),
    "aten.mean": pooled.reduction("global_avg_pool", "aten.mean"),
    "aten.amax": pooled.reduction("global_max_pool", "aten.amax"),
}
