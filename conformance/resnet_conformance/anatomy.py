"""Graph -> Anatomy: stem, stages, blocks, branches, shortcuts and head, recognised by the wiring alone.

A join (two input-dependent operands) has its block begin at its immediate dominator, the last value that all paths
share. The branch with more convolutions is F, the other the shortcut (He et al. 2015, Eqn 1, Fig. 2). Groups of
convolutions that no shortcut spans are blocks without one: a plain network is made of them. Names are never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from .blocks import Block, Branch, Convolution, convolution_of, find_branches
from .graph import Graph, Node
from .layer_kinds import GLOBAL_POOLS, NORMS, NORMS_AND_ACTIVATIONS, POOLS
from .stages import group_stages
from .stem_end import map_is_large, stem_end

ARITHMETIC = frozenset(("add", "sub", "mul", "div", "scale", "add_scalar"))


@dataclass(frozen=True)
class Anatomy:
    """A network in the paper's terms. Node indices refer to `graph`.

    `stem` are the trunk's nodes before the first block, `head` those after the last block; `stages` are runs of blocks.
    `preparation` are the nodes before the stem that normalise the input by fixed numbers: what is judged begins behind.
    """

    graph: Graph
    stem: tuple[int, ...]
    stages: tuple[tuple[Block, ...], ...]
    head: tuple[int, ...]
    preactivation: bool
    preparation: tuple[int, ...] = ()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks in order."""
        return tuple(block for stage in self.stages for block in stage)

    @property
    def residual(self) -> bool:
        """True where at least one block has a shortcut."""
        return any(block.shortcut is not None for block in self.blocks)

    @cached_property
    def stem_convolutions(self) -> tuple[Convolution, ...]:
        """Convolutions of the stem."""
        return tuple(convolution_of(self.graph, i) for i in self.stem if self.graph[i].op == "conv")

    @cached_property
    def main_convolutions(self) -> tuple[Convolution, ...]:
        """Convolutions of stem and F branches in order: the paper's weighted layers, without projections and fc."""
        return self.stem_convolutions + tuple(c for block in self.blocks for c in block.residual.convolutions)

    @cached_property
    def linears(self) -> tuple[int, ...]:
        """Fully connected layers of the head."""
        return tuple(i for i in self.head if self.graph[i].op == "linear")

    @property
    def depth(self) -> int:
        """Weighted layers: convolutions on the main path and fully connected layers (He et al. 2015, section 3.3)."""
        return len(self.main_convolutions) + len(self.linears)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Distinct block kinds, commonest first."""
        kinds = [block.kind for block in self.blocks]
        return tuple(sorted(dict.fromkeys(kinds), key=lambda kind: -kinds.count(kind)))

    @cached_property
    def option(self) -> str:
        """Shortcut option as found: "A", "B", "C", "none" (plain) or "mixed"."""
        shortcuts = [b for b in self.blocks if b.shortcut is not None]
        if not shortcuts:
            return "none"
        same = [b.shortcut_kind for b in shortcuts if not b.increases]
        wider = [b for b in shortcuts if b.input_shape[1:2] != b.output_shape[1:2]] or [
            b for b in shortcuts if b.increases
        ]
        grown = [b.shortcut_kind for b in wider]
        if same and same.count("projection") * 2 > len(same):
            return "C"
        if grown.count("projection") * 2 > len(grown):
            return "B"
        if grown.count("zero-pad") * 2 > len(grown):
            return "A"
        return "mixed"

    def ops(self, nodes: tuple[int, ...]) -> tuple[str, ...]:
        """Operations of the nodes."""
        return tuple(self.graph[i].op for i in nodes)


def is_global_pool(graph: Graph, node: Node) -> bool:
    """A pool that covers the whole map: by its kind, or by a kernel of the map's size."""
    if node.op in GLOBAL_POOLS:
        return True
    source = node.operand("x")
    return (
        source is not None and tuple(node.attrs["kernel"]) == graph[source].shape[2:] and not any(node.attrs["padding"])
    )


def dissect(graph: Graph) -> Anatomy:
    """The anatomy of a network with at least one convolution. Raises ValueError where there is none."""
    trunk = [i for i in graph.trunk() if graph[i].op != "input"]
    joins = {i for i in trunk if _is_join(graph, i)}
    if not any(graph[i].op == "conv" for i in graph.live & graph.depends):
        raise ValueError("the network has no convolution: nothing in it can be compared with a ResNet")
    preactivation = _is_preactivation(graph, joins)
    start, size = stem_end(graph, trunk, joins, preactivation)
    blocks, head = _walk(graph, trunk, start, joins, size, preactivation)
    if joins and blocks and blocks[-1].join is None and len(blocks[-1].residual.convolutions) < size:
        head = [*blocks[-1].residual.nodes, *blocks[-1].post, *head]  # a convolution of the head (timm's resnet33ts)
        blocks.pop()
    first = _prepared(graph, trunk[:start])
    ahead, stem = tuple(trunk[:first]), tuple(trunk[first:start])
    if not blocks:
        return Anatomy(graph, stem, (), tuple(trunk[start:]), preactivation, ahead)
    return Anatomy(graph, stem, group_stages(blocks), tuple(head), preactivation, ahead)


def _prepared(graph: Graph, stem: list[int]) -> int:
    """How many nodes of the stem, from its first one on, normalise the input: by a mean, for instance, and a deviation
    that the network holds for each channel or pixel (section 4.2; clause TC-04). Numbers alone are no mean.
    """
    count, tensors = 0, 0
    while count < len(stem) and graph[stem[count]].op in ARITHMETIC and _is_fixed(graph, stem[count]):
        tensors += len(graph[stem[count]].inputs) > 1
        count += 1
    return count if tensors and count < len(stem) and graph[stem[count]].op == "conv" else 0


def _is_fixed(graph: Graph, index: int) -> bool:
    """Does nothing but the input and fixed numbers, the same for each image, enter the node?"""
    node = graph[index]
    ahead = [i for i in node.inputs if i not in graph.depends]
    if len(ahead) != len(node.inputs) - 1 or any(prod(graph[i].shape) > prod(node.shape[1:]) for i in ahead):
        return False
    while ahead:
        other = graph[ahead.pop()]
        if other.op == "parameter":
            return False
        ahead += other.inputs
    return True


def _is_join(graph: Graph, index: int) -> bool:
    """A node of several input-dependent operands, at least one of which passed a convolution since they parted."""
    if len(graph.data_inputs(graph[index])) < 2:
        return False
    region = graph.between(graph.dominators[index], index)
    return any(graph[i].op == "conv" for i in region)


def _is_preactivation(graph: Graph, joins: set[int]) -> bool:
    """He et al. 2016: F begins with its norm in most identity blocks (with projections it stands before the split, and
    that of the first block may stand in the stem).

    Where no other block has an identity, F ends with a convolution and not with its norm.
    """
    branches = [find_branches(graph, graph.dominators[join], join) for join in sorted(joins)]
    begins = [graph[f.nodes[0]].op in NORMS for f, shortcut in branches[1:] if f.nodes and not shortcut.nodes]
    ends = [graph[f.nodes[-1]].op == "conv" for f, _ in branches if f.nodes]
    votes = begins or ends
    return sum(votes) * 2 > len(votes)


def _walk(
    graph: Graph, trunk: list[int], start: int, joins: set[int], size: int, preactivation: bool
) -> tuple[list[Block], list[int]]:
    """Cut the trunk after the stem into blocks (with and without shortcut) and the head."""
    blocks: list[Block] = []
    lead: list[int] = []  # trunk nodes read since the last block: they belong to it, to the next one, or to the head
    group: list[int] = []  # trunk nodes of a block without shortcut, while it grows
    entry = trunk[start - 1] if start else graph.dominators[trunk[0]]
    for position, index in enumerate(trunk[start:], start):
        op = graph[index].op
        if index in joins:
            if group:
                blocks.append(_plain_block(graph, entry, group))
                group = []
            source = graph.dominators[index]
            residual, shortcut = find_branches(graph, source, index)
            blocks, lead = _close(blocks, lead, preactivation)
            blocks.append(Block(graph, source, residual, shortcut, index, pre=tuple(lead)))
            lead = []
        elif op == "conv" and (not group or sum(graph[i].op == "conv" for i in group) < size):
            if not group:
                blocks, lead = _close(blocks, lead, preactivation)
                entry, lead = trunk[position - 1], []
            group.append(index)
        elif op == "conv":
            blocks.append(_plain_block(graph, entry, group))
            entry, group = trunk[position - 1], [index]
        elif group and (op in NORMS_AND_ACTIVATIONS or (op in POOLS and map_is_large(graph, index))):
            group.append(index)
        else:
            if group:
                blocks.append(_plain_block(graph, entry, group))
                group = []
            lead.append(index)
    if group:
        while graph[group[-1]].op in POOLS:  # behind the last block a pool is the head's
            lead.insert(0, group.pop())
        blocks.append(_plain_block(graph, entry, group))
    if blocks and lead:
        blocks, lead = _close(blocks, lead, preactivation, NORMS_AND_ACTIVATIONS)
    return blocks, lead


def _close(
    blocks: list[Block], lead: list[int], preactivation: bool, closing: set[str] = NORMS_AND_ACTIVATIONS | POOLS
) -> tuple[list[Block], list[int]]:
    """Give the nodes after a join, through its activation, to its block; before a pre-activation to the next one."""
    if preactivation or not blocks or not lead or blocks[-1].join is None:
        return blocks, lead
    graph, post, end = blocks[-1].graph, [], 0
    while (
        end < len(lead)
        and graph[lead[end]].op in closing
        and (graph[lead[end]].op not in POOLS or map_is_large(graph, lead[end]))
    ):
        post.append(lead[end])
        end += 1
    last = blocks[-1]
    closed = Block(graph, last.entry, last.residual, last.shortcut, last.join, pre=last.pre, post=tuple(post))
    return [*blocks[:-1], closed], lead[end:]


def _plain_block(graph: Graph, entry: int, group: list[int]) -> Block:
    """A block without shortcut: the nodes after its last convolution and BN are its closing activation."""
    last = max(p for p, i in enumerate(group) if graph[i].op == "conv")
    end = last + 1
    while end < len(group) and graph[group[end]].op in NORMS:
        end += 1
    return Block(graph, entry, Branch(graph, tuple(group[:end])), None, None, post=tuple(group[end:]))
