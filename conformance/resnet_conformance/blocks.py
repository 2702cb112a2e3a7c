"""A block and its two branches, as found in a Graph: F, the shortcut, the join, and what stands around them.

He et al. 2015, Fig. 2 and Fig. 5, Eqn (1) and (2); shortcut options of section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from .graph import Graph, Shape

KINDS = {((3, 3), (3, 3)): "basic", ((1, 1), (3, 3), (1, 1)): "bottleneck"}
SUBSAMPLING = {"slice", "avg_pool", "max_pool"}
TRANSPARENT = {"detach"}  # same values; only gradients differ


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution: filters and channels from its weight, geometry from its attributes, size of its output map."""

    index: int
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    filters: int
    channels: int
    bias: bool
    output: tuple[int, ...]
    where: str

    @property
    def text(self) -> str:
        """As in Table 1, e.g. "3x3, 64, stride 2"."""
        kernel = "x".join(map(str, self.kernel))
        stride = self.stride[0] if len(set(self.stride)) == 1 else self.stride
        return f"{kernel}, {self.filters}" + (f", stride {stride}" if stride != 1 else "")


def convolution_of(graph: Graph, index: int) -> Convolution:
    """The convolution at a node."""
    node = graph[index]
    weight, source = node.operand("weight"), node.operand("x")
    shape = graph[weight].shape if weight is not None else ()
    return Convolution(
        index=index,
        kernel=tuple(node.attrs["kernel"]),
        stride=tuple(node.attrs["stride"]),
        padding=tuple(node.attrs["padding"]),
        dilation=tuple(node.attrs["dilation"]),
        groups=int(node.attrs["groups"]),
        filters=node.shape[1] if len(node.shape) > 1 else (shape[0] if shape else 0),
        channels=graph[source].shape[1] if source is not None and len(graph[source].shape) > 1 else 0,
        bias=node.operand("bias") is not None,
        output=node.shape[2:],
        where=node.where,
    )


@dataclass(frozen=True)
class Branch:
    """Nodes of one way through a block, in order; without nodes it is the identity."""

    graph: Graph
    nodes: tuple[int, ...]

    @cached_property
    def ops(self) -> tuple[str, ...]:
        """Its operations in order."""
        return tuple(self.graph[i].op for i in self.nodes)

    @cached_property
    def convolutions(self) -> tuple[Convolution, ...]:
        """The convolutions that every path through it passes, in order: not those of a gate beside it."""
        return tuple(convolution_of(self.graph, i) for i in self.chain if self.graph[i].op == "conv")

    @cached_property
    def joins(self) -> tuple[int, ...]:
        """Nodes in it that have several input-dependent operands: a plain chain has none."""
        return tuple(i for i in self.nodes if len(self.graph.data_inputs(self.graph[i])) > 1)

    @cached_property
    def chain(self) -> tuple[int, ...]:
        """Its nodes that every path through it passes: a gate beside the path is not among them, its product is.

        Where a sum takes the block's input in once more, the chain goes on along the operand with the convolutions.
        """
        found: list[int] = []
        ahead = list(self.nodes[-1:])
        while ahead:
            at = max(ahead, key=self._convolutions_before) if len(ahead) > 1 else ahead[0]
            found.append(at)
            dominator = self.graph.dominators[at]
            ahead = (
                [dominator]
                if dominator in self.nodes
                else [i for i in self.graph.data_inputs(self.graph[at]) if i in self.nodes]
            )
        return tuple(reversed(found))

    def _convolutions_before(self, index: int) -> int:
        before = {index, *self.graph.between(self.nodes[0] - 1, index)}
        return sum(self.graph[i].op == "conv" for i in before & set(self.nodes))

    @cached_property
    def gated(self) -> frozenset[int]:
        """Its nodes beside the chain that compute a gate: one number for each channel, or each position, of the map
        that a product on the chain weighs. A factor as large as the map may be a layer of F itself.
        """
        found: set[int] = set()
        for i in self.chain:
            factors = self.graph.data_inputs(self.graph[i]) if self.graph[i].op == "mul" else ()
            ahead = [factor for factor in factors if self.graph[factor].shape != self.graph[i].shape]
            while ahead:
                at = ahead.pop()
                if at in self.nodes and at not in self.chain and at not in found:
                    found.add(at)
                    ahead += self.graph.data_inputs(self.graph[at])
        return frozenset(found)

    @cached_property
    def chain_ops(self) -> tuple[str, ...]:
        """The chain's operations in order."""
        return tuple(self.graph[i].op for i in self.chain)

    def of(self, *ops: str) -> tuple[int, ...]:
        """Its nodes of these operations."""
        return tuple(i for i in self.nodes if self.graph[i].op in ops)


@dataclass(frozen=True)
class Block:
    """One block. `entry` is the node whose value it reads, `join` where its branches meet (None without shortcut).

    `pre` are trunk nodes between the previous block and this one that its branches share (a pre-activation), `post` the
    trunk nodes after the join that close it (the second ReLU of a v1 block).
    """

    graph: Graph
    entry: int
    residual: Branch
    shortcut: Branch | None
    join: int | None
    pre: tuple[int, ...] = ()
    post: tuple[int, ...] = ()

    @cached_property
    def kind(self) -> str:
        """ "basic", "bottleneck", or the kernels of F for anything else."""
        kernels = tuple(c.kernel for c in self.residual.convolutions)
        return KINDS.get(kernels, " ".join("x".join(map(str, k)) for k in kernels) or "no convolution")  # type: ignore[arg-type]

    @property
    def stride(self) -> int:
        """How many times smaller y's map is than x's, along the height."""
        return (
            round(self.input_shape[2] / self.output_shape[2])
            if len(self.input_shape) == len(self.output_shape) == 4
            else 1
        )

    @cached_property
    def terms(self) -> tuple[int, ...]:
        """What the join joins: F's last value and the shortcut's, each as often as it is added."""
        return summands(self.graph, self.join) if self.join is not None else ()

    @property
    def filters(self) -> tuple[int, ...]:
        """Filters of F's convolutions."""
        return tuple(c.filters for c in self.residual.convolutions)

    @property
    def end(self) -> int:
        """The node whose value is the block's sum (in a block without shortcut: F's last value)."""
        return self.join if self.join is not None else self.residual.nodes[-1]

    @property
    def input_shape(self) -> Shape:
        """Shape of x."""
        return self.graph[self.entry].shape

    @property
    def output_shape(self) -> Shape:
        """Shape of y."""
        return self.graph[self.end].shape

    @property
    def increases(self) -> bool:
        """True where channels or map size differ between x and y, so that the identity does not fit."""
        return self.input_shape[1:] != self.output_shape[1:]

    @property
    def where(self) -> str:
        """Module path for people: what the paths of its convolutions and its join share."""
        paths = [c.where.split(".") for c in self.residual.convolutions if c.where]
        if not paths:
            return self.graph[self.end].where or f"node {self.end}"
        if len(paths) == 1:
            return ".".join(paths[0][:-1]) or paths[0][0]
        shared: list[str] = []
        for parts in zip(*paths, strict=False):
            if len(set(parts)) > 1:
                break
            shared.append(parts[0])
        return ".".join(shared) or f"{'.'.join(paths[0])} .. {'.'.join(paths[-1])}"

    @property
    def activations(self) -> tuple[str, ...]:
        """Operations after the join that close the block."""
        return tuple(self.graph[i].op for i in self.post)

    @cached_property
    def shortcut_kind(self) -> str:
        """ "identity", "zero-pad" (option A, however it samples), "projection" (has a convolution), "none" or "other".

        Channels that are filled with another value than zero are "other".
        """
        if self.shortcut is None:
            return "none"
        ops = [op for op in self.shortcut.ops if op not in TRANSPARENT]
        if not ops:
            return "identity"
        if "conv" in ops:
            return "projection"
        pads = [self.graph[i].attrs for i in self.shortcut.of("pad")]
        wider = pads or self.shortcut.of("spread")
        if wider and set(ops) <= SUBSAMPLING | {"pad", "spread"} and all(pad["value"] == 0 for pad in pads):
            return "zero-pad"
        return "other"


def summands(graph: Graph, join: int) -> tuple[int, ...]:
    """Operands of a join that depend on the input; a sum that only this sum reads gives its own operands."""
    node = graph[join]
    found: list[int] = []
    for i in node.inputs:
        if i not in graph.depends:
            continue
        inner = graph[i]
        nested = node.op == inner.op == "add" and node.attrs.get("alpha", 1) == inner.attrs.get("alpha", 1) == 1
        if nested and graph.users[i] == (join,) and sum(k in graph.depends for k in inner.inputs) > 1:
            found.extend(summands(graph, i))
        else:
            found.append(i)
    return tuple(found)


def find_branches(graph: Graph, entry: int, join: int) -> tuple[Branch, Branch]:
    """The two ways from entry to join: F (more convolutions, then more nodes) and the shortcut.

    Nodes that both ways share (neither is a chain then) are counted to F. More than two operands: the ways but the last
    are F.
    """
    ways: list[set[int]] = []
    for operand in dict.fromkeys(summands(graph, join)):
        ways.append(set() if operand == entry else {*graph.between(entry, operand), operand})

    def weight(way: set[int]) -> tuple[int, int]:
        return (sum(graph[i].op == "conv" for i in way), len(way))

    ways.sort(key=weight, reverse=True)
    shortcut = ways[-1].difference(*ways[:-1])
    residual = set().union(*ways[:-1])
    return Branch(graph, tuple(sorted(residual))), Branch(graph, tuple(sorted(shortcut)))
