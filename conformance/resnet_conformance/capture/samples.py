"""Every other position of a map, however it was taken: by an index, or by dividing the axes and keeping a part.

What is reshaped, permuted and sliced is done to the numbers of the map's positions: they tell whether the result is a
slice of the map.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import torch

from ..graph import Shape
from . import selections
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
    positions = torch.arange(prod(source), device="cpu").view(source)
    taken = positions
    for step in reversed(steps):
        taken = _taken(taken, *step)
    bounds = _bounds(positions, taken)
    if bounds is None:
        return None
    start, stop, stride = zip(*bounds, strict=True)
    return e.emit("slice", {"x": at}, {"start": start, "stop": stop, "step": stride}, shape)


def _taken(x: torch.Tensor, op: str, attrs: Mapping[str, Any], shape: Shape) -> torch.Tensor:
    if op == "reshape":
        return x.reshape(shape)
    if op == "permute":
        return x.permute(attrs["order"])
    if op == "aten.unfold":
        return x.unfold(attrs["dimension"], attrs["size"], attrs["step"])
    return x[tuple(slice(*b) for b in zip(attrs["start"], attrs["stop"], attrs["step"], strict=True))]


def _bounds(positions: torch.Tensor, taken: torch.Tensor) -> list[tuple[int, int, int]] | None:
    """(start, stop, step) for each axis, where what was taken of the numbered positions is a slice of them."""
    found = []
    first = int(taken[(0,) * taken.dim()])
    for axis, (extent, n) in enumerate(zip(positions.shape, taken.shape, strict=True)):
        one = positions.stride(axis)
        start, first = divmod(first, one)
        along = taken[tuple(slice(None) if i == axis else 0 for i in range(taken.dim()))]
        step = int(along[1] - along[0]) // one if n > 1 else 1
        found.append((start, min(extent, start + n * step), step))
    if any(step < 1 for *_, step in found):
        return None
    return found if torch.equal(positions[tuple(slice(*b) for b in found)], taken) else None


def arranged(c: Call, index: torch.Tensor) -> tuple[int, int, int] | None:
    """First number, step and how many, where a tensor of indices counts in equal steps upwards."""
    at = c.read(index)
    count, shape = c.emitter.fact(at).count, c.emitter[at].shape
    if count is None:
        return selections.counted(c.fixed(index))
    return None if len(shape) != 1 or count[0] < 0 or count[1] < 1 else (*count, shape[0])


def _slice(c: Call, axis: int, index: torch.Tensor) -> int | None:
    """x at these indices of an axis."""
    known = arranged(c, index)
    if known is None:
        return None
    first, step, n = known
    source = tuple(c["self"].shape)
    stop = min(source[axis], first + n * step)
    return slice_step(source, axis, first, stop, step).take(c.emitter, c.x())


def pixel_unshuffle(c: Call) -> int:
    """Each channel of (H, W) as factor * factor channels of (H / factor, W / factor)."""
    e, factor = c.emitter, c["downscale_factor"]
    *lead, channels, height, width = c["self"].shape
    if len(lead) != 1 or not c["self"].numel():
        return generic(c)
    divided = (*lead, channels, height // factor, factor, width // factor, factor)
    order = (0, 1, 3, 5, 2, 4)
    x = e.emit("reshape", {"x": c.x()}, {}, divided)
    x = e.emit("permute", {"x": x}, {"order": order}, tuple(divided[i] for i in order))
    return c.emit("reshape", {"x": x})


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
    axis, known = c["dim"] % len(c.shape), arranged(c, c["index"])
    if x is None or source is None or known is None or known[1] != 1 or c.get("alpha", 1) != 1:
        return generic(c)
    before, after = [0] * len(c.shape), [0] * len(c.shape)
    before[axis], after[axis] = known[0], c.shape[axis] - known[0] - known[2]
    padded = e.emit("pad", {"x": source}, {"before": tuple(before), "after": tuple(after), "value": 0.0}, c.shape)
    return c.emit("add", {"a": x, "b": padded}, {"alpha": 1})
