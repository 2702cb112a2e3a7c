"""Anatomy -> Sketch: what a picture of the network needs, as plain data in the report (`Report.drawing`).

Layers are words, as "conv 3x3, 64, stride 2" (the paper's Table 1), "batch_norm", "relu"; blocks that follow each other
in one stage and are alike are one entry with all their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .anatomy import Anatomy
from .blocks import Block, Branch, convolution_of
from .graph import Graph, Node
from .measure import measure, multiply_adds, parameters_of

SILENT = {"detach"}  # its values are those that it reads
POOLS = {"max_pool", "avg_pool"}


def sketch(anatomy: Anatomy, stages: Sequence[str] = ()) -> dict[str, Any]:
    """Stem, stages, blocks and head of a network in words, with each section's figures.

    `stages` are the paper's names for its stages ("conv2_x"); one that has none is "stage4". Sizes are (channels,
    height, width); parameters and multiply-adds are those of one sample, as in `measure`.
    """
    graph = anatomy.graph
    total = measure(graph)
    return {
        "input": list(graph[anatomy.blocks[0].entry].shape[1:]) if not anatomy.stem else _input(graph),
        "stem": _section(graph, anatomy.stem),
        "stages": [
            _stage(blocks, stages[number] if number < len(stages) else f"stage{number + 1}")
            for number, blocks in enumerate(anatomy.stages)
        ],
        "head": _section(graph, anatomy.head),
        "depth": anatomy.depth,
        "parameters": total.parameters,
        "multiply_adds": total.multiply_adds,
    }


def _input(graph: Graph) -> list[int]:
    return list(next(node for node in graph if node.op == "input").shape[1:])


def _section(graph: Graph, nodes: tuple[int, ...]) -> dict[str, Any]:
    """A run of the trunk outside the blocks."""
    return {
        "layers": _words(graph, nodes),
        "output": list(graph[nodes[-1]].shape[1:]) if nodes else [],
        **_figures(graph, nodes),
    }


def _stage(blocks: Sequence[Block], name: str) -> dict[str, Any]:
    graph = blocks[0].graph
    entries: list[dict[str, Any]] = []
    for position, block in enumerate(blocks, start=1):
        drawn = _block(block)
        if not entries or {key: entries[-1][key] for key in drawn} != drawn:
            entries.append({"names": [], "where": [], **drawn})
        entries[-1]["names"].append(f"{name.removesuffix('_x')}_{position}")
        entries[-1]["where"].append(block.where)
    nodes = {i for block in blocks for i in _nodes(block)}
    return {
        "name": name,
        "blocks": entries,
        "output": list(blocks[-1].output_shape[1:]),
        **_figures(graph, sorted(nodes)),
    }


def _block(block: Block) -> dict[str, Any]:
    """What is drawn of one block: layers in order before the split, on F, on the shortcut and after the join."""
    graph, shortcut = block.graph, block.shortcut
    return {
        "kind": block.kind,
        "before": _words(graph, block.pre),
        "residual": _branch(block.residual),
        "shortcut": None if shortcut is None else _branch(shortcut),
        "shortcut_kind": block.shortcut_kind,
        "join": None if block.join is None else graph[block.join].op,
        "after": _words(graph, block.post),
        "output": list(block.output_shape[1:]),
    }


def _branch(branch: Branch) -> list[str]:
    """The layers that every path through the branch passes; how many operations stand beside them is said last."""
    beside = len(branch.nodes) - len(branch.chain)
    return _words(branch.graph, branch.chain) + ([f"and {beside} operations beside"] if beside > 0 else [])


def _nodes(block: Block) -> tuple[int, ...]:
    shortcut = block.shortcut.nodes if block.shortcut is not None else ()
    return (*block.pre, *block.residual.nodes, *shortcut, *block.post)


def _figures(graph: Graph, nodes: Iterable[int]) -> dict[str, int]:
    chosen = tuple(graph[i] for i in nodes)
    return {
        "parameters": parameters_of(graph, chosen),
        "multiply_adds": sum(multiply_adds(graph, node) for node in chosen),
    }


def _words(graph: Graph, nodes: Iterable[int]) -> list[str]:
    return [_layer(graph, graph[i]) for i in nodes if graph[i].op not in SILENT]


def _layer(graph: Graph, node: Node) -> str:
    """One layer, its operation first."""
    if node.op == "conv":
        convolution = convolution_of(graph, node.index)
        more = [f"{convolution.groups} groups"] if convolution.groups != 1 else []
        more += [f"dilation {convolution.dilation[0]}"] if set(convolution.dilation) != {1} else []
        more += ["bias"] if convolution.bias else []
        return ", ".join([f"conv {convolution.text}", *more])
    if node.op in POOLS:
        kernel, stride = node.attrs["kernel"], node.attrs["stride"]
        step = f", stride {stride[0]}" if set(stride) != {1} else ""
        return f"{node.op} {'x'.join(map(str, kernel))}{step}"
    if node.op == "pad":
        return "pad zeros" if node.attrs["value"] == 0 else f"pad {node.attrs['value']}"
    if node.op == "spread":
        return "pad zeros between"
    if node.op == "linear":
        return f"linear {node.shape[-1]}"
    return node.op
