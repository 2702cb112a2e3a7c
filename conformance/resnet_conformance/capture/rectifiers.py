"""ReLU, however it was written: as a maximum with 0, as a choice by sign, as negative values overwritten by 0.

The function is max(x, 0) (Nair and Hinton 2010); graph.py calls it relu. The rewrites have the form of those in
`canonical.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter


def compared(e: Emitter, mask: int, value: int, *relations: str) -> bool:
    """Is `mask` the comparison of `value` with 0, by one of these relations (gt, ge, lt, le)?"""
    node = e[mask]
    by = node.op.removeprefix("aten.") in relations and node.op.startswith("aten.")
    return by and node.inputs == (value,) and node.attrs.get("other") == 0


def maximum(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """max(x, 0), either way round."""
    for value, other in ((x["a"], x["b"]), (x["b"], x["a"])):
        if e.is_zero(other) and e[value].shape == shape:
            return e.emit("relu", {"x": value}, {}, shape)
    return None


def where(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """where(x > 0, x, 0) or where(x < 0, 0, x)."""
    if len(x) != 3:
        return None
    mask, yes, no = x.values()
    for value, other, relations in ((yes, no, ("gt", "ge")), (no, yes, ("lt", "le"))):
        if e.is_zero(other) and e[value].shape == shape and compared(e, mask, value, *relations):
            e.effects.add(mask)
            return e.emit("relu", {"x": value}, {}, shape)
    return None


def masked_fill(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """x with 0 where x < 0: x.masked_fill(x < 0, 0), and x[x < 0] = 0, which torch 2.11 calls index_put."""
    if len(x) not in (2, 3) or attrs.get("accumulate"):
        return None
    value, mask, *filled = x.values()
    zero = e.is_zero(filled[0]) if filled else attrs.get("value") == 0
    if zero and e[value].shape == shape and compared(e, mask, value, "lt", "le"):
        e.effects.add(mask)
        return e.emit("relu", {"x": value}, {}, shape)
    return None
