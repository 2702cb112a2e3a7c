"""Parameters, multiply-adds, depth and sizes of any Graph.

Conventions of FACTS section 6: a multiply-add is one of a convolution or a fully connected layer at batch 1 ("FLOPs"
in He et al. 2015, section 3.3); parameters are learnable numbers, each tensor once, running statistics not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .graph import Graph, Node, learned_from


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of a whole network. `convolution_biases` and `batch_norm_affine` are parts of `parameters`."""

    parameters: int
    multiply_adds: int
    batch_norm_affine: int
    convolution_biases: int
    convolutions: int
    batch_norms: int
    relus: int


def multiply_adds(graph: Graph, node: Node) -> int:
    """Multiply-adds of one node for one sample: only convolutions and fully connected layers have any."""
    weight = node.operand("weight")
    if weight is None or node.op not in ("conv", "linear"):
        return 0
    if node.op == "linear":
        return prod(graph[weight].shape) * prod(node.shape[1:-1])
    source = node.operand("x")
    positions = graph[source].shape[2:] if node.attrs.get("transposed") and source is not None else node.shape[2:]
    return prod(graph[weight].shape) * prod(positions)


def parameters_of(graph: Graph, nodes: tuple[Node, ...]) -> int:
    """Learnable numbers that the given nodes read directly, each tensor once."""
    tensors = {graph[i].attrs["tensor"] for node in nodes for i in node.inputs if graph[i].op == "parameter"}
    return sum(graph.tensors[t].size for t in tensors)


def _sizes(graph: Graph, nodes: tuple[Node, ...], roles: tuple[str, ...]) -> int:
    """Elements of the distinct parameters that stand in these roles, as they are or in other clothes."""
    indices = [i for node in nodes for role in roles if (i := node.operand(role)) is not None]
    learned = {key: i for i in indices if (key := learned_from(graph, i)) is not None}
    return sum(prod(graph[i].shape) for i in learned.values())


def measure(graph: Graph) -> Measures:
    """All figures of the network: parameters as registered, everything else as the forward pass uses it."""
    live = tuple(graph[i] for i in sorted(graph.live & graph.depends))
    convolutions = tuple(n for n in live if n.op == "conv")
    norms = tuple(n for n in live if n.op == "batch_norm")
    return Measures(
        parameters=sum(t.size for t in graph.tensors if t.kind == "parameter"),
        multiply_adds=sum(multiply_adds(graph, n) for n in live),
        batch_norm_affine=_sizes(graph, norms, ("gamma", "beta")),
        convolution_biases=_sizes(graph, convolutions, ("bias",)),
        convolutions=len(convolutions),
        batch_norms=len(norms),
        relus=sum(n.op == "relu" for n in live),
    )
