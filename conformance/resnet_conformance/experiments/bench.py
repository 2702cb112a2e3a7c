"""What an experiment works with: the candidate's laboratory, random weights, and inputs that hypothesis draws.

A property is a function that raises Refuted where it does not hold. The search is seeded, so that the seed in a
report's repro line finds the same counterexample again.
"""

from __future__ import annotations

import copy
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from ..anatomy import Anatomy, dissect, is_global_pool
from ..candidate import Candidate
from ..capture.problems import CaptureError
from ..graph import Graph, Shape
from ..layer_kinds import POOLS
from ..simplify import simplify

if TYPE_CHECKING:
    from ..capture.laboratory import Laboratory
    from .live import Live
    from .practice import Practice

# The laboratory's map sizes for an input size: other than the judged one, higher than wide, and small, yet with several
# positions in the deepest maps. The second are for what does not run at the first.
SMALL = {224: ((44, 36), (64, 64)), 32: ((36, 28), (32, 32))}
ROLES = frozenset({"weight", "bias", "gamma", "beta", "mean", "var"})
DEEP = 300  # convolutions, above which maps are half as large: a thousand layers' values fill gigabytes


Value = TypeVar("Value")


class Refuted(Exception):
    """A property does not hold. `message` says what is wrong, `expected` and `found` what was seen."""

    def __init__(
        self, message: str, expected: str, found: str, where: tuple[str, ...] = (), deviation: str | None = None
    ) -> None:
        super().__init__(message)
        self.message, self.expected, self.found, self.where = message, expected, found, where
        self.deviation = deviation


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest arguments for which a property does not hold, and the command that finds it again."""

    arguments: Mapping[str, Any]
    refuted: Refuted


class Bench:
    """A candidate's laboratory with the random numbers of one judgement."""

    def __init__(self, candidate: Candidate, laboratory: Laboratory, seed: int, architecture: str) -> None:
        self.candidate, self.laboratory, self.seed, self.architecture = candidate, laboratory, seed, architecture
        self._shared: dict[str, Any] = {}

    def shared(self, name: str, make: Callable[[], Value]) -> Value:
        """What several clauses look at, made once under this name."""
        if name not in self._shared:
            self._shared[name] = make()
        return cast("Value", self._shared[name])

    def for_architecture(self, name: str) -> Bench:
        """The same bench, for another architecture: what was found of the candidate alone need not be found again."""
        other = copy.copy(self)
        other.architecture, other._shared = name, {k: v for k, v in self._shared.items() if k == "start"}
        return other

    def close(self) -> None:
        """Let go of all values: those of a large network fill gigabytes, and must not wait for the collector."""
        for name in ("tensors", "live", "practice"):
            self.__dict__.pop(name, None)
        self._shared.clear()
        self.laboratory.close()

    def repro(self, clause: str) -> str:
        """A command that makes this experiment once more, with the same random numbers."""
        target = self.candidate.target
        parts = ["resnet-conformance", "check", target.address, "--architecture", self.architecture]
        for key, value in target.kwargs.items():
            parts += ["--kw", f"{key}={value!r}"]
        return shlex.join([*parts, "--only", clause, "--seed", str(self.seed)])

    @cached_property
    def shape(self) -> Shape:
        """Shape (2, C, H, W) of the laboratory's inputs: small, for a network that is as large as it is."""
        return self._captured[0]

    @cached_property
    def anatomy(self) -> Anatomy:
        """The candidate in eval mode at the laboratory's size. Raises CaptureError."""
        return self._captured[1]

    @cached_property
    def _captured(self) -> tuple[Shape, Anatomy]:
        """At the first of the laboratory's sizes at which the network runs.

        A window that covers the last map at the judged size, and a part of it at another (one of fixed size, or as high
        as the map is wide), is for HD-05 and HD-07 alone: experiments are made where it covers the map.
        """
        _, channels, *extents = self.candidate.input_shape
        part = 2 if self.deep else 1
        known = SMALL.get(extents[0], ()) if len(set(extents)) == 1 else ()
        sizes = [[extent // part for extent in size] for size in known]
        narrow = narrow_pools(dissect(simplify(self.candidate.graph)))
        for size in (*sizes, [extent // part for extent in extents]):
            try:
                graph = self.laboratory.capture((2, channels, *size))
            except CaptureError:
                continue
            found = dissect(simplify(graph))
            if narrow_pools(found) <= narrow:
                return (2, channels, *size), found
        shape = (2, channels, *extents)
        return shape, dissect(simplify(self.laboratory.capture(shape)))

    @property
    def deep(self) -> bool:
        """Whether it has so many layers that each run counts."""
        return sum(node.op == "conv" for node in self.candidate.graph) > DEEP

    @cached_property
    def tensors(self) -> dict[int, torch.Tensor]:
        """Random values for every tensor, float64: as a trained network's, so that no fault hides behind 0 or 1."""
        return draw_tensors(self.anatomy.graph, torch.Generator().manual_seed(self.seed))

    @cached_property
    def live(self) -> Live:
        """Runs of the live network that several experiments share."""
        from .live import Live

        return Live(self)

    @cached_property
    def practice(self) -> Practice:
        """A training pass of the live network that several experiments share."""
        from .practice import Practice

        return Practice(self)

    def generator(self, seed: int = 0) -> torch.Generator:
        """Random numbers of their own for one experiment."""
        return torch.Generator().manual_seed((self.seed * 1_000_003 + seed) % 2**63)

    def explore(
        self, prop: Callable[..., None], examples: int = 5, **strategies: SearchStrategy[Any]
    ) -> Counterexample | None:
        """Search for arguments that refute a property, and shrink them. Other errors pass through."""
        found: list[Counterexample] = []

        def attempt(**drawn: Any) -> None:
            try:
                prop(**drawn)
            except Refuted as refuted:
                found.append(Counterexample(drawn, refuted))
                raise

        search = settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            report_multiple_bugs=False,
        )
        try:
            seeded(self.seed)(search(given(**strategies)(attempt)))()
        except Refuted:
            return found[-1]
        return None


def narrow_pools(found: Anatomy) -> int:
    """How many of the head's pools have a window that does not cover the whole map."""
    pools = (found.graph[i] for i in found.head if found.graph[i].op in POOLS)
    return sum(not is_global_pool(found.graph, node) for node in pools)


def draw_tensors(graph: Graph, generator: torch.Generator) -> dict[int, torch.Tensor]:
    """Values for every registered tensor by the role in which it is read; as a weight where in none.

    Weights have variance 1 / fan-in; gamma is negative on a tenth of the channels; beta and mean are around 0, var
    around 1. So that sums over hundreds of blocks do not explode, gamma is smaller the more joins there are.
    """
    joins = sum(node.op == "add" and len(graph.data_inputs(node)) > 1 for node in graph)
    gain = min(1.0, (8 / max(joins, 1)) ** 0.25)
    roles: dict[int, tuple[str, float]] = {}
    for node in graph:
        for role, i in zip(node.roles, node.inputs, strict=True):
            for place, added in _kept_for(graph, i) if role in ROLES else ():
                roles.setdefault(place, (role, added))
    found: dict[int, torch.Tensor] = {}
    for index, tensor in enumerate(graph.tensors):
        if index in roles:
            role, added = roles[index]
            drawn = _draw(role, tensor.shape, generator)
            found[index] = (drawn * gain if role == "gamma" else drawn) - added
        elif tensor.kind == "parameter":
            found[index] = _draw("weight", tensor.shape, generator)
    return found


def _kept_for(graph: Graph, index: int, added: float = 0.0) -> Iterator[tuple[int, float]]:
    """The registered tensors that a value is kept in, each with the number that is added to what it holds."""
    while graph[index].op in ("reshape", "permute", "slice", "detach", "add_scalar"):
        added += graph[index].attrs["value"] if graph[index].op == "add_scalar" else 0.0
        index = graph[index].inputs[0]
    if graph[index].op == "concat":
        for part in graph[index].inputs:
            yield from _kept_for(graph, part, added)
    elif graph[index].op in ("parameter", "buffer"):
        yield graph[index].attrs["tensor"], added


def _draw(role: str, shape: Shape, generator: torch.Generator) -> torch.Tensor:
    normal = torch.empty(shape, dtype=torch.float32).normal_(generator=generator).double()
    if role == "weight":
        fan = max(1, normal[0].numel()) if normal.dim() else 1
        return normal.mul_(fan**-0.5)
    if role == "gamma":
        return (1 + 0.2 * normal) * torch.where(torch.rand(shape, generator=generator) < 0.1, -1, 1)
    if role == "var":
        return (0.2 * normal).exp_()
    return 0.2 * normal
