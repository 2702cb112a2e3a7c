"""The least time that a network can take on a machine: operations and bytes counted on the spec's blueprint.

The model is the roofline of Williams, Waterman and Patterson 2009 (doi:10.1145/1498765.1498785), layer by layer: a
kernel takes at least as long as its arithmetic at the machine's best matrix product, and at least as long as its bytes
at the machine's best copy; kernels run one after the other. What is counted:

* Operations: two for each multiply-add of a convolution or fully connected layer, as
  resnet_conformance.measure counts them. Training has the same again for the gradients of the weights and once more
  for those of the inputs, which the first convolution does not need. BN, ReLU, additions and pools count nothing.
* Bytes: each map, weight and gradient once for each kernel that reads it and once for the kernel that writes it. BN's
  own parameters and statistics are left out (less than 0.1%). Which kernels there are depends on the `Mode`:

  eval      BN is folded into the convolution before it; ReLU, the addition and a shortcut of option A are done while
            the convolution's result is written.
  separate  training with BN as kernels of its own. Forward it reads its input twice (statistics, then values) and
            writes once, with ReLU and addition on the way. Backward it reads its input and the gradient twice, and
            writes once (and once more for the shortcut, behind an addition).
  fused     training with BN in its neighbours: statistics are summed while the convolution writes, values are
            normalised while the next one reads, and likewise backward. Only the output of a block is written.

  Backward a convolution is one kernel, which reads its input, its weights and the gradient once and writes both
  gradients. Where a map has several readers, each but the first reads what the others left of its gradient.

Less is possible where several layers share a cache: on a processor whose cache holds whole maps, more than 100% of this
floor is no error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Literal

from resnet_conformance.graph import Graph, Node
from resnet_conformance.measure import multiply_adds

Mode = Literal["eval", "separate", "fused"]
ELEMENTWISE = ("batch_norm", "relu", "add")
VIEWS = ("slice", "pad")  # of option A: done while the map is read
PARAMETER_BYTES = 4  # of a weight in training: master copies, gradients and momentum are float32


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a machine can do at best, as measured: operations a second at one precision, bytes a second."""

    flops: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class Kernel:
    """One pass over memory: `flops` operations, `maps` and `weights` moved, in elements."""

    name: str
    flops: int
    maps: int
    weights: int = 0

    def seconds(self, ceiling: Ceiling, map_bytes: int, weight_bytes: int) -> float:
        """The longer of arithmetic and memory."""
        moved = self.maps * map_bytes + self.weights * weight_bytes
        return max(self.flops / ceiling.flops, moved / ceiling.bandwidth)


@dataclass(frozen=True, slots=True)
class Floor:
    """Operations, bytes and least seconds of one pass over a batch."""

    flops: int
    bytes: int
    seconds: float


def floor(graph: Graph, mode: Mode, batch: int, element: int, ceiling: Ceiling) -> Floor:
    """The floor of a forward pass (eval) or of forward and backward (separate, fused) with elements of `element` bytes.

    Raises ValueError for another mode.
    """
    if mode not in ("eval", "separate", "fused"):
        raise ValueError(f"mode must be 'eval', 'separate' or 'fused', not {mode!r}")
    weight = element if mode == "eval" else PARAMETER_BYTES
    found = list(kernels(graph, mode, batch))
    moved = sum(k.maps * element + k.weights * weight for k in found)
    return Floor(sum(k.flops for k in found), moved, sum(k.seconds(ceiling, element, weight) for k in found))


def update_floor(parameters: int, ceiling: Ceiling) -> Floor:
    """SGD with momentum: weight and momentum are read and written, the gradient is read."""
    moved = 5 * parameters * PARAMETER_BYTES
    return Floor(0, moved, moved / ceiling.bandwidth)


def kernels(graph: Graph, mode: Mode, batch: int) -> Iterator[Kernel]:
    """All kernels of a pass, forward and then, in training, backward."""
    groups = group_nodes(graph, mode)
    first = next(node.index for node in graph if node.op == "conv")
    for nodes in groups:
        yield _forward(graph, nodes, mode, batch)
    if mode != "eval":
        for nodes in reversed(groups):
            yield _backward(graph, nodes, mode, batch, needs_input=nodes[0].index != first)
        sources = [{_source(graph, i) for i in graph.data_inputs(n)} for n in graph if n.op not in VIEWS]
        for index, readers in Counter(chain.from_iterable(sources)).items():
            if graph[index].op != "input" and readers > 1:
                yield Kernel(
                    f"{graph[index].where}: gradients added", 0, (readers - 1) * batch * _elements(graph[index])
                )


def group_nodes(graph: Graph, mode: Mode) -> list[list[Node]]:
    """Nodes that are computed in one pass over memory, in order: a head, and what is done to its result on the way."""
    groups: list[list[Node]] = []
    ends: dict[int, list[Node]] = {}  # by the last node of a group
    for node in graph:
        if node.index not in graph.depends or node.index not in graph.live or node.op in ("input", *VIEWS):
            continue
        joined = None
        if node.op in ELEMENTWISE and (mode != "separate" or node.op != "batch_norm"):
            open_ends = [i for i in graph.data_inputs(node) if i in ends and len(graph.users[i]) == 1]
            joined = ends.pop(open_ends[0]) if open_ends else None
        if joined is None:
            joined = []
            groups.append(joined)
        joined.append(node)
        ends[node.index] = joined
    return groups


def _forward(graph: Graph, nodes: list[Node], mode: Mode, batch: int) -> Kernel:
    head, last = nodes[0], nodes[-1]
    read = _read(graph, nodes)
    if head.op == "batch_norm":
        read += _elements(head)  # once more, for the statistics
    elements = read + _elements(last)
    flops = 2 * multiply_adds(graph, head) * batch
    if mode == "fused" and head.op == "conv" and any(n.op == "add" for n in nodes):
        # Statistics must be known before the addition: the convolution's result is written and read again.
        elements += 2 * _elements(head)
    return Kernel(head.where, flops, elements * batch, _weights(graph, head))


def _backward(graph: Graph, nodes: list[Node], mode: Mode, batch: int, needs_input: bool) -> Kernel:
    head, last = nodes[0], nodes[-1]
    read, out, weights = _read(graph, nodes[:1]), _elements(last), _weights(graph, head)
    added = sum(len(graph.data_inputs(node)) - 1 for node in nodes if node.op == "add")
    where, once = f"{head.where}: backward", 1 + needs_input
    flops = 2 * multiply_adds(graph, head) * batch * once
    if head.op == "batch_norm":  # x and the gradient twice; its own gradient, and the shortcut's, once
        return Kernel(where, 0, (2 * (read + out) + read + added * out) * batch)
    if head.op == "conv":
        elements = read * once + out + added * out
        if mode == "fused" and len(nodes) > 1:
            elements += _elements(head)  # of BN's input, to compute the gradient on the way
        return Kernel(where, flops, elements * batch, weights * (1 + needs_input))
    if head.op == "linear":
        return Kernel(where, flops, (2 * read + out) * batch, 2 * weights)
    # A pool must find its greatest values again; a mean needs the gradient alone.
    return Kernel(where, 0, ((2 if head.op == "max_pool" else 1) * read + out) * batch)


def _read(graph: Graph, nodes: list[Node]) -> int:
    """Elements of the maps that a group reads, for one sample."""
    inside = {node.index for node in nodes}
    outside = [i for node in nodes for i in graph.data_inputs(node) if i not in inside]
    return sum(_read_through(graph, i) for i in outside)


def _read_through(graph: Graph, index: int) -> int:
    """Elements that reach a reader: padded zeros are not read, and a slice reads what it keeps."""
    node, least = graph[index], prod(graph[index].shape[1:])
    while node.op in VIEWS:
        node = graph[graph.data_inputs(node)[0]]
        least = min(least, prod(node.shape[1:]))
    return least


def _source(graph: Graph, index: int) -> int:
    """The map behind views."""
    while graph[index].op in VIEWS:
        index = graph.data_inputs(graph[index])[0]
    return index


def _elements(node: Node) -> int:
    return prod(node.shape[1:])


def _weights(graph: Graph, node: Node) -> int:
    found = [i for role in ("weight", "bias") if (i := node.operand(role)) is not None]
    return sum(prod(graph[i].shape) for i in found)
