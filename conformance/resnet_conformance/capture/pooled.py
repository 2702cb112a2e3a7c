"""Sums and means over axes: those over all positions of a map are a global pooling, however they were written.

The rewrites have the form of those in `canonical.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Shape
from . import sights

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter

Rewrite = Callable[["Emitter", "Named", Mapping[str, Any], Shape], "int | None"]


def total(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """The sum over the axis along which tensors were stacked is their sum; the sum of sums is one over all axes."""
    source, axes = e[x["x"]], attrs["axes"]
    if source.op == "aten.sum":
        return _at_once(e, x["x"], axes, shape)
    if source.op != "concat" or axes != (source.attrs["axis"],):
        return None
    if any(e[part].shape[axes[0]] != 1 for part in source.inputs):
        return None
    first, *others = (e.emit("reshape", {"x": part}, {}, shape) for part in source.inputs)
    for other in others:
        first = e.emit("add", {"a": first, "b": other}, {"alpha": 1}, shape)
    return first


def _at_once(e: Emitter, index: int, axes: tuple[int, ...], shape: Shape) -> int:
    node = e[index]
    source, inner = e[node.inputs[0]].shape, node.attrs["axes"]
    left = [i for i in range(len(source)) if node.attrs["keepdim"] or i not in inner]
    every = tuple(sorted({*inner, *(left[a] for a in axes)}))
    kept = tuple(n for i, n in enumerate(source) if i not in every)
    e.effects.add(index)
    found = e.emit("aten.sum", {"x": node.inputs[0]}, {"axes": every, "keepdim": False}, kept)
    return e.emit("reshape", {"x": found}, {}, shape)


def reduction(op: str, partial: str) -> Rewrite:
    """The mean (or the largest) over all positions of a map, whatever the map was seen as."""

    def rewrite(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
        source, node = x["x"], e[x["x"]]
        axes: tuple[int, ...] = attrs["axes"]
        if len(node.shape) == 4 and set(axes) == {2, 3}:
            return e.emit(op, {"x": source}, {"keepdim": attrs["keepdim"]}, shape)
        if node.op == "permute" and len(node.shape) == 4:  # (N, H, W, C) and its mean over the middle
            order: tuple[int, ...] = node.attrs["order"]
            left = [order[i] for i in range(4) if i not in axes]
            if {order[a] for a in axes} == {2, 3} and left == [0, 1]:
                pooled = e.append(op, {"x": node.inputs[0]}, {"keepdim": False}, e[node.inputs[0]].shape[:2])
                return e.emit("reshape", {"x": pooled}, {}, shape)
        whole = None
        if node.op == "reshape" and axes == (2,) and len(node.shape) == 3:  # (N, C, H, W) -> (N, C, H*W) -> its mean
            whole = node.inputs[0]
        if node.op == partial and len(e[node.inputs[0]].shape) == 4:  # the mean of means over rows
            inner: tuple[int, ...] = node.attrs["axes"]
            outer = tuple(a if node.attrs["keepdim"] or a < inner[0] else a + 1 for a in axes)
            if {*inner, *outer} == {2, 3}:
                e.effects.add(node.index)
                whole = node.inputs[0]
        if whole is None or len(e[whole].shape) != 4 or e[whole].shape[:2] != node.shape[:2]:
            return None
        pooled = e.append(op, {"x": whole}, {"keepdim": False}, node.shape[:2])
        return e.emit("reshape", {"x": pooled}, {}, shape)

    return rewrite


def window(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """A pooling of all positions at once, of a map whose positions were laid side by side, is one of the map."""
    node, sight = e[x["x"]], sights.see(e, x["x"])
    source = e[sight.source].shape
    if sight.source == node.index or not sights.is_map(e, sight) or len(node.shape) != 4 or shape[2:] != (1, 1):
        return None
    if sight.axes[:2] != sights.whole(source)[:2]:
        return None
    if "kernel" not in attrs:
        return e.append("global_avg_pool", {"x": sight.source}, attrs, shape)
    if tuple(attrs["kernel"]) != node.shape[2:] or any(attrs["padding"]) or "divisor" in attrs:
        return None
    size = source[2:]
    return e.append("avg_pool", {"x": sight.source}, {**attrs, "kernel": size, "stride": size}, shape)
