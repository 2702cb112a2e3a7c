"""Dominators, trunk and liveness on drawn graphs, against definitions that need no cleverness."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_conformance.graph import Graph, GraphBuilder


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """An input, a few parameters, and nodes of one to three operands among what was there before."""
    builder = GraphBuilder()
    builder.add("input", (), {}, (2, 3))
    for number in range(draw(st.integers(0, 2))):
        builder.tensor("parameter", (3,), (f"p{number}",))
    for _ in range(draw(st.integers(1, 14))):
        count = draw(st.integers(1, 3))
        operands = tuple(draw(st.integers(0, len(builder.nodes) - 1)) for _ in range(count))
        builder.add("op", operands)
    return builder.build(len(builder.nodes) - 1)


def _reaches_output(graph: Graph, without: int) -> bool:
    """Whether a path leads from the input to the output that avoids a node."""
    reached = {node.index for node in graph if node.op == "input" and node.index != without}
    for node in graph:
        if node.index != without and any(i in reached for i in node.inputs):
            reached.add(node.index)
    return graph.output in reached


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_the_trunk_is_what_every_path_passes(graph: Graph) -> None:
    trunk = graph.trunk()
    if graph.output not in graph.depends:
        return
    cut = [node.index for node in graph if not _reaches_output(graph, node.index)]
    assert list(trunk) == cut


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_an_immediate_dominator_is_on_every_path_and_the_last_such(graph: Graph) -> None:
    for index, dominator in graph.dominators.items():
        part = Graph(graph.nodes, index, graph.tensors)
        cut = [n.index for n in part if n.index != index and not _reaches_output(part, n.index)]
        assert dominator == (cut[-1] if cut else index)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_liveness_and_dependence(graph: Graph) -> None:
    for node in graph:
        users = {u.index for u in graph if node.index in u.inputs}
        assert (node.index in graph.live) == (node.index == graph.output or bool(users & graph.live))
        assert (node.index in graph.depends) == (node.op == "input" or any(i in graph.depends for i in node.inputs))


def test_parameters_are_no_roots() -> None:
    builder = GraphBuilder()
    x = builder.add("input", (), {}, (2, 3))
    scale = builder.tensor("parameter", (3,), ("scale",))
    y = builder.add("mul", (x, scale), {}, (2, 3))
    graph = builder.build(builder.add("add", (y, scale), {}, (2, 3)))
    assert graph.trunk() == (x, y, 3)
    assert graph.data_inputs(graph[3]) == (y,)
