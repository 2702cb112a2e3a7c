"""Runs a Graph, or any piece of it, with torch: the replay of a captured network, and the blueprint as a network.

Every operation is a plain, differentiable function of `operations.py`; nothing that is given is written to, and values
that nobody needs any more are dropped. A Graph holds one input shape (DESIGN.md section 3): another batch passes where
no operation names the batch, another map size only where a piece is evaluated that names none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

import torch

from .graph import Graph, Node
from .operations import Call, CannotRun, operation_of

__all__ = ["CannotRun", "Execution", "evaluate", "run"]

MODES = (None, "eval", "train")


@dataclass(frozen=True, slots=True)
class Execution:
    """One pass. `values` by node index; `updated` the new running statistics by index into `Graph.tensors`.

    A running statistic that the pass does not update is not in `updated`.
    """

    values: Mapping[int, torch.Tensor]
    updated: Mapping[int, torch.Tensor] = field(default_factory=dict)


def run(
    graph: Graph,
    x: torch.Tensor,
    tensors: Mapping[int, torch.Tensor],
    mode: str | None = None,
    keep: Collection[int] | None = None,
) -> Execution:
    """Run the whole Graph on x (N, C, H, W), in x's dtype, with these values of its parameters and buffers.

    `mode` "train" lets every batch normalization use the batch's statistics and "eval" none; None leaves it to the
    graph. `keep` are the nodes whose values are wanted beside the output's; None: all. Raises CannotRun for an
    operation without a canonical meaning, a dropout that drops, a missing tensor or an input of another size than the
    graph's, and ValueError for another mode.
    """
    if mode not in MODES:
        raise ValueError(f"mode is None, 'eval' or 'train', not {mode!r}")
    entry = next((node for node in graph if node.op == "input"), None)
    if entry is None:
        raise CannotRun("the graph has no input")
    if tuple(x.shape[1:]) != entry.shape[1:]:
        raise CannotRun(
            f"the graph holds inputs of shape {entry.shape} and not {tuple(x.shape)}: capture the network at that size"
        )
    wanted = {graph.output, *(keep or ())}
    for node in graph:  # a branch that nobody reads still moves its running statistics
        keeps = node.op == "batch_norm" and "mean" in node.roles and node.index in graph.depends
        if keeps and _takes_batch(node, mode):
            wanted.add(node.index)
    work = _Pass(graph, tensors, x.dtype, x.device, mode, strict=True)
    values = work.compute(wanted, {entry.index: x}, None if keep is None else {graph.output, *keep})
    return Execution(values, work.updated)


def evaluate(
    graph: Graph, wanted: int, given: Mapping[int, torch.Tensor], tensors: Mapping[int, torch.Tensor]
) -> torch.Tensor:
    """The value of one node, computed from the given values of other nodes; only what it needs is run.

    Everything is in the dtype of the first given value. Raises CannotRun as `run` does, and where the node needs the
    network's input and no given value stands between.
    """
    first = next(iter(given.values()), None)
    dtype = first.dtype if first is not None else next((t.dtype for t in tensors.values()), torch.get_default_dtype())
    device = first.device if first is not None else torch.device("cpu")
    work = _Pass(graph, tensors, dtype, device, None, strict=False)
    return work.compute({wanted}, given, {wanted})[wanted]


def _takes_batch(node: Node, mode: str | None) -> bool:
    return mode == "train" or (mode is None and bool(node.attrs["batch_statistics"]))


class _Pass:
    """One pass over a part of the graph. `strict`: results must have the recorded shape but for the batch."""

    def __init__(
        self,
        graph: Graph,
        tensors: Mapping[int, torch.Tensor],
        dtype: torch.dtype,
        device: torch.device,
        mode: str | None,
        strict: bool,
    ) -> None:
        self.graph, self.tensors, self.dtype, self.device = graph, tensors, dtype, device
        self.mode, self.strict = mode, strict
        self.updated: dict[int, torch.Tensor] = {}

    def compute(
        self, wanted: Collection[int], given: Mapping[int, torch.Tensor], keep: Collection[int] | None
    ) -> dict[int, torch.Tensor]:
        """Values of all nodes that were run, or of those in `keep`."""
        needed = set(self._needed(wanted, given))
        readers = dict.fromkeys(needed, 0)
        for index in needed:
            for i in () if index in given else dict.fromkeys(self.graph[index].inputs):
                readers[i] += 1
        values: dict[int, torch.Tensor] = {}
        for index in sorted(needed):
            if index in given:
                values[index] = given[index]
                continue
            node = self.graph[index]
            values[index] = self._value(node, values)
            for i in dict.fromkeys(node.inputs) if keep is not None else ():
                readers[i] -= 1
                if not readers[i] and i not in keep:  # type: ignore[operator]
                    del values[i]
        return values if keep is None else {i: values[i] for i in values if i in keep}

    def _needed(self, wanted: Collection[int], given: Mapping[int, torch.Tensor]) -> Iterator[int]:
        seen, stack = set(wanted), list(wanted)
        while stack:
            index = stack.pop()
            yield index
            if index not in given:
                fresh = set(self.graph[index].inputs) - seen
                seen |= fresh
                stack.extend(fresh)

    def _value(self, node: Node, values: Mapping[int, torch.Tensor]) -> torch.Tensor:
        if node.op in ("parameter", "buffer"):
            return self._tensor(node.attrs["tensor"])
        if node.op == "input":
            raise CannotRun("the network's input is needed, and was not given")
        call = Call(
            node,
            {role: values[i] for role, i in zip(node.roles, node.inputs, strict=True)},
            {role: self.graph[i].shape for role, i in zip(node.roles, node.inputs, strict=True)},
            self.dtype,
            self.device,
            self.mode,
            self.graph.mode,
        )
        takes_batch = node.op == "batch_norm" and _takes_batch(node, self.mode)
        try:
            if takes_batch:
                result, *statistics = call.normalized_by_batch()
                self._update(node, statistics)
            else:
                result = operation_of(node)(call)
        except (RuntimeError, ValueError, IndexError, TypeError) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise CannotRun(f"{call.place} cannot be run on these values: {first}") from error
        if self.strict and tuple(result.shape[1:]) != node.shape[1:]:
            raise CannotRun(f"{call.place} gives the shape {tuple(result.shape)} where {node.shape} was recorded")
        return result

    def _tensor(self, index: int) -> torch.Tensor:
        registered = self.graph.tensors[index]
        name = registered.names[0] if registered.names else f"{registered.kind} {index}"
        value = self.tensors.get(index)
        if value is None:
            raise CannotRun(f"no value is given for tensor {index} ({name}) of shape {registered.shape}")
        if tuple(value.shape) != registered.shape:
            raise CannotRun(f"tensor {index} ({name}) has shape {registered.shape}, and {tuple(value.shape)} is given")
        return value.to(self.dtype) if value.is_floating_point() else value

    def _update(self, node: Node, statistics: list[torch.Tensor]) -> None:
        """The running statistics after this batch; a second pass through the same layer goes on from the first's."""
        indices = [node.operand(role) for role in ("mean", "var")]
        if None in indices:
            return
        sources = [self.graph[i] for i in indices if i is not None]
        if any("tensor" not in source.attrs for source in sources):
            raise CannotRun(f"the running statistics of {node.where or node.index} are no tensors of their own")
        momentum = node.attrs["momentum"]
        if momentum is None:
            raise CannotRun(
                f"how much of a batch enters the running statistics of {node.where or f'node {node.index}'} is not"
                " known (momentum None): it averages over all batches, or is written by hand and recorded in eval mode"
            )
        for source, fresh in zip(sources, statistics, strict=True):
            index = source.attrs["tensor"]
            before = self.updated.get(index, self._tensor(index).detach())
            self.updated[index] = (1 - momentum) * before + momentum * fresh
