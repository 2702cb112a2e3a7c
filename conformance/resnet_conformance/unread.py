"""What of a network was recorded and not read: operations that may be a layer, or a sampling, in other clothes.

A product of the data with something learned may be a convolution, and what an index takes may be every other position.
Where such an operation was not recognised, the structure behind it is not known: what would fail by structure is not
examined, and says why. That the values differ (equivalence) or behave otherwise is known all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from .enumerating import listed
from .findings import Finding
from .graph import Graph, Node

PRODUCTS = frozenset(f"aten.{name}" for name in ("mm", "bmm", "matmul", "addmm", "baddbmm", "addbmm", "mv", "im2col"))
PICKED = frozenset(f"aten.{name}" for name in ("index", "index_select", "gather", "take", "index_add"))
DIVIDED = frozenset(f"aten.{name}" for name in ("unfold", "as_strided", "col2im"))


def unread_in(graph: Graph) -> tuple[Node, ...]:
    """The operations on the data of which it is not known what they are."""
    return tuple(n for n in graph if n.index in graph.live and n.index in graph.depends and _is_unread(graph, n))


def _is_unread(graph: Graph, node: Node) -> bool:
    given = sum(i in graph.depends for i in node.inputs)
    if node.op == "linear":  # a classifier's has one row for each image
        return prod(node.shape[:-1]) != graph[graph.output].shape[0]
    return (
        node.op in DIVIDED or (node.op in PRODUCTS and given == 1) or (node.op in PICKED and given < len(node.inputs))
    )


def withhold(findings: Sequence[Finding], unread: Sequence[Node]) -> tuple[Finding, ...]:
    """The findings; without what would fail by a structure that was not read."""
    if not unread:
        return tuple(findings)
    names = list(dict.fromkeys(f"{n.op.removeprefix('aten.')} in {n.where or 'the top'}" for n in unread))
    reason = f"Operations on the data could not be read ({listed(names)}): whether it holds is not known."
    return tuple(_open(f, reason) if f.outcome == "fail" and f.evidence == "structure" else f for f in findings)


def _open(finding: Finding, reason: str) -> Finding:
    return replace(finding, outcome="not-examined", message=reason, expected="", found="", where=(), deviation=None)
