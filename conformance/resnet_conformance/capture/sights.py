"""Which element of a tensor stands where, after it was reshaped and permuted: a map seen in another form.

A layer that works on every position alike does the same on (N, C, H, W), on (N, H, W, C) and on (N H W, C). It is
recorded on the map, and what was seen of the map is seen of its result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter

VIEWS = frozenset({"reshape", "permute"})
Axes = tuple[tuple[int, ...], ...]
Rewrite = Callable[["Emitter", "Named", Mapping[str, Any], Shape], "int | None"]


@dataclass(frozen=True, slots=True)
class Sight:
    """A node as a view of `source`: for each of its axes the source's axes that lie along it, outermost first.

    Axes of one element lie nowhere.
    """

    source: int
    axes: Axes

    @property
    def order(self) -> tuple[int, ...]:
        """The source's axes of more than one element, in the view's order."""
        return tuple(a for axis in self.axes for a in axis)


def see(e: Emitter, index: int) -> Sight:
    """The node as a view of the farthest node that it is one of, as far as no axis is divided."""
    chain = [index]
    while e[chain[-1]].op in VIEWS:
        chain.append(e[chain[-1]].inputs[0])
    source = chain[-1]
    axes = whole(e[source].shape)
    for at in reversed(chain[:-1]):
        seen = view_of(axes, e[source].shape, e[at].op, e[at].attrs, e[at].shape)
        if seen is None:
            source, axes = at, whole(e[at].shape)
        else:
            axes = seen
    return Sight(source, axes)


def whole(shape: Shape) -> Axes:
    """The axes of a tensor that is seen as it is."""
    return tuple((i,) if n > 1 else () for i, n in enumerate(shape))


def view_of(axes: Axes, extents: Shape, op: str, attrs: Mapping[str, Any], shape: Shape) -> Axes | None:
    """The axes after one more reshape (to `shape`) or permute; None where the source's axes would be divided."""
    if op == "permute":
        return tuple(axes[i] for i in attrs["order"])
    left = [a for axis in axes for a in axis]
    found: list[tuple[int, ...]] = []
    for extent in shape:
        axis: list[int] = []
        while prod(extents[a] for a in axis) < extent and left:
            axis.append(left.pop(0))
        if prod(extents[a] for a in axis) != extent:
            return None
        found.append(tuple(axis))
    return None if left else tuple(found)


def undone(e: Emitter, index: int, op: str, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """The node that one more view of `index` gives back, where it brings every element to its place again."""
    if e[index].op not in VIEWS:
        return None
    sight = see(e, index)
    node = e[sight.source]
    if node.shape != shape or sight.source == index:
        return None
    axes = view_of(sight.axes, node.shape, op, attrs, shape)
    return sight.source if axes == whole(shape) else None


def is_map(e: Emitter, sight: Sight) -> bool:
    """Is it a view of a map of several positions? (N, C, 1, 1) are features, which a classifier reads."""
    shape = e[sight.source].shape
    return len(shape) == 4 and prod(shape[2:]) > 1


def seen_alike(e: Emitter, order: Sequence[int], result: int, shape: Shape) -> int:
    """The result of a layer on the source, seen as the layer's operand was: axes in this order, in this shape."""
    extents = e[result].shape
    idle = [i for i in range(len(extents)) if i not in order]
    permuted = (*idle, *order)
    view = e.emit("permute", {"x": result}, {"order": permuted}, tuple(extents[i] for i in permuted))
    return e.emit("reshape", {"x": view}, {}, shape)


def elementwise(op: str) -> Rewrite:
    """f(view of x) is the view of f(x); of several operands where they are seen alike."""

    def rewrite(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
        if not any(e[i].op in VIEWS for i in x.values()):
            return None
        sights = [see(e, i) for i in x.values()]
        first = sights[0]
        same = all(s.axes == first.axes and e[s.source].shape == e[first.source].shape for s in sights)
        if (
            not same
            or first.source in x.values()
            or not is_map(e, first)
            or any(e[i].shape != shape for i in x.values())
        ):
            return None
        sources = {role: sight.source for role, sight in zip(x, sights, strict=True)}
        return seen_alike(e, first.order, e.emit(op, sources, attrs, e[first.source].shape), shape)

    return rewrite


def batch_norm(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """Statistics per channel are the same in whatever order positions come."""
    sight = see(e, x["x"])
    if sight.source == x["x"] or not is_map(e, sight) or sight.axes[1:2] != ((1,),):
        return None
    found = e.emit("batch_norm", {**x, "x": sight.source}, attrs, e[sight.source].shape)
    return seen_alike(e, sight.order, found, shape)
