"""Every other position of a map, however it was taken: by an index, or by dividing the axes and keeping a part.

What is reshaped, permuted and sliced is looked at as memory: where the result's strides are multiples of the map's, it
is a slice of the map.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from ..graph import Shape
from .calls import Call, generic
from .views import slice_step

if TYPE_CHECKING:
    from .emitter import Emitter

TAKEN = frozenset({"reshape", "permute", "slice", "aten.unfold"})


def of_map(e: Emitter, index: int, op: str, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """The slice of a map that one more view of `index` gives; None where it is none, or plainly one already."""
    if len(shape) != 4 or e[index].op not in TAKEN:
        return None
    steps: list[tuple[str, Mapping[str, Any], Shape]] = [(op, attrs, shape)]
    at = index
    while e[at].op in TAKEN:
        steps.append((e[at].op, e[at].attrs, e[at].shape))
        at = e[at].inputs[0]
    source = e[at].shape
    ops = {step[0] for step in steps}
    if len(source) != 4 or source[:2] != shape[:2] or not ops & {"slice", "aten.unfold"} or ops == {"slice"}:
        return None
    view = torch.empty(source, device="meta")
    try:
        for step in reversed(steps):
            view = _viewed(view, *step)
    except RuntimeError:  # what is no view of the map's memory is no slice of it
        return None
    bounds = _bounds(source, shape, view.stride(), int(view.storage_offset()))
    if bounds is None:
        return None
    start, stop, stride = zip(*bounds, strict=True)
    return e.emit("slice", {"x": at}, {"start": start, "stop": stop, "step": stride}, shape)


def _viewed(x: torch.Tensor, op: str, attrs: Mapping[str, Any], shape: Shape) -> torch.Tensor:
    if op == "reshape":
        return x.view(shape)
    if op == "permute":
        return x.permute(attrs["order"])
    if op == "aten.unfold":
        return x.unfold(attrs["dimension"], attrs["size"], attrs["step"])
    return x[tuple(slice(*b) for b in zip(attrs["start"], attrs["stop"], attrs["step"], strict=True))]


def _bounds(source: Shape, shape: Shape, strides: Sequence[int], offset: int) -> list[tuple[int, int, int]] | None:
    """(start, stop, step) for each axis."""
    found = []
    for axis, (extent, taken, stride) in enumerate(zip(source, shape, strides, strict=True)):
        one = prod(source[axis + 1 :])
        start, offset = divmod(offset, one)
        step = stride // one if taken > 1 else 1
        if (taken > 1 and (stride % one or step < 1)) or start + (taken - 1) * step >= extent:
            return None
        found.append((start, min(extent, start + taken * step), step))
    return found


def arranged(e: Emitter, index: int) -> tuple[int, int, int] | None:
    """First number, step and how many, where a tensor of indices counts in equal steps upwards."""
    count, shape = e.fact(index).count, e[index].shape
    return None if count is None or len(shape) != 1 or count[0] < 0 or count[1] < 1 else (*count, shape[0])


def _slice(c: Call, axis: int, index: torch.Tensor) -> int | None:
    """x at these indices of an axis."""
    known = arranged(c.emitter, c.read(index))
    if known is None:
        return None
    first, step, n = known
    source = tuple(c["self"].shape)
    stop = min(source[axis], first + n * step)
    return slice_step(source, axis, first, stop, step).take(c.emitter, c.x())


def index_select(c: Call) -> int:
    """x.index_select(dim, index)."""
    found = _slice(c, c["dim"] % c["self"].dim(), c["index"])
    return generic(c) if found is None else found


def index(c: Call) -> int:
    """x[:, :, index]."""
    given = [(axis, i) for axis, i in enumerate(c["indices"]) if i is not None]
    found = _slice(c, *given[0]) if len(given) == 1 else None
    return generic(c) if found is None else found


def index_add(c: Call) -> int:
    """x with another tensor added to a stretch of it."""
    e, x, source = c.emitter, c.node("self"), c.node("source")
    axis, known = c["dim"] % len(c.shape), arranged(e, c.read(c["index"]))
    if x is None or source is None or known is None or known[1] != 1 or c.get("alpha", 1) != 1:
        return generic(c)
    before, after = [0] * len(c.shape), [0] * len(c.shape)
    before[axis], after[axis] = known[0], c.shape[axis] - known[0] - known[2]
    padded = e.emit("pad", {"x": source}, {"before": tuple(before), "after": tuple(after), "value": 0.0}, c.shape)
    return c.emit("add", {"a": x, "b": padded}, {"alpha": 1})
