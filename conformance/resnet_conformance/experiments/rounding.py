"""How far rounding alone takes a network's values apart: the blueprint beside itself, each number one unit off.

Another order of summation changes what a layer gives by a few units in the last place, and so does a change of every
weight by one unit, upwards or downwards by chance. What the layers behind make of it is then measured, not guessed: the
batch statistics of a deep network without shortcuts make it a million times larger (docs/tolerances.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from ..execute import run
from .tolerance import FLOOR, gap

if TYPE_CHECKING:
    from .equivalence import Comparison

Tensors = Mapping[int, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass of the blueprint gives: what leaves its parts, running statistics, gradients (None: of the input)."""

    values: Tensors
    statistics: Tensors
    gradients: Mapping[int | None, torch.Tensor]


def noise(comparison: Comparison, mode: str) -> dict[str, float]:
    """The largest gap that rounding opens, by kind: "eval", or "train", "statistics" and "gradients".

    The unit is that of the coarsest precision that the candidate computes in.
    """
    generator = comparison.bench.generator(5)
    plain = _pass(comparison, comparison.weights, comparison.x, mode)
    weights = {i: _nudged(t, generator, comparison.unit) for i, t in comparison.weights.items()}
    moved = _pass(comparison, weights, _nudged(comparison.x, generator, comparison.unit), mode)
    floor = FLOOR * max((t.abs().max().item() for i, t in plain.gradients.items() if i is not None), default=0.0)
    found = {
        mode: [gap(moved.values[i], t) for i, t in plain.values.items()],
        "statistics": [gap(moved.statistics[i], t) for i, t in plain.statistics.items()],
        "gradients": [gap(moved.gradients[i], t, floor if i is not None else 0.0) for i, t in plain.gradients.items()],
    }
    return {kind: max(gaps) for kind, gaps in found.items() if gaps}


def _nudged(t: torch.Tensor, generator: torch.Generator, unit: float) -> torch.Tensor:
    up = torch.rand(t.shape, generator=generator) < 0.5
    return t * (1 + unit * torch.where(up, 1.0, -1.0).double())


def _pass(comparison: Comparison, weights: Tensors, x: torch.Tensor, mode: str) -> Pass:
    graph = comparison.graph
    kept = [node for node, *_ in comparison.exits(comparison.paper)]
    if mode == "eval":
        with torch.no_grad():
            values = run(graph, comparison.prepared(x), weights, "eval", keep=kept).values
        return Pass({i: values[i] for i in (*kept, graph.output) if i in values}, {}, {})
    leaves = {
        i: t.detach().clone().requires_grad_() for i, t in weights.items() if graph.tensors[i].kind == "parameter"
    }
    given = x.clone().requires_grad_()
    made = run(graph, comparison.prepared(given), {**weights, **leaves}, "train", keep=kept)
    (made.values[graph.output] * comparison.direction).sum().backward()  # type: ignore[no-untyped-call]
    gradients = {i: leaf.grad for i, leaf in (*leaves.items(), (None, given)) if leaf.grad is not None}
    values = {i: made.values[i].detach() for i in (*kept, graph.output) if i in made.values}
    return Pass(values, dict(made.updated), gradients)
