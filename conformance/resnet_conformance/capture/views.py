"""What the aten view operations mean, as canonical steps: reshape, permute, slice, or a step under its
own name.

A view is kept as steps rather than as a node because it may have to be taken again, after its base was
overwritten, and because a write through it must find its way back into the base (see `values.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import Shape
from .emitter import Emitter
from .problems import CaptureError

Args = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One canonical view operation between two shapes."""

    op: str
    source: Shape
    shape: Shape
    attrs: Mapping[str, Any] = field(default_factory=dict)

    def take(self, e: Emitter, base: int) -> int:
        """The node that reads this view of `base`."""
        return e.emit(self.op, {"x": base}, self.attrs, self.shape)

    def put(self, e: Emitter, base: int, src: int) -> int:
        """The node of the base after `src` was written through this view. Raises CaptureError where that
        is unknown.
        """
        if self.op == "reshape":
            return e.emit("reshape", {"x": src}, {}, self.source)
        if self.op == "permute":
            order = tuple(self.attrs["order"])
            inverse = tuple(order.index(i) for i in range(len(order)))
            return e.emit("permute", {"x": src}, {"order": inverse}, self.source)
        if self.op == "slice":
            return e.emit("scatter", {"base": base, "src": src}, self.attrs, self.source)
        raise CaptureError(f"an in-place write through {self.op} (at {e.where or 'the top'}) cannot be followed")


def _reshape(args: Args, source: Shape, shape: Shape) -> list[Step]:
    return [Step("reshape", source, shape)]


def _permute(order: Sequence[int], source: Shape) -> list[Step]:
    order = tuple(i % len(source) for i in order)
    return [Step("permute", source, tuple(source[i] for i in order), {"order": order})]


def _transpose(args: Args, source: Shape, shape: Shape) -> list[Step]:
    order = list(range(len(source)))
    if order:
        i, j = args["dim0"] % len(order), args["dim1"] % len(order)
        order[i], order[j] = order[j], order[i]
    return _permute(order, source)


def slice_step(source: Shape, axis: int, start: int | None, stop: int | None, step: int) -> Step:
    """Python's slice of one axis."""
    first, last, _ = slice(start, stop, step).indices(source[axis])
    last = max(first, last)
    extent = -(-(last - first) // step)
    bounds = [(0, n, 1) for n in source]
    bounds[axis] = (first, last, step)
    shape = (*source[:axis], extent, *source[axis + 1 :])
    return region(source, shape, bounds)


def region(source: Shape, shape: Shape, bounds: Sequence[tuple[int, int, int]]) -> Step:
    """The slice with (start, stop, step) for each axis."""
    start, stop, step = (tuple(b[k] for b in bounds) for k in range(3))
    return Step("slice", source, shape, {"start": start, "stop": stop, "step": step})


def _slice(args: Args, source: Shape, shape: Shape) -> list[Step]:
    return [slice_step(source, args["dim"] % len(source), args["start"], args["end"], args["step"])]


def _select(args: Args, source: Shape, shape: Shape) -> list[Step]:
    axis = args["dim"] % len(source)
    index = args["index"] % source[axis]
    taken = slice_step(source, axis, index, index + 1, 1)
    return [taken, Step("reshape", taken.shape, shape)]


def _expand(args: Args, source: Shape, shape: Shape) -> list[Step]:
    return [] if shape == source else [Step("aten.expand", source, shape, {"size": shape})]


def _same(args: Args, source: Shape, shape: Shape) -> list[Step]:
    return []


VIEWS: Mapping[str, Callable[[Args, Shape, Shape], list[Step]]] = {
    **dict.fromkeys(("view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze", "unsqueeze", "flatten"), _reshape),
    **dict.fromkeys(("alias", "detach", "lift_fresh", "lift"), _same),
    "t": lambda args, source, shape: _permute(tuple(reversed(range(len(source)))), source),
    "numpy_T": lambda args, source, shape: _permute(tuple(reversed(range(len(source)))), source),
    "transpose": _transpose,
    "permute": lambda args, source, shape: _permute(args["dims"], source),
    "slice": _slice,
    "select": _select,
    "expand": _expand,
}


def view_steps(name: str, args: Args, source: Shape, shape: Shape, place: int, shapes: Sequence[Shape]) -> list[Step]:
    """The steps from a tensor of shape `source` to output number `place` of the view operation `name`."""
    if name in ("split", "split_with_sizes"):
        axis = args["dim"] % len(source)
        start = sum(s[axis] for s in shapes[:place])
        return [slice_step(source, axis, start, start + shape[axis], 1)]
    if name == "unbind":
        return _select({"dim": args["dim"], "index": place}, source, shape)
    if name == "as_strided" and args["storage_offset"] is None and shape == source and max(shape[2:], default=1) == 1:
        return []  # adaptive pooling to 1x1 restores the channels-last order so
    if name in VIEWS and "dtype" not in args:
        return VIEWS[name](args, source, shape)
    plain = {key: value for key, value in args.items() if isinstance(value, (int, float, list, tuple))}
    return [Step(f"aten.{name}", source, shape, plain)]
