"""What a piece of a graph computes that is written in operations of no known meaning: found by running it.

The larger of a stack of x and zeros is a ReLU, twice the mean of a stack an addition, the largest of nine shifted maps
a max pool. A piece without numbers of its own, which reads one map or two, is run on maps with values of either sign
and of any size; what it gives is held against what a ReLU, an addition, an average over all positions, and the pool of
the paper's stem would give. A piece that gives none of these stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import prod
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everyone gives it

from ..execute import CannotRun, evaluate
from ..graph import Graph, Node

# What computes something of its own: a piece ends where it begins.
LAYERS = frozenset(
    ("input", "parameter", "buffer", "conv", "batch_norm", "linear", "relu", "max_pool", "dropout", "spread", "add")
)
# Known for what they are, alone; part of a piece all the same.
PLAIN = frozenset(
    ("sub", "mul", "div", "scale", "add_scalar", "concat", "pad", "slice", "scatter", "reshape", "permute", "detach")
) | frozenset(("constant", "relu6", "gelu", "silu", "mish", "sigmoid", "tanh", "hardswish", "hardsigmoid", "rrelu"))
PLAIN |= {"avg_pool", "global_avg_pool", "global_max_pool", "softmax", "log_softmax"}
SUMS = frozenset(("aten.mean", "aten.sum", "aten.nansum"))
AHEAD = 6  # operations behind a strange one that may belong to its piece
LARGEST = 64  # operations of a piece
MISSES = 40  # pieces in a row that are nothing of all this: then the graph is left as it is, a transformer perhaps
POOL = {"kernel": (3, 3), "stride": (2, 2), "padding": (1, 1), "ceil": False, "dilation": (1, 1)}


def recognise(graph: Graph, fills: Mapping[int, float]) -> Graph:
    """The same network with these pieces replaced by what they compute. Indices stay.

    `fills` are the constants whose values are all one number, by node.
    """
    left = MISSES
    done: set[int] = set()
    for node in graph:
        if not _is_strange(graph, node) or node.index in done:
            continue
        for end, sources, piece in reversed(list(_pieces(graph, node.index))):
            if not left:
                return graph
            nodes = list(graph.nodes)
            if _rewrite(graph, nodes, end, sources, piece, fills):
                graph, left = replace(graph, nodes=tuple(nodes)), MISSES
                done |= piece
                break
            left -= 1
    return graph


def _is_strange(graph: Graph, node: Node) -> bool:
    known = node.op in LAYERS or node.op in PLAIN
    return not known and node.index in graph.live and node.index in graph.depends


def _pieces(graph: Graph, start: int) -> Iterator[tuple[int, tuple[int, ...], set[int]]]:
    """The pieces around a strange operation, from itself on to where a layer follows: end, what it reads, its nodes."""
    end = start
    for _ in range(AHEAD):
        piece, sources, ahead = set(), set(), [end]
        while ahead:
            i = ahead.pop()
            if i != end and graph[i].op in LAYERS:
                sources.add(i)
            elif i not in piece:
                piece.add(i)
                ahead += graph.data_inputs(graph[i])
        if len(piece) <= LARGEST and 1 <= len(sources) <= 2:
            yield end, tuple(sorted(sources)), piece
        users = graph.users.get(end, ())
        if len(users) != 1 or (graph[users[0]].op in LAYERS and graph[users[0]].op != "add"):
            return
        end = users[0]


def _rewrite(
    graph: Graph, nodes: list[Node], end: int, sources: tuple[int, ...], piece: set[int], fills: Mapping[int, float]
) -> bool:
    """Write the piece as what it computes; False where it is nothing of that, and where it cuts a gradient off."""
    if any(graph[i].op == "detach" for i in piece):
        return False
    generator = torch.Generator().manual_seed(0)
    given = {i: _values(graph[i], generator) for i in sources}
    known = {i: torch.full(graph[i].shape, fill, dtype=torch.float64) for i, fill in fills.items()}
    try:
        y = evaluate(graph, end, given | known, {})
    except (CannotRun, RuntimeError, ValueError, TypeError, IndexError):
        return False
    if y.shape != graph[end].shape or not y.is_floating_point():
        return False
    maps = [given[i] for i in sources]
    if len(maps) == 2:
        return _sum(graph, nodes, end, sources, piece, maps, y)
    sums = all(graph[i].op in SUMS for i in piece if _is_strange(graph, graph[i]))  # a mean does not show an order
    layer = _layer_of(maps[0], y, sums)
    if layer is None:
        return False
    op, attrs = layer
    nodes[end] = replace(nodes[end], op=op, inputs=sources, roles=("x",), attrs=attrs)
    return True


def _values(node: Node, generator: torch.Generator) -> torch.Tensor:
    """Values of either sign from 1e-4 to 1e4, and zeros; behind a ReLU none that is negative."""
    shape = node.shape
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    x = x * 10 ** (torch.rand(shape, generator=generator, dtype=torch.float64) * 8 - 4)
    x = x * (torch.rand(shape, generator=generator) > 0.1)
    return x.abs() if node.op in ("relu", "max_pool") else x


def _layer_of(x: torch.Tensor, y: torch.Tensor, sums: bool) -> tuple[str, Mapping[str, Any]] | None:
    """What layer gives y where x is given, with its attributes; None where it is none of those."""
    if y.shape == x.shape:
        return ("relu", {}) if bool((x < 0).any()) and torch.equal(y, x.clamp(min=0)) else None
    if x.dim() != 4 or y.dim() < 2 or y.shape[:2] != x.shape[:2]:
        return None
    if sums and y.numel() == prod(x.shape[:2]) and _same(y.reshape(x.shape[:2]), x.mean((2, 3))):
        return ("global_avg_pool", {"keepdim": y.dim() == 4})
    pooled = F.max_pool2d(x, 3, 2, 1) if min(x.shape[2:]) > 2 else x
    return ("max_pool", POOL) if y.shape == pooled.shape and torch.equal(y, pooled) else None


def _sum(
    graph: Graph,
    nodes: list[Node],
    end: int,
    sources: tuple[int, ...],
    piece: set[int],
    maps: list[torch.Tensor],
    y: torch.Tensor,
) -> bool:
    """a + b, perhaps times a number."""
    a, b = maps
    if not a.shape == b.shape == y.shape:
        return False
    total = a + b
    factor = float((y * total).sum() / (total * total).sum())
    if not factor or not _same(y, factor * total):
        return False
    if abs(factor - 1) < 1e-9:
        nodes[end] = replace(nodes[end], op="add", inputs=sources, roles=("a", "b"), attrs={"alpha": 1})
        return True
    free = [i for i in piece - {end} if set(graph.users[i]) <= piece and nodes[i].index > max(sources)]
    if not free:
        return False
    shape, attrs = nodes[end].shape, {"factor": round(factor, 9)}
    nodes[free[0]] = replace(
        nodes[free[0]], op="add", inputs=sources, roles=("a", "b"), attrs={"alpha": 1}, shape=shape
    )
    nodes[end] = replace(nodes[end], op="scale", inputs=(free[0],), roles=("x",), attrs=attrs)
    return True


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Alike but for rounding in float64, value by value beside the largest."""
    return bool((one - other).abs().max() <= 1e-12 * other.abs().max())
