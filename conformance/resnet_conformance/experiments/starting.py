"""Where a network's training starts: the values that its layers read after construction, found through its Graph.

The Graph says which numbers are a convolution's weight, whatever they are registered as: a parameter, or a part or
another shape of one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..clauses.case import Case
from ..graph import Graph, Node, learned_from
from .bench import Bench
from .draws import LEAD, Draws, Layer, read
from .moments import measure, twin_rows

TIMES = 9  # constructions at most; as many as give a layer ENOUGH numbers without drawing BUDGET
ENOUGH, BUDGET = 4096, 2_500_000
KEPT = 256  # numbers of a tensor that are looked at to tell drawn weights from fixed ones

CANNOT = (
    "Initial weights are what comes out of construction: this network is given as constructed, or cannot be"
    " constructed again; give the factory instead."
)

FILE = "A file holds weights, and not how they start: give the factory that makes the network instead."

Values = Mapping[int, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Start:
    """A network's initial values.

    `draws`: its convolutions; `fixed`: places of convolutions whose weights are the same in two constructions;
    `computed`: of those whose weights are no parameters; `values`: the small tensors that layers read, by node index.
    """

    draws: Draws
    fixed: tuple[str, ...]
    computed: tuple[str, ...]
    values: Values


def start_of(case: Case) -> Start | str:
    """How the case's network starts, or the sentence that says why this cannot be found out."""
    bench = case.bench
    if bench is None:
        return "The network is not constructed here."
    if case.candidate.file is not None:
        return FILE
    return bench.shared("start", lambda: _find(case, bench))


def _find(case: Case, bench: Bench) -> Start | str:
    graph = case.graph
    made = bench.laboratory.initial(_times(case), bench.seed)
    if made is None:
        return CANNOT
    if any(tuple(made[0][i].shape) != tensor.shape for i, tensor in enumerate(graph.tensors) if i in made[0]):
        return "Constructed again, the network has other parameters than the first time."
    layers, fixed, computed, seen = [], [], [], set()
    for node in case.nodes("conv"):
        index = node.operand("weight")
        key = None if index is None else learned_from(graph, index)
        if index is None or key is None:
            computed.append(node.where)
        elif key not in seen:  # a layer used twice is drawn once
            seen.add(key)
            if is_fixed(made, key[0]):
                fixed.append(node.where)
            else:
                layers.append(_layer(graph, node, index, made))
    if fixed and not layers:
        return (
            "Two constructions with different seeds give equal weights: they are loaded (pretrained), or the factory"
            " seeds the random numbers itself; they are not examined."
        )
    values = {i: _small(graph, i, made[0]) for i in _read_by(case)}
    return Start(read(layers), tuple(fixed), tuple(computed), {i: t for i, t in values.items() if t is not None})


def _times(case: Case) -> int:
    """Constructions that make the smallest convolution's numbers ENOUGH, as far as BUDGET allows."""
    numbers = max(1, sum(tensor.size for tensor in case.graph.tensors))
    weights = [case.graph[i].shape for n in case.nodes("conv") if (i := n.operand("weight")) is not None]
    smallest = min((math.prod(shape) for shape in weights), default=ENOUGH)
    return max(2, min(TIMES, -(-ENOUGH // max(1, smallest)), BUDGET // numbers))


def is_fixed(made: Sequence[Values], index: int) -> bool:
    """Whether two constructions give a tensor the same numbers, and more than a few: these were loaded or seeded.

    A tensor of one constant, or of 0 and 1, is no draw either, but how it starts can be judged.
    """
    first, second = made[-2][index].reshape(-1), made[-1][index].reshape(-1)
    different = len(set(first[:KEPT].tolist()))
    return bool(torch.equal(first, second)) and different > min(16, len(first[:KEPT]) // 2)


def initial_value(graph: Graph, index: int, values: Values) -> torch.Tensor | None:
    """What a node reads from the parameters: a tensor, or its part, shape or order; None for anything computed."""
    node = graph[index]
    if node.op in ("parameter", "buffer"):
        return values.get(node.attrs["tensor"])
    if node.op == "concat":
        parts = [initial_value(graph, i, values) for i in node.inputs]
        known = [part for part in parts if part is not None]
        return torch.cat(known, node.attrs["axis"]) if len(known) == len(parts) else None
    if node.op not in ("reshape", "permute", "slice", "detach", "add_scalar"):
        return None
    source = initial_value(graph, node.inputs[0], values)
    if source is None or node.op == "detach":
        return source
    if node.op == "add_scalar":
        return torch.add(source, node.attrs["value"])
    if node.op == "reshape":
        return source.reshape(node.shape)
    if node.op == "permute":
        return source.permute(tuple(node.attrs["order"]))
    bounds = zip(node.attrs["start"], node.attrs["stop"], node.attrs["step"], strict=True)
    return source[tuple(slice(*bound) for bound in bounds)]


def _layer(graph: Graph, node: Node, index: int, made: Sequence[Values]) -> Layer:
    tensor = (learned_from(graph, index) or ())[0]
    whole = [values for values in made if tuple(values[tensor].shape) == graph.tensors[tensor].shape]
    found = [v for values in whole if (v := initial_value(graph, index, values)) is not None]
    groups = int(node.attrs["groups"])
    rows = [weight.flatten(1) for weight in found]
    moments = measure(rows[0] if len(rows) == 1 else torch.cat(rows))
    return Layer(
        where=node.where,
        kernel=tuple(found[0].shape[2:]),
        channels=found[0].shape[1],
        filters=found[0].shape[0],
        groups=groups,
        moments=moments,
        lead=rows[0].reshape(-1)[:LEAD].clone(),
        copied=twin_rows(rows[0], moments.row_sums),
    )


def _read_by(case: Case) -> tuple[int, ...]:
    """Nodes that hold biases of convolutions, gammas, betas, and what fully connected layers read."""
    roles = {"conv": ("bias",), "batch_norm": ("gamma", "beta"), "linear": ("weight", "bias")}
    found = [n.operand(role) for op, wanted in roles.items() for n in case.nodes(op) for role in wanted]
    return tuple(i for i in found if i is not None)


def _small(graph: Graph, index: int, values: Values) -> torch.Tensor | None:
    value = initial_value(graph, index, values)
    return None if value is None else value.clone()  # a part must not keep the whole alive
