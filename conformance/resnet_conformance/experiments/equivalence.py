"""The candidate beside the blueprint: the same weights in both, block by block, forward and backward.

Random weights, running statistics and BN parameters are moved between them by anatomy, and both run in float64: the
blueprint's Graph, and the candidate's own code. What they are held against is He et al. 2015, Eqn (1) and (2) and Table
1; that values are compared is a rule of this project (clauses EQ-01 to EQ-04).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

import torch

from ..adoption import adopt, momenta
from ..align import pair
from ..anatomy import Anatomy, dissect
from ..blueprint import draw
from ..choices import adopt as choose
from ..clauses.backbones import is_backbone, is_frozen
from ..clauses.case import Case
from ..execute import evaluate, run
from ..graph import cuts_input_alone
from ..simplify import simplify
from ..transplanting import from_candidate
from .bench import Bench
from .tolerance import FLOOR, UNIT, gap

if TYPE_CHECKING:
    from ..capture.laboratory import Run


class NotComparable(Exception):
    """The two networks cannot be put side by side; the message says why."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One compared quantity: where it stands in the network, for people, and how far apart its two values are.

    `distance` is the largest difference, as a part of the largest value; infinite where one of them is missing.
    """

    place: str
    distance: float


@dataclass(frozen=True, slots=True)
class Training:
    """The gaps of one training pass, each in the order of the network."""

    forward: tuple[Gap, ...]
    statistics: tuple[Gap, ...]
    gradients: tuple[Gap, ...]


def refitted(theirs: torch.Tensor | None, mine: torch.Tensor, before: torch.Tensor, momentum: float) -> torch.Tensor:
    """`mine`, moved from `before` with the momentum that fits `theirs` best: the paper leaves it free (BN-07)."""
    step = (mine - before) / momentum
    if theirs is None or theirs.shape != mine.shape or not step.any():
        return mine
    share = float(((theirs - before) * step).sum() / (step * step).sum())
    return before + share * step if 0 < share <= 1 + 1e-9 else mine


class Comparison:
    """One candidate beside the blueprint that adopted its admitted choices, with the same weights in both."""

    def __init__(self, case: Case, bench: Bench) -> None:
        self.bench, self.laboratory, self.found = bench, bench.laboratory, bench.anatomy
        drawn = dissect(draw(case.architecture, choose(case.architecture, self.found), bench.shape[2:]))
        alignment = pair(self.found, drawn, prepared=True)
        if not alignment.complete:
            raise NotComparable("; ".join(alignment.reasons[:3]))
        trained = next(iter(case.candidate.train_graphs), None)
        self.graph, self.alignment = adopt(drawn.graph, self.found, drawn, alignment, trained)
        self.paper = dissect(self.graph)
        self.stages = [stage.name.removesuffix("_x") for stage in case.architecture.stages]
        # one set of values for both, as large networks' take half a gigabyte: the candidate's, read by the blueprint
        self.weights = from_candidate(self.alignment, bench.tensors)
        self.shown = frozenset(momenta(trained))
        self.x = torch.randn(bench.shape, generator=bench.generator(2), dtype=torch.float64)
        self.mode = "eval" if is_frozen(case) else "train"  # what the blueprint does beside the candidate's training
        self.trainable = self._trainable() if is_backbone(case) else None
        self.unit = UNIT  # of the coarsest precision in which the candidate computes: code may cast

    def at_another_input(self, number: int) -> Comparison:
        """The same networks with the same weights at an input of this number (1 and more)."""
        other = copy(self)
        for name in ("in_eval", "in_train"):
            other.__dict__.pop(name, None)
        other.x = torch.randn(self.bench.shape, generator=self.bench.generator(1000 + number), dtype=torch.float64)
        return other

    @cached_property
    def direction(self) -> torch.Tensor:
        """What the logits are multiplied by to give the scalar that is differentiated, (N, classes).

        Of a backbone, its maps in one row.
        """
        shape = self.graph[self.graph.output].shape
        return torch.randn((self.x.shape[0], prod(shape[1:])), generator=self.bench.generator(3), dtype=torch.float64)

    @cached_property
    def in_eval(self) -> tuple[Gap, ...]:
        """The gaps behind stem, every block and the head, in eval mode."""
        theirs = self.laboratory.run(self.x, self.bench.tensors, watch=True)
        kept = [node for node, *_ in self.exits(self.paper)]
        with torch.no_grad():
            values = run(self.graph, self.prepared(self.x), self.weights, "eval", keep=kept).values
        return self._gaps(values, theirs)

    @cached_property
    def in_train(self) -> Training:
        """The gaps of one training pass: forward values, running statistics, gradients."""
        direction = self.direction
        gradients: dict[int, torch.Tensor] = {}

        def keep(index: int, gradient: torch.Tensor | None) -> None:
            if gradient is not None:
                gradients[index] = gradient

        theirs = self.laboratory.run(
            self.x,
            self.bench.tensors,
            mode="train",
            watch=True,
            loss=lambda y: (y.flatten(1) * direction).sum(),
            on_gradient=keep,
        )
        held = from_candidate(self.alignment, gradients, gradients=True)
        floor = FLOOR * max((t.abs().max().item() for t in held.values()), default=0.0)
        slopes: dict[int, Gap] = {}
        leaves = {
            i: self.weights[i].detach().requires_grad_()
            for i, tensor in enumerate(self.graph.tensors)
            if tensor.kind == "parameter"
            and i in self.weights  # but for a bias that the candidate does without
            and (self.trainable is None or i in self.trainable)
        }
        for i, leaf in leaves.items():
            leaf.register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]
                self._listener(i, held, floor, slopes)
            )
        x = self.x.clone().requires_grad_()
        execution = run(
            self.graph,
            self.prepared(x),
            self.weights | leaves,
            self.mode,
            keep=[node for node, *_ in self.exits(self.paper)],
        )
        (execution.values[self.graph.output].flatten(1) * direction).sum().backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            forward = self._gaps(execution.values, theirs)
            updated = from_candidate(self.alignment, theirs.tensors)
            moved = momenta(self.graph)
            statistics = []
            for i, value in execution.updated.items():
                shown, after = self._is_shown(i), updated.get(i)
                mine = value if shown else refitted(after, value, self.weights[i], moved[i])
                statistics.append(self._gap(i, after, mine))
            first = [] if self._asks_none(theirs) else [Gap("the input", gap(theirs.input_gradient, x.grad))]
        return Training(forward, tuple(statistics), (*first, *(slopes[i] for i in sorted(slopes))))

    def prepared(self, x: torch.Tensor) -> torch.Tensor:
        """The input as the candidate's first layer sees it: networks may normalise it themselves."""
        if not self.found.preparation:
            return x
        graph, last = self.found.graph, self.found.preparation[-1]
        (entry,) = (node.index for node in graph if node.op == "input")
        held = {node.attrs["tensor"] for node in graph if node.op == "buffer" and node.index in graph.live}
        own = {i: self.laboratory.own(i).to(x.dtype) for i in held - self.bench.tensors.keys()}
        return evaluate(graph, last, {entry: x}, self.bench.tensors | own)

    def _trainable(self) -> frozenset[int]:
        """The blueprint's tensors whose values the candidate trains: a backbone may be frozen in part."""
        tensors = self.laboratory.tensors
        pairs = self.alignment.pairs.items()
        return frozenset(i for i, place in pairs if all(tensors[t].requires_grad for t in place.tensors()))

    def _asks_none(self, theirs: Run) -> bool:
        """Whether the network takes its input as data, for which nobody asks a gradient."""
        graph = theirs.graph
        return (
            theirs.input_gradient is None
            and graph is not None
            and any(cuts_input_alone(graph, node.index) for node in graph)
        )

    def _listener(
        self, index: int, held: dict[int, torch.Tensor], floor: float, slopes: dict[int, Gap]
    ) -> Callable[[torch.Tensor], None]:
        """Compares one gradient as soon as it is there, and drops both: all of them take half a gigabyte more."""

        def listen(leaf: torch.Tensor) -> None:
            slopes[index] = self._gap(index, held.pop(index, None), leaf.grad, floor)
            leaf.grad = None

        return listen

    def _is_shown(self, index: int) -> bool:
        """Whether the candidate's momentum of this running statistic was read, and the blueprint has it."""
        place = self.alignment.pairs.get(index)
        return place is not None and set(place.tensors()) <= self.shown

    def _gap(self, index: int, theirs: torch.Tensor | None, mine: torch.Tensor | None, floor: float = 0.0) -> Gap:
        """Between two values of one tensor of the blueprint, by the names that the candidate has for it."""
        place = self.alignment.pairs.get(index)
        names = [self.laboratory.tensors[t].names[0] for t in (place.tensors() if place is not None else ())]
        return Gap(", ".join(names) or self.graph.tensors[index].names[0], gap(theirs, mine, floor))

    def _gaps(self, values: Mapping[int, torch.Tensor], theirs: Run) -> tuple[Gap, ...]:
        """Pair what leaves the stem and every block of the two networks; the logits come last."""
        assert theirs.graph is not None
        made = (t.dtype for t in (*theirs.values.values(), theirs.output) if t.is_floating_point())
        self.unit = max(self.unit, *(torch.finfo(dtype).eps for dtype in made))
        found = dissect(simplify(theirs.graph))
        gaps = []
        for (k, place, _), (i, _, where) in zip(self.exits(self.paper), self.exits(found), strict=False):
            # A convolution's own result is not kept; where a map is of another shape, it is another place.
            if i in theirs.values and theirs.values[i].shape == values[k].shape:
                gaps.append(Gap(f"{place} ({where})" if where else place, gap(theirs.values[i], values[k])))
        made_of = (theirs.output, values[self.graph.output])
        if self.trainable is not None:  # pooled maps may keep their axes
            made_of = (made_of[0].flatten(1), made_of[1].flatten(1))
        return (*gaps, Gap("the logits" if self.trainable is None else "the output", gap(*made_of)))

    def exits(self, anatomy: Anatomy) -> list[tuple[int, str, str]]:
        """What leaves the stem and every block: node, the paper's name of the place, module path."""
        found = [(anatomy.stem[-1], "the stem", "")] if anatomy.stem else []
        for name, stage in zip(self.stages, anatomy.stages, strict=False):
            for position, block in enumerate(stage, start=1):
                at = block.post[-1] if block.post else block.end
                found.append((at, f"{name}_{position}", block.where))
        return found
