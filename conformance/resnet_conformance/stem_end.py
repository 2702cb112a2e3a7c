"""Where the stem of a network ends, and how many convolutions a block without a shortcut has: by the wiring alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from .blocks import Convolution, convolution_of, find_branches
from .graph import Graph
from .layer_kinds import NORMS_AND_ACTIVATIONS, POOLS


def stem_end(graph: Graph, trunk: list[int], joins: set[int], preactivation: bool) -> tuple[int, int]:
    """Position in the trunk where the stem ends, and the number of convolutions in a block that has no shortcut."""
    first_join = next((p for p, i in enumerate(trunk) if i in joins), len(trunk))
    entry = len(trunk)
    if joins:
        source = graph.dominators[trunk[first_join]]
        entry = trunk.index(source) + 1 if source in trunk else 0
    before = trunk[:entry]
    pool = next((p for p, i in enumerate(before) if graph[i].op in POOLS and map_is_large(graph, i)), None)
    convolutions = [p for p, i in enumerate(before) if graph[i].op == "conv"]
    size = _block_size(graph, trunk, joins)
    if not convolutions:
        return (entry, size)
    if pool is not None and sum(p > pool for p in convolutions) % size == 0:
        return (pool + 1 if preactivation else _layer_end(graph, before, pool), size)
    leading = _leading(graph, trunk, joins)
    if 0 < leading < len(convolutions):
        return (_layer_end(graph, before, convolutions[-1 - leading]), size)
    own = _stem_layers(graph, [before[p] for p in convolutions], size, trunk, joins) if joins else 1
    return (entry if own == len(convolutions) > 1 else _layer_end(graph, before, convolutions[own - 1]), size)


def _stem_layers(graph: Graph, convolutions: list[int], size: int, trunk: list[int], joins: set[int]) -> int:
    """How many of the convolutions before the first shortcut are the stem's; the others are blocks that lost theirs.

    A lost block is known by the kernels and the widths of those that have their shortcuts, and a deep stem without a
    pool (ResNet-RS) by layers that stride or widen. Where neither is seen, one is the stem's, unless that leaves a part
    of a block over.
    """
    branches = [find_branches(graph, graph.dominators[i], i)[0] for i in trunk if i in joins]
    known = {_form(branch.convolutions) for branch in branches}
    layers = [convolution_of(graph, i) for i in convolutions]
    count = len(layers)
    for own in range(1, count + 1):
        windows = [layers[p : p + size] for p in range(own, count, size)]
        short = own < count or own - 1 <= size  # more layers than one block's, and no block behind them, are no stem
        fits = own == 1 or (_is_deep_stem(layers[:own]) and short)
        if fits and all(_form(window) in known for window in windows):
            return own
    return count if (count - 1) % size else 1


def _form(convolutions: Sequence[Convolution]) -> tuple[tuple[tuple[int, ...], float], ...]:
    """A branch's kernels and relative widths."""
    return tuple((c.kernel, c.filters / convolutions[0].filters) for c in convolutions)


def _is_deep_stem(layers: Sequence[Convolution]) -> bool:
    """Convolutions of more than 1x1, behind the first of which one strides or widens."""
    strided = any(max(c.stride) > 1 for c in layers[1:])
    widened = len({c.filters for c in layers}) > 1
    return all(min(c.kernel) > 1 for c in layers) and (strided or widened)


def _layer_end(graph: Graph, trunk: list[int], position: int) -> int:
    """Position behind a layer and the normalizations and activations that follow it."""
    end = position + 1
    while end < len(trunk) and graph[trunk[end]].op in NORMS_AND_ACTIVATIONS:
        end += 1
    return end


def _leading(graph: Graph, trunk: list[int], joins: set[int]) -> int:
    """How many convolutions stand before each split, where all behind the first block have the same number; else 0."""
    ends = [p for p, i in enumerate(trunk) if i in joins]
    gaps = {sum(graph[i].op == "conv" for i in trunk[a:b]) for a, b in itertools.pairwise(ends)}
    return gaps.pop() if len(gaps) == 1 and len(ends) > 2 else 0


def map_is_large(graph: Graph, index: int) -> bool:
    """A stem's pool leaves a map; a head's pool leaves (nearly) one position."""
    return len(graph[index].shape) == 4 and graph[index].shape[2] > 1


def _block_size(graph: Graph, trunk: list[int], joins: set[int]) -> int:
    """Convolutions in one block: from the blocks with shortcuts if any, else 3 where 1x1 kernels frame 3x3 ones."""
    for join in joins:
        residual, _ = find_branches(graph, graph.dominators[join], join)
        if len(residual.convolutions) in (2, 3):
            return len(residual.convolutions)
    kernels = [convolution_of(graph, i).kernel for i in trunk if graph[i].op == "conv"][1:]
    return 3 if kernels and sum(k == (1, 1) for k in kernels) * 2 > len(kernels) else 2
