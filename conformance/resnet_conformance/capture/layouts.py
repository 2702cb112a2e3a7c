"""Arithmetic, padding and sampling of a map that is seen in another form (`sights.py`), recorded on the map itself.

What is done along single axes of (N, H, W, C), of (N H W, C) or of (C, N H W) is done along those of (N, C, H, W). The
rewrites have the form of those in `canonical.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from ..graph import Shape
from . import sights
from .sights import Sight

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter

Rewrite = Callable[["Emitter", "Named", Mapping[str, Any], Shape], "int | None"]


def _of_map(e: Emitter, index: int) -> Sight | None:
    """The node as a view of a map; None where it is none."""
    if e[index].op not in sights.VIEWS or not e.depends[index]:
        return None
    sight = sights.see(e, index)
    return sight if sight.source != index and sights.is_map(e, sight) else None


def _along(sight: Sight, given: Sequence[int], idle: Sequence[int]) -> tuple[int, ...]:
    """Numbers per axis of the view as numbers per axis of the map; `idle` are those, per axis, that do nothing."""
    found = list(idle)
    for axis, number in zip(sight.axes, given, strict=True):
        if len(axis) == 1:
            found[axis[0]] = number
    return tuple(found)


def _moves_single_axes(sight: Sight, touched: Sequence[bool]) -> bool:
    """Is each axis of the view to which something is done one axis of the map?"""
    return all(len(axis) == 1 for axis, is_touched in zip(sight.axes, touched, strict=True) if is_touched)


def pad(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """Padding the view is padding the map."""
    sight = _of_map(e, x["x"])
    before, after = attrs["before"], attrs["after"]
    if sight is None or not _moves_single_axes(sight, [b != 0 or a != 0 for b, a in zip(before, after, strict=True)]):
        return None
    source = e[sight.source].shape
    zeros = (0,) * len(source)
    first, last = _along(sight, before, zeros), _along(sight, after, zeros)
    padded = tuple(n + b + a for n, b, a in zip(source, first, last, strict=True))
    found = e.emit("pad", {"x": sight.source}, {**attrs, "before": first, "after": last}, padded)
    return sights.seen_alike(e, sight.order, found, shape)


def slice_(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """A slice of the view is a view of a slice of the map."""
    sight, given = _of_map(e, x["x"]), e[x["x"]].shape
    bounds = [attrs[key] for key in ("start", "stop", "step")]
    touched = [bound != (0, n, 1) for bound, n in zip(zip(*bounds, strict=True), given, strict=True)]
    if sight is None or not _moves_single_axes(sight, touched):
        return None
    source = e[sight.source].shape
    whole = ((0,) * len(source), source, (1,) * len(source))
    start, stop, step = (_along(sight, b, idle) for b, idle in zip(bounds, whole, strict=True))
    taken = tuple(len(range(a, b, s)) for a, b, s in zip(start, stop, step, strict=True))
    found = e.emit("slice", {"x": sight.source}, {"start": start, "stop": stop, "step": step}, taken)
    return sights.seen_alike(e, sight.order, found, shape)


def arithmetic(op: str) -> Rewrite:
    """An operation on views of maps that are seen alike, and on what is the same along some of their axes."""

    def rewrite(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
        wide = [i for i in x.values() if e[i].shape == shape]
        sight = _of_map(e, wide[0]) if wide else None
        if sight is None or sight.source in x.values():
            return None
        source = e[sight.source].shape
        operands: dict[str, int] = {}
        for role, i in x.items():
            if e[i].shape == shape:
                other = _of_map(e, i)
                if other is None or other.axes != sight.axes or e[other.source].shape != source:
                    return None
                operands[role] = other.source
            elif prod(e[i].shape) == prod(shape):
                return None
            else:
                operands[role] = _spread(e, i, sight, shape)
        return sights.seen_alike(e, sight.order, e.emit(op, operands, attrs, source), shape)

    return rewrite


def _spread(e: Emitter, index: int, sight: Sight, shape: Shape) -> int:
    """What is broadcast against the view, in a form that is broadcast against the map."""
    given, source = e[index].shape, e[sight.source].shape
    aligned = (1,) * (len(shape) - len(given)) + given
    idle = [a for a in range(len(source)) if a not in sight.order]
    places = (*idle, *sight.order)
    extents = [1] * len(idle)
    for axis, extent, n in zip(sight.axes, aligned, shape, strict=True):
        extents += [source[a] if extent == n else 1 for a in axis]
    order = tuple(places.index(a) for a in range(len(source)))
    form = e.emit("reshape", {"x": index}, {}, tuple(extents))
    return e.emit("permute", {"x": form}, {"order": order}, tuple(extents[i] for i in order))
