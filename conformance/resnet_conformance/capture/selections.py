"""Fixed tensors that decide: a 1x1 convolution whose weight is zeros and ones, a kept index, a kept 0 for a maximum.

What such an operation does stands in values, not in shapes. They are there where the network runs on real tensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from ..graph import Graph
from .calls import Call
from .facts import Fact
from .views import region

INDEXED = {"aten.index": "x1", "aten.index_select": "x1"}  # by operation: the role of its (first) index


def wants_values(graph: Graph) -> bool:
    """Is there an operation on the data that may pick, and whose fixed tensor was not looked at?"""
    return any(_may_pick(graph, node.index) for node in graph if node.index in graph.live & graph.depends)


def _may_pick(graph: Graph, index: int) -> bool:
    node = graph[index]
    if node.op in ("maximum", "minimum"):  # with 0 it is a rectifier
        return any(_is_fixed(graph, i) for i in node.inputs)
    pointwise = node.op in ("conv", "blur") and set(node.attrs["kernel"]) == {1} and "bias" not in node.roles
    role = "weight" if pointwise else INDEXED.get(node.op)
    given = node.operand(role) if role else None
    return given is not None and _is_fixed(graph, given)


def _is_fixed(graph: Graph, index: int) -> bool:
    """Does neither a parameter nor the network's input enter the value?"""
    node = graph[index]
    return index not in graph.depends and node.op != "parameter" and all(_is_fixed(graph, i) for i in node.inputs)


def operand(c: Call, key: str) -> int | None:
    """The node of a tensor argument; where its values are all 0, a constant that is known to be."""
    given = c.get(key)
    values = c.fixed(given) if isinstance(given, torch.Tensor) else None
    return c.node(key) if values is None or values.any() else c.emitter.constant(tuple(values.shape), Fact(fill=0.0))


def convolution(c: Call, attrs: Mapping[str, Any]) -> int | None:
    """A 1x1 convolution that hands every channel on once, in order, between zeros: a slice with zero channels.

    None where it does anything else, or where its values are not there.
    """
    x, shape = c["input"], c.shape
    if x.dim() != 4 or attrs["transposed"] or set(attrs["kernel"]) != {1} or any(attrs["padding"]):
        return None
    weight = c.fixed(c["weight"])
    first = None if weight is None else channels_begin(weight, attrs["groups"])
    if first is None:
        return None
    bounds = [(0, n, 1) for n in x.shape[:2]]
    bounds += [(0, n, step) for n, step in zip(x.shape[2:], attrs["stride"], strict=True)]
    taken = region(tuple(x.shape), (*x.shape[:2], *shape[2:]), bounds).take(c.emitter, c.x())
    before, after = (0, first, 0, 0), (0, shape[1] - first - x.shape[1], 0, 0)
    return c.emit("pad", {"x": taken}, {"before": before, "after": after, "value": 0.0})


def channels_begin(weight: torch.Tensor, groups: int) -> int | None:
    """Before which filter the channels begin that a 1x1 weight hands on, all of them, in order, between zeros.

    None where it does anything else.
    """
    if weight.dim() != 4 or weight.shape[2:] != (1, 1) or weight.shape[0] % groups:
        return None
    return _first_of_all(_sources(weight.flatten(1), groups), weight.shape[1] * groups)


def _sources(weight: torch.Tensor, groups: int) -> list[int | None] | None:
    """For each filter the channel that it hands on (None: it makes zeros); None where one does anything else."""
    filters, part = weight.shape
    if ((weight != 0) & (weight != 1)).any() or (weight.sum(1) > 1).any():
        return None
    places = weight.argmax(1).tolist()
    made = weight.any(1).tolist()
    return [i // (filters // groups) * part + place if some else None
            for i, (place, some) in enumerate(zip(places, made, strict=True))]  # fmt: skip


def _first_of_all(sources: Sequence[int | None] | None, channels: int) -> int | None:
    """Before which filter the channels begin, where all of them stand side by side in order; else None."""
    if sources is None or 0 not in sources:
        return None
    first = sources.index(0)
    zeros = [*sources[:first], *sources[first + channels :]]
    side_by_side = list(sources[first : first + channels]) == list(range(channels))
    return first if side_by_side and zeros == [None] * len(zeros) else None


def counted(values: torch.Tensor | None) -> tuple[int, int, int] | None:
    """First number, step and how many, where an index counts in equal steps upwards."""
    if values is None or values.dim() != 1 or not values.numel() or values.dtype not in (torch.int64, torch.int32):
        return None
    listed = values.tolist()
    first, step = listed[0], listed[1] - listed[0] if len(listed) > 1 else 1
    even = first >= 0 and step >= 1 and listed == list(range(first, first + step * len(listed), step))
    return (first, step, len(listed)) if even else None
