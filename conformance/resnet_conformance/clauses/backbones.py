"""Networks that lack something: backbones without a head, and, in these, frozen BN.

A backbone is judged for what it has. What it lacks, no clause can ask of it; what it has and is wrong, fails as in any
network. He et al. 2015, Appendix A, uses such networks for detection: the layers up to conv5_x, with the statistics of
BN fixed. A network that ends in a classifier is no backbone: there frozen BN is another network than the paper's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..anatomy import Anatomy, is_global_pool
from ..graph import Graph, Node
from ..layer_kinds import NORMS_AND_ACTIVATIONS
from .case import Case

NO_CLASSIFIER = frozenset({"HD-02", "HD-03", "HD-06", "IN-07", "CT-02", "CT-03", "V2-14"})
NO_POOL = NO_CLASSIFIER | {"HD-01", "HD-04", "HD-07"}
CLASSES = ("num_classes", "classes", "n_classes", "num_labels", "nclass", "n_class")  # names of factories' arguments
WORDS = {"none": "The network has no head.", "pool": "The network has no classifier: it ends with its pooling."}


def head_of(found: Anatomy, kwargs: Mapping[str, Any]) -> str:
    """ "none" where the network ends with the last maps, "pool" with their average; else it has a head of some kind.

    A classifier that is there and not called is a fault of its own, and so is one that `kwargs` of the factory ask for,
    or a head of other layers.
    """
    graph, output = found.graph, found.graph[found.graph.output].shape
    asked = any(kwargs.get(name) for name in CLASSES)
    if not found.blocks or asked or _has_idle_classifier(graph):
        return "classifier"
    if found.residual and found.blocks[-1].shortcut is None:  # convolutions of a head are read as a block
        return "classifier"
    nodes = [graph[i] for i in found.head if graph[i].op not in ("reshape", "detach")]
    while found.preactivation and nodes and nodes[0].op in NORMS_AND_ACTIVATIONS:
        nodes = nodes[1:]  # the extra BN and ReLU of He et al. 2016: the clause V2-04 looks at them
    same = output[1:2] == found.blocks[-1].output_shape[1:2]
    if not nodes and same and output[2:] == found.blocks[-1].output_shape[2:]:
        return "none"
    averages = len(nodes) == 1 and nodes[0].op in ("global_avg_pool", "avg_pool") and is_global_pool(graph, nodes[0])
    return "pool" if averages and same else "classifier"


def _has_idle_classifier(graph: Graph) -> bool:
    used = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op == "parameter"}
    return any(t.kind == "parameter" and len(t.shape) == 2 and i not in used for i, t in enumerate(graph.tensors))


def is_backbone(case: Case) -> bool:
    """Whether it lacks a head, or a classifier."""
    return case.architecture.head != "classifier"


def full_depth(case: Case) -> int:
    """Weighted layers as the paper counts them: with the classifier that a backbone lacks."""
    return case.found.depth + is_backbone(case)


def is_frozen(case: Case) -> bool:
    """A backbone whose normalizations all use stored statistics in training, too."""
    norms = [n for n in case.trained[0].graph if n.op == "batch_norm"] if case.trained else []
    return is_backbone(case) and bool(norms) and not any(n.attrs["batch_statistics"] for n in norms)


def is_fixed(graph: Graph, node: Node) -> bool:
    """Whether a normalization's gamma and beta are there and not learned."""
    operands = [graph[i] if (i := node.operand(role)) is not None else None for role in ("gamma", "beta")]
    return all(n is not None and n.shape == node.shape[1:2] and not _learns(graph, n) for n in operands)


def _learns(graph: Graph, node: Node) -> bool:
    """Kept as they are in a buffer, or in a parameter without gradient, values stay."""
    if node.op not in ("parameter", "buffer"):
        return True
    return node.op == "parameter" and graph.tensors[node.attrs["tensor"]].requires_grad


def fixed_buffers(case: Case) -> int:
    """The numbers of gamma and beta that a backbone's frozen normalizations keep in buffers."""
    graph = case.graph
    norms = [n for n in case.nodes("batch_norm") if is_fixed(graph, n)] if is_backbone(case) else []
    operands = {n.operand(role) for n in norms for role in ("gamma", "beta")}
    kept = {graph[i].attrs["tensor"] for i in operands if i is not None and graph[i].op == "buffer"}
    return sum(graph.tensors[i].size for i in kept)


def excuse(case: Case, clause: str) -> str:
    """Why a clause cannot be asked of a backbone; "" where it can."""
    head = case.architecture.head
    if head == "classifier":
        return ""
    if clause in (NO_POOL if head == "none" else NO_CLASSIFIER):
        return WORDS[head]
    norms = case.nodes("batch_norm")
    if clause == "BN-03" and norms and all(is_fixed(case.graph, n) for n in norms):
        return "BN is frozen: gamma and beta are there and are not learned."
    if clause in ("BH-03", "EQ-03") and is_frozen(case):
        return "BN is frozen: in training, too, it uses the stored statistics and leaves them."
    return ""
