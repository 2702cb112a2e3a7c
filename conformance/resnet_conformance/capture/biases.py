"""A bias that is added behind its convolution is the convolution's: Keras on torch writes each of them so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..graph import Node

if TYPE_CHECKING:
    from .emitter import Emitter


def into_convolutions(e: Emitter, readers: Sequence[int]) -> dict[int, float]:
    """Put a convolution with bias in the place of each such addition; where nodes that it reads must stand.

    Only what a parameter enters, one number for each channel, and only where nothing else reads the convolution
    (`readers`: how many nodes read each).
    """
    nodes = e.builder.nodes
    places: dict[int, float] = {}
    for node in list(nodes):
        for conv, bias in _operands(e, node):
            if readers[conv.index] > 1 or (row := _row(e, bias, conv.shape)) is None:
                continue
            if row > node.index:
                places[row] = node.index - 0.5
            operands = dict(zip(conv.roles, conv.inputs, strict=True)) | {"bias": row}
            nodes[node.index] = replace(conv, index=node.index, roles=tuple(operands), inputs=tuple(operands.values()))
            e.effects.add(conv.index)
            break
    return places


def _operands(e: Emitter, node: Node) -> Iterator[tuple[Node, int]]:
    """The two readings of an addition as that of a bias to a convolution that has none."""
    if node.op != "add" or node.attrs["alpha"] != 1:
        return
    a, b = node.inputs
    for conv, bias in ((e[a], b), (e[b], a)):
        plain = conv.op == "conv" and "bias" not in conv.roles and conv.shape == node.shape
        if plain and not e.depends[bias] and e.is_learned(bias):
            yield conv, bias


def _row(e: Emitter, bias: int, shape: tuple[int, ...]) -> int | None:
    """The node of the bias with shape (C,), a new one where need be; None where it is not one number a channel."""
    given = e[bias].shape
    aligned = (1,) * (len(shape) - len(given)) + given
    if len(shape) < 3 or aligned != (1, shape[1], *(1,) * (len(shape) - 2)):
        return None
    e.where = e[bias].where
    return e.emit("reshape", {"x": bias}, {}, shape[1:2])
