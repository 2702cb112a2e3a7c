"""Appends nodes to a Graph under construction, each in its canonical form, and prunes what has no
meaning at the end.

The same function written in two ways (zeros concatenated or padded, a chain of slices or one, a mean
over the last two axes or a pooling) becomes the same node: see `canonical.py` for the rewrites and
graph.py for the vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from ..graph import Graph, GraphBuilder, Node, Shape, Tensor
from ..normalizers import find_norms
from . import facts
from .batches import whole
from .biases import into_convolutions
from .facts import UNKNOWN, Fact
from .placements import place_channels
from .recognitions import recognise

Operands = Mapping[str, int | None] | tuple[int, ...]
# nodes that say nothing when nobody reads them; a convolution that is computed and dropped does say something
QUIET = frozenset(
    {"constant", "parameter", "buffer", "reshape", "permute", "slice", "scatter", "detach", "pad", "concat"}
)


class Emitter:
    """Builds the nodes of one Graph. `where` is the path of the module that runs at the moment."""

    def __init__(self, tensors: Sequence[Tensor], with_grad: bool = False) -> None:
        self.builder = GraphBuilder()
        self.builder.tensors.extend(tensors)
        self.where = ""
        self.with_grad = with_grad
        self.facts: dict[int, Fact] = {}
        self.depends: list[bool] = []  # by node: does its value depend on the network's input?
        self.grads: list[bool] = []  # by node: would a gradient pass, had nobody cut it off?
        self.effects: set[int] = set()  # nodes written into a registered tensor, or replaced by a rewrite
        self._detached: dict[int, int] = {}
        self.written: set[int] = set()  # positions of registered tensors that the run wrote to
        self.pieces: dict[int, tuple[int, ...]] = {}  # nodes of a whole batch, from those of its pieces
        self.outside: set[int] = set()  # constants that were there before the run, and are registered nowhere
        self.place: dict[int, int] = {}  # after `finish`: from the index of a node here to that in the Graph

    def __getitem__(self, index: int) -> Node:
        return self.builder.nodes[index]

    def append(
        self, op: str, operands: Operands = (), attrs: Mapping[str, Any] | None = None, shape: Shape = ()
    ) -> int:
        """Add a node as it is."""
        index = self.builder.add(op, operands, attrs, shape, self.where)
        inputs = self[index].inputs
        self.depends.append(op == "input" or any(self.depends[i] for i in inputs))
        self.grads.append(self.with_grad and op != "detach" and (op == "input" or any(self.grads[i] for i in inputs)))
        return index

    def tensor(self, position: int) -> int:
        """The node of a registered parameter or buffer."""
        tensor = self.builder.tensors[position]
        where, self.where = self.where, tensor.names[0]
        index = self.append(tensor.kind, (), {"tensor": position}, tensor.shape)
        self.where = where
        self.grads[index] = self.with_grad and tensor.requires_grad
        return index

    def constant(self, shape: Shape, fact: Fact = UNKNOWN, **attrs: Any) -> int:
        """A tensor that depends on no input."""
        index = self.append("constant", (), {"zero": fact.zero} | attrs, shape)
        self.facts[index] = fact
        return index

    def fact(self, index: int) -> Fact:
        """What is known of the values of a node."""
        return self.facts.get(index, UNKNOWN)

    def is_learned(self, index: int) -> bool:
        """Does a parameter, or the network's input, enter the tensor?"""
        node = self[index]
        return self.depends[index] or node.op == "parameter" or any(self.is_learned(i) for i in node.inputs)

    def is_zero(self, index: int) -> bool:
        """Is the node a constant whose values are all 0?"""
        return self[index].op == "constant" and self.fact(index).zero

    def emit(self, op: str, operands: Operands, attrs: Mapping[str, Any], shape: Shape) -> int:
        """Add an operation in its canonical form; the index may be that of a node that is there already."""
        from .canonical import REWRITES

        named: Mapping[str, int] = (
            {f"x{i}": x for i, x in enumerate(operands)}
            if isinstance(operands, tuple)
            else {role: x for role, x in operands.items() if x is not None}
        )
        statistics = op == "add_scalar" and any(self._per_channel(i) for i in named.values())  # eps is added to them
        if named and not statistics and all(self[i].op == "constant" for i in named.values()):
            fact = facts.derive(op, tuple(self.fact(i) for i in named.values()), attrs)
            if op != "scatter" or fact.zero:  # memory that is filled piece by piece: the next piece may complete it
                return self.constant(shape, fact)
        rewrite = REWRITES.get(op)
        if rewrite is not None:
            found = rewrite(self, named, attrs, shape)
            if found is not None:
                return found
        return self.append(op, named, attrs, shape)

    def _per_channel(self, index: int) -> bool:
        """Does a network keep several numbers in one line there, as statistics that nobody registered?"""
        shape = self[index].shape
        return index in self.outside and 1 < prod(shape) == max(shape, default=0)

    def detach(self, index: int) -> int:
        """The node cut off from the gradient, once for each node."""
        if self[index].op in ("detach", "constant"):
            return index
        if index not in self._detached:
            self._detached[index] = self.append("detach", {"x": index}, {}, self[index].shape)
        return self._detached[index]

    def _normalize(self) -> dict[int, float]:
        """Put a `batch_norm` in the place of each that is written out; where nodes that it reads must stand.

        Here, because the updates of the running statistics are about to be dropped, and every graph comes by here.
        """
        known = {i: fact.fill for i, fact in self.facts.items() if fact.fill is not None}
        fills = {i: fill for i, fill in known.items() if not self._per_channel(i)}
        found = find_norms(self.builder.nodes, self.depends, fills)
        places: dict[int, float] = {}
        for norm in found.norms:
            node, operands = self[norm.node], dict(norm.operands)
            for role, found_at in norm.operands.items():
                i, given = found_at, self[found_at]
                if role != "x" and given.shape != node.shape[1:2] and prod(given.shape) == node.shape[1]:
                    self.where = given.where
                    i = operands[role] = self.append("reshape", {"x": i}, {}, node.shape[1:2])
                if i > norm.node:
                    places[i] = min(places.get(i, i), norm.node - 0.5)
                if role in ("mean", "var") and norm.attrs["batch_statistics"]:
                    self.written.discard(given.attrs.get("tensor", -1))  # a BN writes its own running statistics
            inputs, roles = tuple(operands.values()), tuple(operands)
            self.builder.nodes[norm.node] = replace(
                node, op=norm.op, inputs=inputs, roles=roles, attrs=dict(norm.attrs)
            )
        self.effects.update(found.passing)
        return places

    def _readers(self, output: int) -> tuple[list[int], set[int]]:
        """How many nodes that mean something read each node, and which mean something."""
        nodes = self.builder.nodes
        read = [0] * len(nodes)
        for node in nodes:
            for i in node.inputs:
                read[i] += 1
        kept: set[int] = set()
        for node in reversed(nodes):
            quiet = (
                node.op in QUIET
                or node.index in self.effects
                or node.op == "add_scalar"
                or not self.depends[node.index]
            )
            if node.index != output and node.op != "input" and quiet and not read[node.index]:
                for i in node.inputs:
                    read[i] -= 1
            else:
                kept.add(node.index)
        return read, kept

    def finish(self, output: int, mode: str) -> Graph:
        """The Graph of the nodes that mean something."""
        places = self._normalize()
        output = whole(self, output)
        places |= into_convolutions(self, self._readers(output)[0])
        nodes, kept = self.builder.nodes, self._readers(output)[1]
        order = sorted(kept, key=lambda i: (places.get(i, i), i))
        place = self.place = {old: new for new, old in enumerate(order)}
        renumbered = (
            replace(nodes[old], index=new, inputs=tuple(place[i] for i in nodes[old].inputs))
            for old, new in place.items()
        )
        tensors, written = tuple(self.builder.tensors), frozenset(self.written)
        graph = place_channels(Graph(tuple(renumbered), place[output], tensors, mode, written))
        fills = {place[i]: f.fill for i, f in self.facts.items() if i in place and f.fill is not None}
        return recognise(graph, {i: fill for i, fill in fills.items() if graph[i].op == "constant"})
