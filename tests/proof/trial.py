"""What every part of the proof has in common: trials by name, each with one outcome.

A part is a module with NAME (one word), TITLE (a line for people), `names()`, `run(name)` and `explain(name)`. Names
are stable from run to run: a run that was interrupted goes on where it stopped, and two runs can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["killed", "survived", "stillborn", "clean", "alarm"]
BAD = ("survived", "alarm")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial showed.

    Of something wrong: "killed", the suite noticed; "survived", it did not; "stillborn", what was changed gives no
    network that runs, or none that is another one, so that there is nothing to notice. Of something right: "clean", or
    "alarm" where it was blamed. `by` is how it was noticed (structure, behaviour, statistics, equivalence, training,
    loader, ...), `told` is for people: clauses, or a message.
    """

    verdict: Verdict
    by: str = ""
    told: str = ""


class Part(Protocol):
    """A module of the proof."""

    NAME: str
    TITLE: str

    def names(self) -> Sequence[str]:
        """All trials, always in the same order."""

    def run(self, name: str) -> Outcome:
        """Make one trial."""

    def explain(self, name: str) -> str | None:
        """Why a survivor of this name is no weakness of the suite; None where it is one."""
