"""ReLU put together from |x| and parts of x: (x + |x|) / 2, x - min(x, 0), -min(-x, 0), x + max(-x, 0).

Each of them is slope * x + bend * |x| for one x; where both are 1/2, it is max(x, 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter


@dataclass(frozen=True, slots=True)
class Kink:
    """slope * x + bend * |x|. `nodes` are what it was computed by; x itself is none of them."""

    x: int
    slope: float
    bend: float
    nodes: tuple[int, ...] = ()

    def plus(self, other: Kink, factor: float) -> Kink | None:
        """self + factor * other; None where the other is of another x."""
        nodes = (*self.nodes, *other.nodes)
        slope, bend = self.slope + factor * other.slope, self.bend + factor * other.bend
        return Kink(self.x, slope, bend, nodes) if self.x == other.x else None

    def times(self, factor: float, *nodes: int) -> Kink:
        """This times a number."""
        return Kink(self.x, factor * self.slope, factor * self.bend, (*self.nodes, *nodes))


def relu(e: Emitter, op: str, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """max(y, 0) where an addition, a subtraction or a scaling comes to that; None where it does not."""
    if op == "scale":
        found: Kink | None = (_sum_at(e, x["x"]) or _piece(e, x["x"])).times(attrs["factor"])
    else:
        found = _sum(e, op, x, attrs)
    if found is None or (found.slope, found.bend) != (0.5, 0.5) or e[found.x].shape != shape:
        return None
    e.effects.update(found.nodes)
    return e.emit("relu", {"x": found.x}, {}, shape)


def _sum(e: Emitter, op: str, x: Named, attrs: Mapping[str, Any]) -> Kink | None:
    factor = attrs.get("alpha", 1)
    return _piece(e, x["a"]).plus(_piece(e, x["b"]), factor if op == "add" else -factor)


def _sum_at(e: Emitter, index: int) -> Kink | None:
    """A node that adds two of them, as one."""
    node = e[index]
    if node.op not in ("add", "sub"):
        return None
    found = _sum(e, node.op, dict(zip(node.roles, node.inputs, strict=True)), node.attrs)
    return None if found is None else found.times(1.0, index)


def _piece(e: Emitter, index: int) -> Kink:
    """A number times y, |y|, max(y, 0) or min(y, 0), where y may be a number times x."""
    outer = _scaled(e, index)
    part = _bent(e, outer.x)
    if part is None:
        return outer
    inner = _scaled(e, part[0])
    slope, bend = part[1] * inner.slope, part[2] * abs(inner.slope)
    return Kink(inner.x, slope, bend, (*outer.nodes, outer.x, *inner.nodes)).times(outer.slope)


def _scaled(e: Emitter, index: int) -> Kink:
    """A node as a number times another."""
    found = Kink(index, 1.0, 0.0)
    while e[found.x].op == "scale":
        found = Kink(e[found.x].inputs[0], found.slope * e[found.x].attrs["factor"], 0.0, (*found.nodes, found.x))
    return found


def _bent(e: Emitter, index: int) -> tuple[int, float, float] | None:
    """(y, slope, bend) where the node is |y|, max(y, 0) or min(y, 0)."""
    node = e[index]
    if node.op == "relu":
        return node.inputs[0], 0.5, 0.5
    if node.op == "aten.abs":
        return node.inputs[0], 0.0, 1.0
    if node.op == "minimum":
        for y, other in (node.inputs, node.inputs[::-1]):
            if e.is_zero(other) and e[y].shape == node.shape:
                return y, 0.5, -0.5
    alone = node.op in ("aten.clamp", "aten.clamp_max") and len(node.inputs) == 1
    if alone and node.attrs.get("max") == 0 and node.attrs.get("min") is None:
        return node.inputs[0], 0.5, -0.5
    return None
