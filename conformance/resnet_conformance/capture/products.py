"""Convolutions that are written as products of matrices.

A matrix applied at every position of a map is a 1x1 convolution; a matrix applied to the windows of a map (im2col;
Chellapilla et al. 2006, section 3) is a convolution with a kernel of the windows' size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Shape
from ..shapes import convolution_shape
from .calls import Call, generic, pair
from .sights import is_map, see, seen_alike

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter


def linear(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """x W', where x is a map seen as rows of channels, or of windows."""
    sight = see(e, x["x"])
    source, weight = e[sight.source], e[x["weight"]]
    if sight.axes[-1:] != ((1,),) or len(weight.shape) != 2:
        return None
    if source.op == "aten.im2col":
        geometry = _windows(e, source.index)
        order = tuple(a for axis in sight.order for a in ((2, 3) if axis == 2 else (axis,)))
        origin = source.inputs[0]
        e.effects.add(source.index)
    elif is_map(e, sight):
        geometry = {"kernel": (1, 1), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
        order, origin = sight.order, sight.source
    else:
        return None
    filters, channels = weight.shape[0], e[origin].shape[1]
    result = convolution_shape(e[origin].shape, filters, geometry)
    operands = {
        "x": origin,
        "weight": e.emit("reshape", {"x": weight.index}, {}, (filters, channels, *geometry["kernel"])),
    }
    if "bias" in x:
        operands["bias"] = x["bias"]
    found = e.emit("conv", operands, geometry | {"groups": 1, "transposed": False}, result)
    return seen_alike(e, order, found, shape)


def _windows(e: Emitter, index: int) -> dict[str, tuple[int, ...]]:
    """The geometry of the windows that im2col took."""
    attrs = e[index].attrs
    return {
        name: pair(attrs[key])
        for name, key in (("kernel", "kernel_size"), ("stride", "stride"), ("padding", "padding"),
                          ("dilation", "dilation"))
    }  # fmt: skip


def strided(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """A 1x1 convolution of every other position is a 1x1 convolution with that stride."""
    source = e[x["x"]]
    if source.op != "slice" or len(source.shape) != 4 or attrs["transposed"] or set(attrs["kernel"]) != {1}:
        return None
    start, stop, step = (source.attrs[key] for key in ("start", "stop", "step"))
    if any(attrs["padding"]) or any(start) or stop != e[source.inputs[0]].shape or step[:2] != (1, 1):
        return None
    stride = tuple(s * t for s, t in zip(attrs["stride"], step[2:], strict=True))
    return e.emit("conv", {**x, "x": source.inputs[0]}, {**attrs, "stride": stride}, shape)


def fold(c: Call) -> int:
    """Windows of one position put side by side are the map."""
    one = all(set(pair(c[key])) == {1} for key in ("kernel_size", "stride"))
    if one and set(pair(c["padding"])) == {0} and c["self"].dim() == 3:
        return c.emit("reshape", {"x": c.x()})
    return generic(c)


def one_matrix(e: Emitter, index: int) -> int:
    """The matrix that is repeated along the first axis, where the node is one."""
    node = e[index]
    if node.op != "aten.expand" or len(node.shape) != 3:
        return index
    source = e[node.inputs[0]]
    if source.shape[-2:] != node.shape[1:] or set(source.shape[:-2]) - {1}:
        return index
    return e.emit("reshape", {"x": source.index}, {}, node.shape[1:])
