"""The blueprint with the choices that its paper leaves open as a candidate made them.

The paper says nothing of convolution padding, biases, eps and momentum of batch normalization, the stem pool's padding,
and how option A samples and where its zeros stand (He et al. 2015, sections 3.3 and 3.4). With the candidate's choices
in place, what still differs between the two is no choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .align import Alignment, Link, Place
from .anatomy import Anatomy
from .blocks import TRANSPARENT, Block
from .graph import Graph, GraphBuilder, Node, stored_in


def adopt(
    paper: Graph,
    found_anatomy: Anatomy,
    paper_anatomy: Anatomy,
    alignment: Alignment,
    trained: Graph | None = None,
) -> tuple[Graph, Alignment]:
    """The blueprint `paper` with the candidate's admitted choices, and the alignment that goes with it.

    `trained` is the candidate in train mode: where its normalization is written by hand, the momentum shows there alone
    (without it, the paper's stays). Tensors keep their indices, biases of convolutions are appended; nodes may have new
    indices, so the graph has to be dissected again. A choice that would change the shape of a layer's result is not
    adopted.
    """
    return _Redrawing(paper, found_anatomy, paper_anatomy, alignment, momenta(trained)).draw()


def momenta(graph: Graph | None) -> dict[int, float]:
    """How much of a batch enters each running statistic, by tensor, where the graph shows it."""
    return {
        tensor: node.attrs["momentum"]
        for node in graph or ()
        if graph is not None and node.op == "batch_norm" and node.attrs.get("momentum") is not None
        for role, i in zip(node.roles, node.inputs, strict=True)
        if role in ("mean", "var")
        for tensor in stored_in(graph, i)
    }


@dataclass(frozen=True, slots=True)
class _Detour:
    """Option A as the candidate walks it, in the place of the paper's: both from the block's input to the join."""

    mine: Block
    theirs: Block


class _Redrawing:
    def __init__(
        self, paper: Graph, found: Anatomy, drawn: Anatomy, alignment: Alignment, momenta: Mapping[int, float]
    ) -> None:
        self.paper, self.found, self.alignment, self.momenta = paper, found.graph, alignment, momenta
        self.builder = GraphBuilder()
        self.builder.tensors.extend(paper.tensors)
        self.place: dict[int, int] = {}  # from the paper's nodes to the new ones
        self.links: list[Link] = []
        self.pools = self._pools(found, drawn)
        self.detours: dict[int, _Detour] = {}
        for mine, theirs in zip(found.blocks, drawn.blocks, strict=False):
            if self._same_zero_pad(mine, theirs) and theirs.shortcut is not None:
                self.detours.update(dict.fromkeys(theirs.shortcut.nodes, _Detour(mine, theirs)))

    def _pools(self, found: Anatomy, drawn: Anatomy) -> dict[int, Node]:
        """The candidate's max pool in the stem for the paper's, where each has one, of the same windows and result."""
        mine = [self.found[i] for i in found.stem if self.found[i].op == "max_pool"]
        theirs = [self.paper[i] for i in drawn.stem if self.paper[i].op == "max_pool"]
        if len(mine) != 1 or len(theirs) != 1 or mine[0].shape != theirs[0].shape:
            return {}
        same = all(tuple(mine[0].attrs[key]) == tuple(theirs[0].attrs[key]) for key in ("kernel", "stride", "dilation"))
        return {theirs[0].index: mine[0]} if same else {}

    def _same_zero_pad(self, mine: Block, theirs: Block) -> bool:
        if mine.shortcut is None or mine.shortcut_kind != "zero-pad" or theirs.shortcut_kind != "zero-pad":
            return False
        chain = all(len(self.found[i].inputs) == 1 for i in mine.shortcut.nodes)
        return chain and (mine.input_shape, mine.output_shape) == (theirs.input_shape, theirs.output_shape)

    def draw(self) -> tuple[Graph, Alignment]:
        walked: set[int] = set()
        for node in self.paper:
            detour = self.detours.get(node.index)
            if detour is None:
                self.place[node.index] = self._redraw(node)
            elif detour.theirs.end not in walked and detour.theirs.shortcut is not None:
                walked.add(detour.theirs.end)
                last = self._walk(detour)
                self.place.update(dict.fromkeys(detour.theirs.shortcut.nodes, last))
        graph = self.builder.build(self.place[self.paper.output], self.paper.mode)
        layers = {self.place[k]: i for k, i in self.alignment.layers.items()}
        links = (*self.alignment.links, *self.links)
        return graph, replace(self.alignment, links=links, layers=layers, extra={}, missing={})

    def _walk(self, detour: _Detour) -> int:
        """The candidate's shortcut, drawn from the paper's block input; a cut gradient is no choice."""
        assert detour.mine.shortcut is not None
        walked = {detour.mine.entry: self.place[detour.theirs.entry]}
        last = walked[detour.mine.entry]
        for index in detour.mine.shortcut.nodes:
            node = self.found[index]
            source = walked[node.inputs[0]]
            transparent = node.op in TRANSPARENT
            roles = {node.roles[0]: source}
            last = source if transparent else self.builder.add(node.op, roles, node.attrs, node.shape, node.where)
            walked[index] = last
        return last

    def _redraw(self, node: Node) -> int:
        operands: dict[str, int | None] = {role: self.place[i] for role, i in zip(node.roles, node.inputs, strict=True)}
        attrs: dict[str, Any] = dict(node.attrs)
        mine = self.found[self.alignment.layers[node.index]] if node.index in self.alignment.layers else None
        if mine is not None:
            attrs |= self._chosen(node, mine)
        elif node.index in self.pools:
            attrs |= {key: self.pools[node.index].attrs[key] for key in ("padding", "ceil")}
        bias = self.alignment.extra.get(node.index)
        if bias is not None:
            operands["bias"] = self._bias(node, bias)
        if node.index in self.alignment.missing:
            operands.pop("bias", None)
        return self.builder.add(node.op, operands, attrs, node.shape, node.where)

    def _chosen(self, node: Node, mine: Node) -> Mapping[str, Any]:
        """What the paper leaves open of one layer."""
        if node.op == "batch_norm":
            mean = mine.operand("mean")
            tensor = next(iter(stored_in(self.found, mean)), -1) if mean is not None else -1
            momentum = self.momenta.get(tensor, mine.attrs["momentum"])  # a cumulative average shows none in eval
            return {"eps": mine.attrs["eps"]} | ({} if momentum is None else {"momentum": momentum})
        same = ("kernel", "stride", "dilation", "groups")
        if node.op == "conv" and mine.shape == node.shape and all(mine.attrs[k] == node.attrs[k] for k in same):
            return {"padding": mine.attrs["padding"]}
        return {}

    def _bias(self, node: Node, held: Place) -> int:
        index = self.builder.tensor("parameter", held.shape, (f"{node.where}.bias",))
        self.links.append(Link("bias", held, Place("tensor", held.shape, len(self.builder.tensors) - 1)))
        return index
