"""Graph -> Graph: one form for what people write in several, where the value is the same whatever the input.

Zero padding before a convolution or behind a ReLU before a max pool becomes that layer's own padding, and so does a
max pool's with minus infinity; a 1x1 convolution on the pooled features is a fully connected layer. Indices stay.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from .graph import Graph, Node

FEATURES = {"global_avg_pool", "global_max_pool", "avg_pool", "reshape", "dropout"}


def simplify(graph: Graph) -> Graph:
    """The same network with these forms replaced."""
    nodes = list(graph.nodes)
    trunk = frozenset(graph.trunk())
    for node in graph.nodes:
        if node.index not in graph.live or node.index not in graph.depends:
            continue
        if node.op in ("conv", "max_pool"):
            nodes[node.index] = _fold_padding(graph, nodes, nodes[node.index])
        if node.op == "conv" and node.index in trunk and _reads_features(graph, nodes, nodes[node.index]):
            nodes[node.index] = replace(nodes[node.index], op="linear", attrs={}, shape=node.shape[:2])
    return replace(graph, nodes=tuple(nodes))


def _fold_padding(graph: Graph, nodes: list[Node], node: Node) -> Node:
    """Take a padding of the map in front of the layer, with what it would pad itself, into its own padding."""
    source = node.operand("x")
    if source is None or nodes[source].op != "pad" or len(node.shape) != 4:
        return node
    pad = nodes[source]
    before, after = pad.attrs["before"], pad.attrs["after"]
    if any(before[:2]) or any(after[:2]) or any(v < 0 for v in (*before, *after)):
        return node
    if not (_is_never_largest(graph, pad) if node.op == "max_pool" else pad.attrs["value"] == 0):
        return node
    height, width = node.attrs["padding"][:2]
    if node.op == "max_pool" and (height or width):
        return node
    sides = (before[2] + height, after[2] + height, before[3] + width, after[3] + width)
    padding: tuple[int, ...] = sides
    if sides[0] == sides[1] and sides[2] == sides[3]:
        padding = (sides[0], sides[2])
    attrs: dict[str, Any] = {**node.attrs, "padding": padding}
    inputs = tuple(pad.inputs[0] if role == "x" else i for role, i in zip(node.roles, node.inputs, strict=True))
    return replace(node, attrs=attrs, inputs=inputs)


def _is_never_largest(graph: Graph, pad: Node) -> bool:
    """Is no value that the padding adds above one of the map? A max pool itself pads with minus infinity."""
    value = pad.attrs["value"]
    return bool(value == -inf or (value <= 0 and graph[pad.inputs[0]].op == "relu"))


def _reads_features(graph: Graph, nodes: list[Node], node: Node) -> bool:
    """A 1x1 convolution whose input is one position that a global pool made."""
    source = node.operand("x")
    if (
        source is None
        or node.attrs["groups"] != 1
        or graph[source].shape[2:] != (1, 1)
        or set(node.attrs["kernel"]) != {1}
    ):
        return False
    while nodes[source].op in FEATURES | {"relu", "linear"}:
        if nodes[source].op in ("global_avg_pool", "global_max_pool", "avg_pool"):
            return True
        source = nodes[source].inputs[0]
    return False
