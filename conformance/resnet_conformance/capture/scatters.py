"""Memory that is written piece by piece: what the pieces make of it.

A piece written into zeros is padded, pieces that fill a tensor are its concatenation, a sum written back into one of
its operands is a sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter


def _same_region(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one[key] == other[key] for key in ("start", "stop", "step"))


def scatter(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """A region of `base` overwritten with `src`."""
    base, src = x["base"], x["src"]
    start, stop, step = attrs["start"], attrs["stop"], attrs["step"]
    if e[src].shape == shape:
        return src
    if any(s != 1 for s in step):
        return None
    before = tuple(start)
    after = tuple(n - b for n, b in zip(shape, stop, strict=True))
    if e.is_zero(base):
        return e.emit("pad", {"x": src}, {"before": before, "after": after, "value": 0.0}, shape)
    inner = e[src]
    if inner.op == "add" and inner.attrs["alpha"] == 1:  # base[region] += z is base + pad(z)
        for mine, other in (inner.inputs, inner.inputs[::-1]):
            part = e[mine]
            if part.op == "slice" and part.inputs == (base,) and _same_region(part.attrs, attrs):
                if e[other].shape != inner.shape:
                    continue
                padded = e.emit("pad", {"x": other}, {"before": before, "after": after, "value": 0.0}, shape)
                return e.emit("add", {"a": base, "b": padded}, {"alpha": 1}, shape)
    return _tiled(e, base, src, before, after, shape)


def _tiled(e: Emitter, base: int, src: int, before: Shape, after: Shape, shape: Shape) -> int | None:
    """A constant that is overwritten in two pieces along one axis is their concatenation."""
    axes = [i for i in range(len(shape)) if before[i] or after[i]]
    node = e[base]
    if len(axes) != 1 or node.op not in ("scatter", "pad"):
        return None
    axis = axes[0]
    if node.op == "scatter":
        if e[node.inputs[0]].op != "constant" or set(node.attrs["step"]) != {1}:
            return None
        other, start, stop = node.inputs[1], node.attrs["start"], node.attrs["stop"]
    else:
        other, start = node.inputs[0], node.attrs["before"]
        stop = tuple(n - a for n, a in zip(shape, node.attrs["after"], strict=True))
    mine, theirs = (before[axis], shape[axis] - after[axis]), (start[axis], stop[axis])
    full = all((start[i], stop[i]) == (0, shape[i]) for i in range(len(shape)) if i != axis)
    pieces = sorted(((mine, src), (theirs, other)))
    if full and pieces[0][0][0] == 0 and pieces[0][0][1] == pieces[1][0][0] and pieces[1][0][1] == shape[axis]:
        return e.emit("concat", (pieces[0][1], pieces[1][1]), {"axis": axis}, shape)
    return None
