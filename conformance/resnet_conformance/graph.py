"""The intermediate form: a network as a graph of canonical operations, whatever it was written in.

Candidate and blueprint both become a `Graph`, so one code recognises, measures and (later) runs both. Names of modules
and parameters appear only in `where` and `Tensor.names`; nothing may decide by them.

Canonical operations, their operand roles and attributes (an unknown operation keeps its own name, e.g. `aten.roll`):

    input                                              shape of the network's input
    parameter, buffer                                  `tensor`: index into `Graph.tensors`
    constant                                           depends on no input; `zero`: True when all its values are 0
    conv         x weight [bias]                       kernel stride padding dilation (pairs, or one 4-tuple (top,
                                                       bottom, left, right) for an asymmetric padding), groups,
                                                       transposed
    batch_norm   x [gamma] [beta] [mean] [var]         eps, momentum, batch_statistics: bool (True: normalises with
                                                       the batch's own)
    linear       x weight [bias]                       (also from addmm, mm, matmul of a parameter)
    relu         x                                     (also from clamp_min(0), maximum with 0, (x + |x|) / 2)
    add          a b                                   alpha: factor on b (1 in a plain sum); also of a tensor and a
                                                       constant
    sub mul div maximum minimum    a b                 two-tensor forms
    scale        x                                     factor: float; x times (or divided by) a Python number
    concat       *x                                    axis
    pad          x                                     before, after: per axis; value; added around x (also from
                                                       concat with, or writing into, a zero tensor)
    spread       x                                     places: tuple of ints, in order, where each channel of x stands
                                                       in the result; zeros elsewhere (not next to each other: a pad)
    slice        x                                     start, stop, step: per axis (also from strided indexing, 1x1
                                                       pooling with stride)
    max_pool avg_pool              x                   kernel stride padding ceil dilation (avg_pool: count_include_pad)
    global_avg_pool                x                   keepdim: bool; the mean over all positions, whatever the size
    global_max_pool                x                   keepdim: bool
    reshape permute                x                   order (permute)
    dropout                        x                   rate
    detach                         x
    softmax log_softmax            x                   axis
    leaky_relu relu6 gelu silu elu sigmoid tanh mish hardswish hardsigmoid rrelu    x
    scatter      base src                              start, stop, step: src written into a region of base
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter or buffer of the network, known by identity: registered twice, it is one Tensor with two names."""

    kind: str  # "parameter" | "buffer"
    shape: Shape
    names: tuple[str, ...]
    requires_grad: bool = True

    @property
    def size(self) -> int:
        """Number of elements."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size


@dataclass(frozen=True, slots=True)
class Node:
    """One value and the operation that makes it. `inputs` are node indices, `roles` what each is to the operation."""

    index: int
    op: str
    inputs: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    attrs: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = ()
    where: str = ""  # path of the module that computed it, for people

    def operand(self, role: str) -> int | None:
        """Index of the node in that role, None where the operation has none."""
        return self.inputs[self.roles.index(role)] if role in self.roles else None


@dataclass(frozen=True)
class Graph:
    """Nodes in topological order; every index in `inputs` is smaller than the node's own.

    `mode` is "eval" or "train"; `output` the node of the network's main result (logits);
    `tensors` are all registered parameters and buffers, also those that no node uses; `written` are the indices of
    those that the pass wrote to, but for what a batch normalization does to its own running statistics.
    """

    nodes: tuple[Node, ...]
    output: int
    tensors: tuple[Tensor, ...] = ()
    mode: str = "eval"
    written: frozenset[int] = frozenset()

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __getitem__(self, index: int) -> Node:
        return self.nodes[index]

    @cached_property
    def depends(self) -> frozenset[int]:
        """Nodes whose value depends on the network's input (parameters and constants do not)."""
        found: set[int] = set()
        for node in self.nodes:
            if node.op == "input" or any(i in found for i in node.inputs):
                found.add(node.index)
        return frozenset(found)

    @cached_property
    def live(self) -> frozenset[int]:
        """Nodes that the output depends on."""
        found = {self.output}
        for node in reversed(self.nodes):
            if node.index in found:
                found.update(node.inputs)
        return frozenset(found)

    def data_inputs(self, node: Node) -> tuple[int, ...]:
        """Operands that depend on the input, each once."""
        return tuple(dict.fromkeys(i for i in node.inputs if i in self.depends))

    @cached_property
    def users(self) -> Mapping[int, tuple[int, ...]]:
        """For each live node, the live nodes that read it."""
        found: dict[int, list[int]] = {}
        for node in self.nodes:
            if node.index in self.live:
                for i in dict.fromkeys(node.inputs):
                    found.setdefault(i, []).append(node.index)
        return {i: tuple(users) for i, users in found.items()}

    @cached_property
    def dominators(self) -> Mapping[int, int]:
        """Immediate dominator of every live, input-dependent node: the last value that all paths from the input pass.

        Nodes are in topological order, so one pass suffices (Cooper, Harvey and Kennedy 2001, for graphs without
        cycles).
        """
        idom: dict[int, int] = {}
        depth: dict[int, int] = {}
        for node in self.nodes:
            if node.index not in self.depends or node.index not in self.live:
                continue
            sources = self.data_inputs(node)
            if not sources:
                idom[node.index], depth[node.index] = node.index, 0
                continue
            common = sources[0]
            for source in sources[1:]:
                other = source
                while common != other:
                    if depth[common] < depth[other]:
                        common, other = other, common
                    if depth[common] == 0:
                        break
                    common = idom[common]
            idom[node.index], depth[node.index] = common, depth[common] + 1
        return idom

    def trunk(self) -> tuple[int, ...]:
        """The dominators of the output, from the input to the output: values that every path passes."""
        chain = [self.output]
        while self.dominators.get(chain[-1], chain[-1]) != chain[-1]:
            chain.append(self.dominators[chain[-1]])
        return tuple(reversed(chain))

    def between(self, start: int, end: int) -> tuple[int, ...]:
        """Input-dependent nodes on paths from `start` (exclusive) to `end` (exclusive), in topological order."""
        reached: set[int] = set()
        stack = list(self.data_inputs(self[end]))
        while stack:
            i = stack.pop()
            if i > start and i not in reached:
                reached.add(i)
                stack.extend(self.data_inputs(self[i]))
        return tuple(sorted(reached))


def learned_from(graph: Graph, index: int) -> tuple[Any, ...] | None:
    """Which learnable numbers a weight is: a parameter's tensor and its region; None where it is computed or fixed.

    Another shape, order or part of a parameter holds the same numbers; a detached one too. One to which a number was
    added can be any number all the same, and several side by side are learned where each is.
    """
    region: list[Any] = []
    while graph[index].op in ("reshape", "permute", "slice", "detach", "add_scalar"):
        if graph[index].op == "slice":
            attrs = graph[index].attrs
            region.append((tuple(attrs["start"]), tuple(attrs["stop"]), tuple(attrs["step"])))
        index = graph[index].inputs[0]
    if graph[index].op == "concat":
        parts = [learned_from(graph, i) for i in graph[index].inputs]
        known = [part for part in parts if part is not None]
        return (known[0][0], *region, *known) if len(known) == len(parts) else None
    return (graph[index].attrs["tensor"], *region) if graph[index].op == "parameter" else None


def cuts_input_alone(graph: Graph, index: int) -> bool:
    """Is the node a cut of the gradient before which nothing is learned? None of it was on its way to a parameter."""
    ahead = [index]
    while ahead:
        node = graph[ahead.pop()]
        if node.op == "parameter":
            return False
        ahead.extend(node.inputs)
    return graph[index].op == "detach"


def stored_in(graph: Graph, index: int) -> tuple[int, ...]:
    """The registered tensors whose numbers a value is, elsewhere perhaps; none where it is computed."""
    node = graph[index]
    if "tensor" in node.attrs:
        return (node.attrs["tensor"],)
    if node.op not in ("reshape", "permute", "slice", "detach", "concat"):
        return ()
    parts = [stored_in(graph, i) for i in node.inputs]
    return tuple(dict.fromkeys(t for part in parts for t in part)) if all(parts) else ()


class GraphBuilder:
    """Collects nodes one by one; `build` gives the Graph."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.tensors: list[Tensor] = []

    def add(
        self,
        op: str,
        operands: Mapping[str, int | None] | tuple[int, ...] = (),
        attrs: Mapping[str, Any] | None = None,
        shape: Shape = (),
        where: str = "",
    ) -> int:
        """Append a node, return its index; `operands` maps role to node index (None: absent) or is a plain tuple."""
        if isinstance(operands, tuple):
            roles: tuple[str, ...] = tuple(f"x{i}" for i in range(len(operands)))
            inputs: tuple[int, ...] = operands
        else:
            present = {role: i for role, i in operands.items() if i is not None}
            roles, inputs = tuple(present), tuple(present.values())
        self.nodes.append(Node(len(self.nodes), op, inputs, roles, dict(attrs or {}), tuple(shape), where))
        return len(self.nodes) - 1

    def tensor(self, kind: str, shape: Shape, names: tuple[str, ...], requires_grad: bool = True) -> int:
        """Register a parameter or buffer and append its node. Returns the node's index."""
        self.tensors.append(Tensor(kind, tuple(shape), names, requires_grad))
        return self.add(kind, (), {"tensor": len(self.tensors) - 1}, shape, names[0] if names else "")

    def build(self, output: int, mode: str = "eval") -> Graph:
        """The Graph of all nodes so far."""
        return Graph(tuple(self.nodes), output, tuple(self.tensors), mode)


def operations(graph: Graph) -> list[tuple[Any, ...]]:
    """What a pass did, to be compared with another: each operation with its operands and attributes."""
    return [(node.op, node.inputs, node.attrs) for node in graph]
