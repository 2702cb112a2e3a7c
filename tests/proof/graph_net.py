"""A graph as a network again: parameters, initial weights, both modes, any size. So a changed graph can be judged live.

Sources: operations.py for what each node computes; He et al. 2015 (arXiv:1502.01852), section 2.2, for the weights of
convolutions; Ioffe and Szegedy 2015, Algorithm 2, for running statistics.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812  (the customary name)
from torch import nn

from resnet_conformance.graph import Graph, Node
from resnet_conformance.operations import Call, operation_of

FILLED = {"gamma": 1.0, "beta": 0.0, "mean": 0.0, "var": 1.0, "bias": 0.0}
FC_STD = 0.01


class GraphNet(nn.Module):
    """The network that a graph describes.

    Beside what graph.py names it knows two attributes: `frozen` of a batch normalization, which takes the stored
    statistics in training, too, and `initial` of a parameter, the one value that it starts with.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        starts = _starts(graph)
        for index, tensor in enumerate(graph.tensors):
            if tensor.kind == "parameter":
                parameter = nn.Parameter(torch.empty(tensor.shape), tensor.requires_grad)
                self.register_parameter(f"tensor{index}", parameter)
                _fill(parameter, *starts.get(index, ("bias", None)))
            elif tensor.shape:
                value = torch.full(tensor.shape, FILLED[starts.get(index, ("mean", None))[0]])
                self.register_buffer(f"tensor{index}", value)
            else:  # a counter of batches, which no node reads
                self.register_buffer(f"tensor{index}", torch.zeros((), dtype=torch.long))
        self.steps = _steps(graph)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values: dict[int, torch.Tensor] = {}
        for node, done in self.steps:
            if node.op == "input":
                values[node.index] = x
            elif node.op in ("parameter", "buffer"):
                values[node.index] = getattr(self, f"tensor{node.attrs['tensor']}")
            else:
                values[node.index] = self._value(node, values, x)
            for index in done:
                del values[index]
        return values[self.graph.output]

    def _value(self, node: Node, values: Mapping[int, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        call = Call(
            node,
            {role: values[i] for role, i in zip(node.roles, node.inputs, strict=True)},
            {role: self.graph[i].shape for role, i in zip(node.roles, node.inputs, strict=True)},
            x.dtype,
            x.device,
            "train" if self.training else "eval",
            self.graph.mode,
        )
        if node.op == "batch_norm":
            return self._normalized(call)
        if node.op == "dropout":
            return F.dropout(call.x, node.attrs["rate"], self.training)
        return operation_of(node)(call)

    def _normalized(self, call: Call) -> torch.Tensor:
        """By the batch in training, which moves the running statistics, else by these."""
        attrs, mean, var = call.attrs, call.get("mean"), call.get("var")
        frozen, by_batch = attrs.get("frozen", False), attrs["batch_statistics"]
        if self.graph.mode == "train":
            frozen, by_batch = not by_batch, False
        if by_batch and not self.training:
            mean = var = None
        by_batch = mean is None or (self.training and not frozen)
        momentum = attrs["momentum"] or 0.0
        return F.batch_norm(call.x, mean, var, call.get("gamma"), call.get("beta"), by_batch, momentum, attrs["eps"])


def as_recorded(graph: Graph, mode: str) -> Graph:
    """The graph as a capture of its network in that mode would be: in eval dropout leaves no trace."""
    if mode == "eval" and all(node.op != "dropout" for node in graph):
        return replace(graph, mode=mode)
    kept: dict[int, int] = {}
    nodes: list[Node] = []
    for node in graph:
        if node.op == "dropout" and mode == "eval":
            kept[node.index] = kept[node.inputs[0]]
            continue
        attrs = node.attrs
        if node.op == "batch_norm":
            by_batch = attrs["batch_statistics"] or (mode == "train" and not attrs.get("frozen", False))
            attrs = {**attrs, "batch_statistics": by_batch}
        kept[node.index] = index = len(nodes)
        inputs = tuple(kept[i] for i in node.inputs)
        nodes.append(Node(index, node.op, inputs, node.roles, attrs, node.shape, node.where))
    return replace(graph, nodes=tuple(nodes), output=kept[graph.output], mode=mode)


def _starts(graph: Graph) -> dict[int, tuple[str, float | None]]:
    """For each tensor that a layer reads: as what, and the one value that it starts with, if any."""
    found: dict[int, tuple[str, float | None]] = {}
    for node in graph:
        for role, i in zip(node.roles, node.inputs, strict=True):
            source = graph[graph[i].inputs[0]] if graph[i].op == "detach" else graph[i]
            if source.op in ("parameter", "buffer") and node.op != "detach":
                name = node.op if role == "weight" else role
                found.setdefault(source.attrs["tensor"], (name, source.attrs.get("initial")))
    return found


def _fill(value: torch.Tensor, role: str, initial: float | None) -> None:
    """Convolutions by N(0, sqrt(2 / fan-in)), the classifier by N(0, 0.01); gamma 1, beta and biases 0."""
    if initial is not None or role in FILLED:
        nn.init.constant_(value, FILLED[role] if initial is None else initial)
    elif role == "conv":
        nn.init.normal_(value, 0.0, math.sqrt(2 / value[0].numel()))
    else:
        nn.init.normal_(value, 0.0, FC_STD)


def _steps(graph: Graph) -> list[tuple[Node, tuple[int, ...]]]:
    """The nodes that run, in order, each with those whose values nobody needs after it."""
    runs = set(graph.live)
    for node in graph:  # a branch that nobody reads still moves its running statistics
        if node.op == "batch_norm" and node.index not in runs:
            stack = [node.index]
            while stack:
                index = stack.pop()
                runs.add(index)
                stack.extend(set(graph[index].inputs) - runs)
    last = {i: node.index for node in graph if node.index in runs for i in node.inputs}
    return [
        (node, tuple(i for i in dict.fromkeys(node.inputs) if last[i] == node.index))
        for node in graph
        if node.index in runs
    ]
