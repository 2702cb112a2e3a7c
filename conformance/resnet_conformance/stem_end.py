"""Where the stem of a network ends, and how many convolutions a block without a shortcut has: by the wiring alone."""

from __future__ import annotations

import itertools

from .blocks import convolution_of, find_branches
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
    if joins and not are_blocks(graph, [before[p] for p in convolutions[1:]], size, trunk, joins):
        return (entry, size)
    return (_layer_end(graph, before, convolutions[0]), size)


def are_blocks(graph: Graph, convolutions: list[int], size: int, trunk: list[int], joins: set[int]) -> bool:
    """Whether these can be blocks that lost their shortcuts: such have the kernels of a block that has its own.

    A deep stem without a pool (ResNet-RS) may have as many convolutions as a block, but other ones than a bottleneck.
    """
    if len(convolutions) % size:
        return False
    branches = [find_branches(graph, graph.dominators[i], i)[0] for i in trunk if i in joins]
    known = {tuple(c.kernel for c in branch.convolutions) for branch in branches}
    kernels = [convolution_of(graph, i).kernel for i in convolutions]
    return any(tuple(kernels[p : p + size]) in known for p in range(0, len(kernels), size))


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
