"""Every operation of a network in order, in words: what is left to compare when each clause has had its say.

Two networks with the same signature do the same things in the same places, up to what the clauses leave open: padding,
biases, eps, the pool's rounding, how option A samples and where its zeros stand. Source: He et al. 2015, Table 1,
Fig. 2 and Fig. 3, as drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .anatomy import Anatomy, is_global_pool
from .blocks import TRANSPARENT, Block
from .graph import Graph, Node
from .layer_kinds import GLOBAL_POOLS


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: where it stands ("stem", "block", "head"), what it does, and its node (-1 behind the end)."""

    place: str
    text: str
    node: int


def signature(anatomy: Anatomy) -> tuple[Step, ...]:
    """The network's operations in order. What stands on no path between stem, blocks and head comes last."""
    graph = anatomy.graph
    steps = _steps(graph, "stem", anatomy.stem)
    for block in anatomy.blocks:
        steps += _block_steps(block)
    steps += _steps(graph, "head", anatomy.head)
    placed = {*anatomy.preparation, *anatomy.stem, *anatomy.head}
    for block in anatomy.blocks:
        shortcut = block.shortcut.nodes if block.shortcut else ()
        placed.update((*block.pre, *block.residual.nodes, *shortcut, *block.post, block.end))
    beside = [n for n in graph if n.index in graph.live & graph.depends - placed and n.op != "input"]
    return (*steps, *(Step("block", f"{_text(graph, n)} beside the path", n.index) for n in beside))


def first_difference(found: Anatomy, paper: Anatomy) -> tuple[Step, Step] | None:
    """The first step in which two networks differ, the candidate's and the blueprint's; None where they do not."""
    mine, wanted = signature(found), signature(paper)
    end = Step("head", "the end", -1)
    for position in range(max(len(mine), len(wanted))):
        one = mine[position] if position < len(mine) else end
        other = wanted[position] if position < len(wanted) else end
        if one.text != other.text:
            return one, other
    return None


def _block_steps(block: Block) -> tuple[Step, ...]:
    graph = block.graph
    steps = _steps(graph, "block", (*block.pre, *block.residual.nodes))
    if block.shortcut is not None:
        steps += _shortcut_steps(block)
        steps += _steps(graph, "block", (block.end,))
    return steps + _steps(graph, "block", block.post)


def _shortcut_steps(block: Block) -> tuple[Step, ...]:
    """The shortcut; option A in one step, whichever way it is written."""
    nodes = block.shortcut.nodes if block.shortcut else ()
    if block.shortcut_kind == "zero-pad" and all(_keeps_channels(block.graph, block.graph[i]) for i in nodes):
        added = block.output_shape[1] - block.input_shape[1]
        return (Step("block", f"identity and {added} zero channels", nodes[-1]),)
    steps = _steps(block.graph, "block", nodes)
    return steps or (Step("block", "identity", block.entry),)


def _keeps_channels(graph: Graph, node: Node) -> bool:
    """The step of option A drops no image and no channel, and adds nothing but channels."""
    source = graph[node.inputs[0]]
    if node.op == "pad":
        sides = (*node.attrs["before"], *node.attrs["after"])
        return not any(sides[0:1] + sides[2:5] + sides[6:])
    return node.op == "spread" or node.shape[:2] == source.shape[:2]


def _steps(graph: Graph, place: str, nodes: tuple[int, ...]) -> tuple[Step, ...]:
    shown = (graph[i] for i in nodes if not _is_silent(graph, graph[i]))
    return tuple(Step(place, _text(graph, n), n.index) for n in shown)


def _is_silent(graph: Graph, node: Node) -> bool:
    """Changes no value: a detached tensor, or another shape of the same (N, C) features."""
    if node.op in TRANSPARENT:
        return True
    source = graph[node.inputs[0]] if node.inputs else node
    return node.op == "reshape" and node.shape[:2] == source.shape[:2] and prod(source.shape[2:]) == 1


def _text(graph: Graph, node: Node) -> str:
    attrs = node.attrs
    if node.op == "conv":
        parts = [f"{_size(attrs['kernel'])} conv, {node.shape[1]} filters, stride {_size(attrs['stride'])}"]
        parts += (
            [f"dilation {_size(attrs['dilation'])}"]
            if set(attrs["dilation"]) != {1} and prod(attrs["kernel"]) > 1
            else []
        )
        parts += [f"{attrs['groups']} groups"] if attrs["groups"] != 1 else []
        return ", ".join(parts + (["transposed"] if attrs.get("transposed") else []))
    if node.op in ("max_pool", "avg_pool"):
        if node.op == "avg_pool" and is_global_pool(graph, node):
            return "global_avg_pool"
        return f"{_size(attrs['kernel'])} {node.op}, stride {_size(attrs['stride'])}"
    if node.op == "linear":
        return f"fully connected, {node.shape[-1]} outputs"
    if node.op == "add" and attrs.get("alpha", 1) != 1:
        return f"add with factor {attrs['alpha']:g}"
    if node.op in GLOBAL_POOLS or node.op in ("batch_norm", "relu", "add"):
        return node.op
    return f"{node.op.removeprefix('aten.')} {node.attrs.get('factor', '')}".strip()


def _size(extents: tuple[int, ...]) -> str:
    return "x".join(map(str, extents))
