"""The members of a family of networks: made by one factory for different n, captured on demand, each once.

The family is that of He et al. 2015, section 4.2: 6n+2 layers for every n from 1 on. A factory takes n itself, or the
depth. Structure alone is looked at, in eval mode on 32x32 maps; nothing here imports torch before a member is made.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..candidate import Candidate
from ..capture.problems import CaptureError, TargetProblem
from ..findings import TargetInfo
from ..judge import Subject, UnjudgeableError, prepare
from ..measure import measure
from .words import FamilyError, Means

if TYPE_CHECKING:
    from ..capture.target import LoadedTarget

SHAPE = (2, 3, 32, 32)  # the channels are those of the first convolution, where it has others


def depth_of(n: int) -> int:
    """Weighted layers of a member (section 4.2)."""
    return 6 * n + 2


def value_of(n: int, means: Means) -> int:
    """What the keyword is for this n."""
    return n if means == "n" else depth_of(n)


def n_of(keyword: str, value: object, means: Means) -> int:
    """The n of a keyword's value. Raises FamilyError where no member has it."""
    if isinstance(value, int) and not isinstance(value, bool):
        n, rest = (value, 0) if means == "n" else divmod(value - 2, 6)
        if n >= 1 and not rest:
            return n
    wanted = "a whole number from 1 on" if means == "n" else "6n+2 for a whole number n from 1 on: 8, 14, 20, ..."
    raise FamilyError(f"{keyword}={value!r} names no member of the family: {keyword} is {wanted}")


@dataclass(frozen=True, slots=True)
class Member:
    """The network for one n, or why there is none. `value` is what the factory's keyword was."""

    n: int
    value: int
    subject: Subject | None = None
    problem: TargetProblem | UnjudgeableError | None = None

    @property
    def uncaptured(self) -> bool:
        """Whether there is a network whose data flow could not be recorded: nothing is known about it."""
        return isinstance(self.problem, CaptureError)

    @property
    def missing(self) -> bool:
        """Whether the factory makes no network."""
        return self.problem is not None and not self.uncaptured

    def describe(self) -> dict[str, Any]:
        """The member in figures, for people and for JSON."""
        if self.subject is None:
            return {"n": self.n, "value": self.value, "problem": str(self.problem)}
        found = self.subject.found
        measures = measure(found.graph)
        return {
            "n": self.n,
            "value": self.value,
            "depth": found.depth,
            "shortcuts": sum(block.shortcut is not None for block in found.blocks),
            "option": found.option,
            "parameters": measures.parameters - measures.convolution_biases,
        }


@dataclass(slots=True)
class Members:
    """What one factory makes. `kwargs` are its other keyword arguments."""

    loaded: LoadedTarget
    keyword: str
    means: Means
    kwargs: Mapping[str, Any]
    made: dict[int, Member] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def info(self) -> TargetInfo:
        """The factory, without the keyword that tells the members apart."""
        return replace(self.loaded.info, kwargs=dict(self.kwargs))

    def take(self, n: int) -> Member:
        """The member for this n."""
        if n not in self.made:
            self.made[n] = self.make(n, self.means)
        return self.made[n]

    def make(self, n: int, means: Means) -> Member:
        """Construct and capture the network for this n, if the keyword means this."""
        from ..capture.candidates import Runner
        from ..capture.isolation import ALONE, collection_off

        began = time.perf_counter()
        value = value_of(n, means)
        target = replace(self.loaded, info=self.info, kwargs={**self.kwargs, self.keyword: value})
        try:
            with ALONE, collection_off():
                runner = Runner(target)
                graph, shape = runner.first((SHAPE,))
                candidate = Candidate(self.info, graph, shape, captured_on=runner.on, notes=tuple(runner.notes))
            return Member(n, value, prepare(candidate))
        except (TargetProblem, UnjudgeableError) as problem:
            # Without its traceback, whose frames hold a network that has no use any more.
            return Member(n, value, problem=problem.with_traceback(None))
        finally:
            self.seconds += time.perf_counter() - began

    @property
    def built(self) -> tuple[Subject, ...]:
        """The networks so far, from the smallest n on."""
        return tuple(s for n in sorted(self.made) if (s := self.made[n].subject) is not None)


def find_members(target: object, keyword: str, means: Means, kwargs: Mapping[str, Any]) -> Members:
    """The members that a target makes. Raises TargetError where it does not take the keyword."""
    from ..capture import load_target

    others = {key: value for key, value in kwargs.items() if key != keyword}
    return Members(load_target(target, {**others, keyword: value_of(3, means)}), keyword, means, others)
