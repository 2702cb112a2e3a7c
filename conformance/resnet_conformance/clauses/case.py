"""What a check sees (Case) and what it says (Result), and the register that ties checks to clause ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..anatomy import Anatomy
from ..architecture import Architecture
from ..blocks import Block, Branch
from ..candidate import Candidate
from ..enumerating import listed
from ..findings import Finding, Outcome
from ..graph import Graph, Node, Tensor
from ..measure import Measures, measure, multiply_adds, parameters_of
from ..unread import unread_in

if TYPE_CHECKING:
    from ..experiments.bench import Bench


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check, before it becomes a Finding."""

    outcome: Outcome
    message: str = ""
    expected: str = ""
    found: str = ""
    where: tuple[str, ...] = ()
    deviation: str | None = None
    repro: str | None = None  # a command that shows it again


@dataclass(frozen=True)
class Case:
    """One candidate against one architecture, narrowed to the shortcut option found where that is admitted.

    `found` and `trained` are the candidate's anatomies in eval and train mode, `paper` is the blueprint's at the same
    input size.
    """

    architecture: Architecture
    candidate: Candidate
    found: Anatomy
    paper: Anatomy
    trained: tuple[Anatomy, ...] = ()
    bench: Bench | None = None  # what experiments work with; None: structure alone is looked at
    recipe: Any = None  # the training recipe that the user gave
    failures: tuple[Finding, ...] = ()  # by evidence examined before

    @property
    def broken(self) -> tuple[str, ...]:
        """The MUST clauses by which the network is known to be another than the paper's."""
        apart = ("statistics", "training")  # which speak of initial weights and of recipes
        return tuple(f.clause for f in self.failures if f.level == "MUST" and f.evidence not in apart)

    @property
    def graph(self) -> Graph:
        """The candidate's eval graph."""
        return self.found.graph

    @cached_property
    def found_measures(self) -> Measures:
        """Figures of the candidate."""
        return measure(self.found.graph)

    @cached_property
    def paper_measures(self) -> Measures:
        """Figures of the blueprint."""
        return measure(self.paper.graph)

    @cached_property
    def labels(self) -> dict[int, str]:
        """The paper's name for each of the candidate's blocks by its end node: conv3_1 (ImageNet), 16x16_1 (CIFAR)."""
        names = [stage.name.removesuffix("_x") for stage in self.architecture.stages]
        found: dict[int, str] = {}
        for number, stage in enumerate(self.found.stages):
            name = names[number] if number < len(names) else f"stage{number + 1}"
            found.update({block.end: f"{name}_{position}" for position, block in enumerate(stage, start=1)})
        return found

    def name(self, block: Block) -> str:
        """The paper's name for a block and, in brackets, the candidate's module path."""
        return f"{self.labels[block.end]} ({block.where})"

    @cached_property
    def pairs(self) -> tuple[tuple[Block, Block], ...]:
        """Candidate's and blueprint's blocks, stage by stage, as far as both go."""
        stages = zip(self.found.stages, self.paper.stages, strict=False)
        return tuple(pair for mine, theirs in stages for pair in zip(mine, theirs, strict=False))

    @cached_property
    def shortcuts(self) -> tuple[tuple[Block, Branch], ...]:
        """The candidate's blocks that have a shortcut, with it."""
        return tuple((b, b.shortcut) for b in self.found.blocks if b.shortcut is not None)

    @cached_property
    def gated(self) -> frozenset[int]:
        """Nodes that compute gates in blocks: BLK-05 names these; what BN and biases must be is asked of the rest."""
        return frozenset(i for b in self.found.blocks for i in b.residual.gated)

    @cached_property
    def idle(self) -> tuple[Tensor, ...]:
        """Registered parameters that the forward pass never reads."""
        graph = self.graph
        used = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op in ("parameter", "buffer")}
        return tuple(t for position, t in enumerate(graph.tensors) if t.kind == "parameter" and position not in used)

    @cached_property
    def unread(self) -> tuple[Node, ...]:
        """Operations that were recorded and not read, so that structure is not known."""
        return unread_in(self.graph)

    def nodes(self, *ops: str) -> tuple[Node, ...]:
        """Live, input-dependent nodes of these operations in the eval graph."""
        graph = self.graph
        return tuple(n for n in graph if n.op in ops and n.index in graph.live and n.index in graph.depends)

    def layers(self, *ops: str) -> tuple[Node, ...]:
        """The `nodes` of these operations, without those that compute gates."""
        return tuple(n for n in self.nodes(*ops) if n.index not in self.gated)

    def parameters(self, branch: Branch) -> int:
        """Learnable numbers that a branch reads."""
        return parameters_of(self.graph, tuple(self.graph[i] for i in branch.nodes))

    def multiply_adds(self, branch: Branch) -> int:
        """Multiply-adds of a branch for one sample."""
        return sum(multiply_adds(self.graph, self.graph[i]) for i in branch.nodes)


Check = Callable[[Case], Result]
CHECKS: dict[str, Check] = {}  # by structure
EXPERIMENTS: dict[str, dict[str, Check]] = {"behaviour": {}, "equivalence": {}, "statistics": {}, "training": {}}


def examines(clause: str, by: str = "structure") -> Callable[[Check], Check]:
    """Register a check for a clause id, by the evidence that it rests on (DESIGN.md section 4).

    Raises ValueError where the clause has one of that evidence already.
    """
    register = CHECKS if by == "structure" else EXPERIMENTS[by]

    def enter(check: Check) -> Check:
        if clause in register:
            raise ValueError(f"{clause} has two checks by {by}: {register[clause].__name__} and {check.__name__}")
        register[clause] = check
        return check

    return enter


def passed(found: str = "", message: str = "") -> Result:
    """The clause holds."""
    return Result("pass", message, found=found)


def failed(
    message: str,
    expected: str,
    found: str,
    where: Iterable[str] = (),
    deviation: str | None = None,
    repro: str | None = None,
) -> Result:
    """The clause is broken: what it demands, what was found, where, and how to see it again."""
    return Result("fail", message, expected, found, tuple(where), deviation, repro)


def not_applicable(message: str) -> Result:
    """The clause speaks of something that this network does not have."""
    return Result("not-applicable", message)


def not_examined(message: str) -> Result:
    """The check could not be made."""
    return Result("not-examined", message)


def holds_for_all(
    case: Case,
    wrong: Sequence[Block],
    total: int,
    message: str,
    expected: str,
    found: Callable[[Block], str],
    deviation: str | None = None,
) -> Result:
    """Pass where no block is wrong; else fail, with how many of how many, the distinct things found and where."""
    if not wrong:
        return passed(f"all {total} blocks" if total > 1 else "")
    seen = list(dict.fromkeys(found(block) for block in wrong))
    text = listed(seen, between="; ")
    return failed(
        f"{message} ({len(wrong)} of {total} blocks).", expected, text, [case.name(b) for b in wrong], deviation
    )


def size_text(shape: Sequence[int]) -> str:
    """A map size for people: 56x56."""
    return "x".join(map(str, shape))


def padding_text(padding: Sequence[int]) -> str:
    """A padding for people: 1, or top 0, bottom 1, left 0, right 1."""
    if len(padding) == 4:
        return ", ".join(
            f"{side} {width}" for side, width in zip(("top", "bottom", "left", "right"), padding, strict=True)
        )
    return str(padding[0]) if len(set(padding)) == 1 else f"{padding[0]} in height, {padding[1]} in width"
