"""A network that takes a batch in pieces, one after the other, and puts the results together: one network all the same.

It is read as the network that runs once on the whole batch, where every operation works on each sample for itself. One
that does not (batch normalization with the batch's own statistics) makes another network of the pieces, and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..graph import Node

if TYPE_CHECKING:
    from .emitter import Emitter

SINGLE = frozenset(
    ["conv", "batch_norm", "relu", "add", "scale", "max_pool", "avg_pool", "global_avg_pool", "linear", "dropout"]
) | frozenset(["reshape", "permute", "slice", "pad"])  # operations that can work on each sample for itself
Row = tuple[int, ...]  # the nodes of one operation, one for each piece


class _Apart(Exception):
    """The pieces are not treated alike, or not each sample for itself."""


def whole(e: Emitter, output: int) -> int:
    """The network's output, read from one pass of the whole batch where it is put together from pieces."""
    node = e[output]
    if node.op != "concat" or node.attrs["axis"] != 0 or not all(e.depends[i] for i in node.inputs):
        return output
    work = _Joining(e, node)
    try:
        work.check(node.inputs)
    except _Apart:
        return output
    return work.join(node.inputs)


class _Joining:
    """The pieces' nodes row by row; nothing is added to the graph before all of them have been looked at."""

    def __init__(self, e: Emitter, node: Node) -> None:
        self.e, self.batch = e, node.shape[0]
        self.sizes = tuple(e[i].shape[0] for i in node.inputs)
        self.rows: list[Row] = []
        self.seen: set[Row] = set()
        self.made: dict[Row, int] = {}

    def check(self, output: Row) -> None:
        """Find all rows from the output's on, operands before what reads them. Raises _Apart."""
        ahead: list[tuple[Row, bool]] = [(output, False)]
        while ahead:
            row, done = ahead.pop()
            if done:
                self.rows.append(row)
            elif row not in self.seen:
                self.seen.add(row)
                ahead.append((row, True))
                if not self._is_input(row):
                    self._require_alike(row)
                    ahead.extend((operands, False) for operands in self._operands(row))

    def _operands(self, row: Row) -> list[Row]:
        """What the row's nodes read, but for what all of them read: parameters."""
        operands = zip(*(self.e[i].inputs for i in row), strict=True)
        return [o for o in operands if len(set(o)) > 1]

    def _is_input(self, row: Row) -> bool:
        """Are these the pieces of the input, in order?"""
        nodes, at = [self.e[i] for i in row], 0
        for node, size in zip(nodes, self.sizes, strict=True):
            if node.op != "slice" or self.e[node.inputs[0]].op != "input" or node.shape[0] != size:
                return False
            start, stop, step = (node.attrs[key] for key in ("start", "stop", "step"))
            rest = self.e[node.inputs[0]].shape[1:]
            if (start[0], stop[0]) != (at, at + size) or any(start[1:]) or stop[1:] != rest or set(step) != {1}:
                return False
            at += size
        return at == self.batch

    def _require_alike(self, row: Row) -> None:
        nodes = [self.e[i] for i in row]
        first = nodes[0]
        per_sample = (
            first.op in SINGLE
            and len(set(row)) == len(row)
            and (first.op != "permute" or first.attrs["order"][0] == 0)
            and (first.op != "pad" or not (first.attrs["before"][0] or first.attrs["after"][0]))
            and not first.attrs.get("batch_statistics")
        )
        for node, size in zip(nodes, self.sizes, strict=True):
            alike = (node.op, node.roles, node.shape[1:]) == (first.op, first.roles, first.shape[1:])
            if not (per_sample and alike and node.shape[:1] == (size,) and self._attrs(node) == self._attrs(first)):
                raise _Apart
            if any(self.e.depends[i] and self.e[i].shape[:1] != (size,) for i in node.inputs):
                raise _Apart

    def _attrs(self, node: Node) -> Mapping[str, Any]:
        """The attributes as of an operation on the whole batch."""
        if node.op != "slice":
            return node.attrs
        start, stop, step = (node.attrs[key] for key in ("start", "stop", "step"))
        if start[0] or step[0] != 1 or stop[0] != node.shape[0]:
            raise _Apart
        return {**node.attrs, "stop": (self.batch, *stop[1:])}

    def join(self, output: Row) -> int:
        """One node for each row. Returns the output's."""
        e, where = self.e, self.e.where
        for row in self.rows:
            node = e[row[0]]
            if self._is_input(row):
                self.made[row] = e[row[0]].inputs[0]
                continue
            operands = zip(node.roles, zip(*(e[i].inputs for i in row), strict=True), strict=True)
            joined: dict[str, int | None] = {role: self.made.get(o, o[0]) for role, o in operands}
            e.where = node.where
            self.made[row] = e.append(node.op, joined, self._attrs(node), (self.batch, *node.shape[1:]))
            e.pieces[self.made[row]] = row
            e.effects.update(row)
        e.where = where
        return self.made[output]
