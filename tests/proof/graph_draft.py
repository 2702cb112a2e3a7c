"""A graph on the drawing board: change nodes anywhere, then draw it again in order, with the shapes that follow.

Parameters follow the values that they meet: a convolution keeps its filters and takes the channels that it is given. So
a change in one place gives a network that runs wherever a person could have written one.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from resnet_conformance.graph import Graph, Node, Shape, Tensor
from resnet_conformance.shapes import convolution_shape, pool_shape, window_size

END = sys.maxsize  # where a slice stops that goes to the end, whatever the size
STATISTICS = ("mean", "var")
TWO = {"add", "sub", "mul", "div", "maximum", "minimum"}
CONV = {"dilation": (1, 1), "groups": 1, "transposed": False}
NORM = {"eps": 1e-5, "momentum": 0.1, "batch_statistics": False}


class Stillborn(Exception):
    """What was drawn is no network; the message says why."""


class Draft:
    """Nodes by number, in no order. `graph` draws it."""

    def __init__(self, graph: Graph) -> None:
        self.nodes: dict[int, Node] = {node.index: node for node in graph}
        self.tensors = list(graph.tensors)
        self.output = graph.output
        self._fresh = itertools.count(len(graph.nodes))
        for node in graph:
            if node.op == "slice":
                extents = graph[node.inputs[0]].shape
                stop = tuple(END if b >= e else b for b, e in zip(node.attrs["stop"], extents, strict=True))
                self.set(node.index, stop=stop)

    def set(self, index: int, **attrs: Any) -> None:
        """Change attributes of a node."""
        self.nodes[index] = replace(self.nodes[index], attrs={**self.nodes[index].attrs, **attrs})

    def become(self, index: int, op: str, **attrs: Any) -> None:
        """Another operation on the same operands."""
        self.nodes[index] = replace(self.nodes[index], op=op, attrs=attrs)

    def new(self, op: str, operands: Mapping[str, int], where: str = "", **attrs: Any) -> int:
        """One more node."""
        index = next(self._fresh)
        self.nodes[index] = Node(index, op, tuple(operands.values()), tuple(operands), attrs, (), where)
        return index

    def operand(self, index: int, role: str = "x") -> int:
        """What a node reads in that role."""
        found = self.nodes[index].operand(role)
        if found is None:
            raise Stillborn(f"there is no {role}")
        return found

    def read(self, index: int, role: str, source: int | None) -> None:
        """Let a node read this in that role; None: nothing."""
        node = self.nodes[index]
        operands = dict(zip(node.roles, node.inputs, strict=True))
        operands.pop(role) if source is None else operands.update({role: source})
        self.nodes[index] = replace(node, inputs=tuple(operands.values()), roles=tuple(operands))

    def redirect(self, old: int, new: int, but: Collection[int] = ()) -> None:
        """Let all that reads a value read another one."""
        for index, node in self.nodes.items():
            if old in node.inputs and index not in but:
                self.nodes[index] = replace(node, inputs=tuple(new if i == old else i for i in node.inputs))
        if self.output == old:
            self.output = new

    def after(self, index: int, op: str, **attrs: Any) -> int:
        """Insert an operation behind a value, for all that read it."""
        added = self.new(op, {"x": index}, self.nodes[index].where, **attrs)
        self.redirect(index, added, {added})
        return added

    def before(self, index: int, role: str, op: str, **attrs: Any) -> int:
        """Insert an operation between a node and one of its operands."""
        added = self.new(op, {"x": self.operand(index, role)}, self.nodes[index].where, **attrs)
        self.read(index, role, added)
        return added

    def remove(self, index: int, role: str = "x") -> None:
        """Let all that reads a node read its operand."""
        self.redirect(index, self.operand(index, role), {index})

    def tensor(self, kind: str, shape: Shape, **attrs: Any) -> int:
        """One more parameter or buffer, as a node; its shape may follow from what it meets."""
        self.tensors.append(Tensor(kind, shape, (f"added{len(self.tensors)}",)))
        return self.new(kind, {}, tensor=len(self.tensors) - 1, **attrs)

    def weigh(self, index: int, *roles: str, outputs: int = 0) -> int:
        """Give a node new parameters and buffers in these roles. Returns the node."""
        for role in roles:
            kind = "buffer" if role in STATISTICS else "parameter"
            self.read(index, role, self.tensor(kind, (outputs,)))
        return index

    def convolution(self, x: int, filters: int, kernel: int, where: str = "") -> int:
        """A new convolution that keeps the size."""
        attrs = {**CONV, "kernel": (kernel, kernel), "stride": (1, 1), "padding": (kernel // 2, kernel // 2)}
        return self.weigh(self.new("conv", {"x": x}, where, **attrs), "weight", outputs=filters)

    def norm(self, x: int, where: str = "") -> int:
        """A new batch normalization."""
        return self.weigh(self.new("batch_norm", {"x": x}, where, **NORM), "gamma", "beta", *STATISTICS)

    def copy(self, nodes: Sequence[int], source: int, target: int, fresh: bool) -> dict[int, int]:
        """Copy a piece, in order, to where it reads `target` for `source`; with weights of its own where `fresh`."""
        copied = {source: target}
        for index in nodes:
            node = self.nodes[index]
            inputs = {}
            for role, i in zip(node.roles, node.inputs, strict=True):
                if fresh and self.nodes[i].op in ("parameter", "buffer"):
                    tensor = self.tensors[self.nodes[i].attrs["tensor"]]
                    inputs[role] = self.tensor(tensor.kind, tensor.shape)
                else:
                    inputs[role] = copied.get(i, i)
            copied[index] = self.new(node.op, inputs, node.where, **node.attrs)
        return copied

    def graph(self, shape: Shape = ()) -> Graph:
        """The graph, at this input shape. Raises Stillborn."""
        order = self._order()
        number = {old: new for new, old in enumerate(order)}
        shapes, weights = self._shapes(order, shape)
        kept = sorted(weights)
        place = {tensor: position for position, tensor in enumerate(kept)}
        nodes = []
        for old in order:
            node, attrs = self.nodes[old], dict(self.nodes[old].attrs)
            if "tensor" in attrs:
                attrs["tensor"] = place[attrs["tensor"]]
            if node.op == "slice":
                attrs["stop"] = tuple(map(min, attrs["stop"], shapes[node.inputs[0]]))
            inputs = tuple(number[i] for i in node.inputs)
            nodes.append(Node(number[old], node.op, inputs, node.roles, attrs, shapes[old], node.where))
        tensors = tuple(replace(self.tensors[i], shape=weights[i]) for i in kept)
        return Graph(tuple(nodes), number[self.output], tensors)

    def _order(self) -> list[int]:
        """What the output needs, operands first. Raises Stillborn for a value that needs itself."""
        done: dict[int, None] = {}
        open_: set[int] = set()
        stack = [(self.output, iter(self.nodes[self.output].inputs))]
        while stack:
            index, rest = stack[-1]
            open_.add(index)
            following = next((i for i in rest if i not in done), None)
            if following is None:
                done[index] = None
                open_.discard(index)
                stack.pop()
            elif following in open_:
                raise Stillborn("a value needs itself")
            else:
                stack.append((following, iter(self.nodes[following].inputs)))
        return list(done)

    def _shapes(self, order: Sequence[int], shape: Shape) -> tuple[dict[int, Shape], dict[int, Shape]]:
        """Shapes by node, and of the tensors that are read."""
        shapes: dict[int, Shape] = {}
        weights: dict[int, Shape] = {}
        for index in order:
            node = self.nodes[index]
            if node.op == "input":
                shapes[index] = shape or node.shape
            if node.op in ("input", "parameter", "buffer") or self._is_weight(index):
                continue  # of a weight the layer that reads it says the shape
            for role, i in zip(node.roles, node.inputs, strict=True):
                if self._is_weight(i):
                    source = self.nodes[i].inputs[0] if self.nodes[i].op == "detach" else i
                    tensor = self.nodes[source].attrs["tensor"]
                    wanted = _weight_shape(node, role, shapes[node.inputs[0]], self.tensors[tensor].shape)
                    if weights.setdefault(tensor, wanted) != wanted:
                        raise Stillborn(f"one tensor is wanted as {weights[tensor]} and as {wanted}")
                    shapes[source] = shapes[i] = wanted
            shapes[index] = shape_of(node, [shapes[i] for i in node.inputs])
            if not all(extent > 0 for extent in shapes[index]):
                raise Stillborn(f"{node.op} leaves the shape {shapes[index]}")
        return shapes, weights

    def _is_weight(self, index: int) -> bool:
        """A tensor, also a detached one."""
        node = self.nodes[index]
        return node.op in ("parameter", "buffer") or (
            node.op == "detach" and self.nodes[node.inputs[0]].op == "parameter"
        )


def _weight_shape(node: Node, role: str, x: Shape, before: Shape) -> Shape:
    """The shape that a layer wants its tensor to have; its number of outputs is the tensor's own."""
    if node.op == "linear":
        return (before[0], x[-1]) if role == "weight" else (before[0],)
    if node.op == "batch_norm":
        return (x[1],)
    groups, kernel = node.attrs["groups"], node.attrs["kernel"]
    filters = before[1] * groups if node.attrs["transposed"] and role == "weight" and len(before) > 1 else before[0]
    if role == "bias":
        return (filters,)
    if x[1] % groups or filters % groups:
        raise Stillborn(f"{groups} groups divide neither {x[1]} nor {filters}")
    return (x[1], filters // groups, *kernel) if node.attrs["transposed"] else (filters, x[1] // groups, *kernel)


def shape_of(node: Node, shapes: Sequence[Shape]) -> Shape:
    """The shape of a node's value from those of its operands. Raises Stillborn where they do not fit."""
    x, a = shapes[0], node.attrs
    if node.op in ("conv", "max_pool", "avg_pool", "global_avg_pool", "global_max_pool") and len(x) != 4:
        raise Stillborn(f"{node.op} of a value of shape {x}")
    if node.op == "conv":
        weight = shapes[1]
        if not a["transposed"]:
            return convolution_shape(x, weight[0], a)
        axes = zip(x[2:], a["kernel"], a["stride"], a["padding"], a["dilation"], strict=True)
        return (x[0], weight[1] * a["groups"], *((n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in axes))
    if node.op in ("max_pool", "avg_pool"):
        return pool_shape(x, a)
    if node.op in ("global_avg_pool", "global_max_pool"):
        return (*x[:2], 1, 1) if a["keepdim"] else x[:2]
    if node.op == "linear":
        return (*x[:-1], shapes[1][0])
    if node.op == "reshape":
        return (x[0], math.prod(x[1:]))
    if node.op == "pad":
        return tuple(b + extent + e for b, extent, e in zip(a["before"], x, a["after"], strict=True))
    if node.op == "slice":
        sides = zip(a["start"], a["stop"], a["step"], x, strict=True)
        return tuple(window_size(min(b, extent) - start, 1, step, 0) for start, b, step, extent in sides)
    if node.op in TWO and shapes[0] != shapes[1]:
        raise Stillborn(f"{node.op} of values of shapes {shapes[0]} and {shapes[1]}")
    if node.op == "concat":
        axis = a["axis"]
        if any((*s[:axis], *s[axis + 1 :]) != (*x[:axis], *x[axis + 1 :]) for s in shapes):
            raise Stillborn(f"concat of values of shapes {list(shapes)}")
        return (*x[:axis], sum(s[axis] for s in shapes), *x[axis + 1 :])
    return x
