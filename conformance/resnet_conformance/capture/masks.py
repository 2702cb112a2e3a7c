"""A product with a random mask is the dropout that it is; with a mask that keeps everything it is what was masked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..graph import Shape

if TYPE_CHECKING:
    from .emitter import Emitter


def masked(e: Emitter, value: int, mask: int, shape: Shape) -> int | None:
    """The node that means value * mask; None where it is no product of a whole map with a random mask."""
    fact, node = e.fact(mask), e[mask]
    if fact.keep is None or e[value].shape != shape:
        return None
    if fact.keep == 1:  # rate 0, exactly
        return value if fact.scale == 1 else e.emit("scale", {"x": value}, {"factor": fact.scale}, shape)
    rate: dict[str, Any] = {"rate": round(1 - fact.keep, 9)}
    extra: dict[str, Any] = {} if node.shape == shape else {"mask": node.shape}
    if fact.unbiased:
        return e.append("dropout", {"x": value}, rate | extra, shape)
    scaled = e[value]
    if scaled.op == "scale" and abs(scaled.attrs["factor"] * fact.keep - 1) < 1e-6:
        e.effects.add(value)
        return e.append("dropout", {"x": scaled.inputs[0]}, rate | extra, shape)
    return e.append("dropout", {"x": value}, rate | {"scaled": False} | extra, shape)
