"""Channels of a map among channels of zeros, whatever put them there: one `slice` and one `pad` or `spread` for it.

He et al. 2015, section 3.3 (A): "extra zero entries padded for increasing dimensions". Where they stand the paper does
not say. People stack a map with zeros and flatten, write it into every other channel, or join it channel by channel.
What such a piece of a graph does is found by running it on a map whose values all differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from ..execute import CannotRun, evaluate
from ..graph import Graph, Node, Shape

MOVES = frozenset(("reshape", "permute", "slice", "pad", "concat", "scatter"))  # values stay what they are


def place_channels(graph: Graph) -> Graph:
    """The same network with these pieces replaced. Indices stay."""
    nodes = list(graph.nodes)
    for entry, piece in _pieces(graph):
        _replace(graph, nodes, entry, piece)
    return replace(graph, nodes=tuple(nodes))


def _pieces(graph: Graph) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Each run of moves that gives a map more channels: the value that it reads, and its nodes in order."""
    for node in graph:
        i = node.index
        if node.op not in MOVES or len(node.shape) != 4 or i not in graph.depends or i not in graph.live:
            continue
        if i != graph.output and all(graph[user].op in MOVES for user in graph.users[i]):
            continue  # another move goes on with it
        entry, piece = graph.dominators[i], (*graph.between(graph.dominators[i], i), i)
        while graph[entry].op in MOVES and set(graph.users[entry]) <= set(piece):
            entry = graph.dominators[entry]
            piece = (*graph.between(entry, i), i)
        source = graph[entry].shape
        if len(source) != 4 or source[1] >= node.shape[1] or any(graph[k].op not in MOVES for k in piece):
            continue
        if any(graph[k].op not in ("slice", "pad") for k in piece):
            yield entry, piece


def _replace(graph: Graph, nodes: list[Node], entry: int, piece: tuple[int, ...]) -> None:
    """Write the piece as a slice, where it drops positions, and what adds channels; leave it where it is neither."""
    found = _look(graph, entry, piece[-1])
    if found is None:
        return
    region, places = found
    end, source = graph[piece[-1]], entry
    shape = (*graph[entry].shape[:2], *end.shape[2:])
    if shape != graph[entry].shape:
        free = [i for i in piece[:-1] if set(graph.users[i]) <= set(piece)]
        if not free:
            return
        source = free[0]
        nodes[source] = replace(nodes[source], op="slice", inputs=(entry,), roles=("x",), attrs=region, shape=shape)
    nodes[end.index] = replace(end, inputs=(source,), roles=("x",), **_widening(places, end.shape))


def _widening(places: tuple[int, ...], shape: Shape) -> dict[str, Any]:
    first, last = places[0], places[-1]
    if last - first >= len(places):
        return {"op": "spread", "attrs": {"places": places}}
    before, after = (0, first, 0, 0), (0, shape[1] - 1 - last, 0, 0)
    return {"op": "pad", "attrs": {"before": before, "after": after, "value": 0.0}}


def _look(graph: Graph, entry: int, end: int) -> tuple[dict[str, Any], tuple[int, ...]] | None:
    """The region that is taken of the map, and where its channels come to stand; None where it is anything else."""
    n, channels, height, width = graph[entry].shape
    numbered = torch.arange(1, n * channels * height * width + 1, dtype=torch.float64).view(graph[entry].shape)
    try:
        y = evaluate(graph, end, {entry: numbered}, {})
    except CannotRun:
        return None
    places = tuple(int(i) for i in (y != 0).transpose(0, 1).flatten(1).any(1).nonzero())
    if y.shape != graph[end].shape or len(places) != channels:
        return None
    top, left = divmod((int(y[0, places[0], 0, 0]) - 1) % (height * width), width)
    starts, steps = (0, 0, top, left), (1, 1, -(-height // y.shape[2]), -(-width // y.shape[3]))
    region = {"start": starts, "stop": (n, channels, height, width), "step": steps}
    taken = numbered[:, :, top :: steps[2], left :: steps[3]]
    return (region, places) if torch.equal(y[:, list(places)], taken) else None
