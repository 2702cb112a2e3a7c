"""What the examination of an exercise found, as plain data that goes from the child process to the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

STEPS = 9
WHOLE = 10  # behind the last step: the finished network, judged by `check`

State = Literal["holds", "fails", "open", "broken"]  # open: not written yet; broken: its code raised an error


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: a trap known by name, a broken clause, or both."""

    trap: str = ""  # key of texts.yaml
    clause: str = ""
    expected: str = ""
    found: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was looked at. `symbol` is the function or class in question, `error` what its code raised."""

    number: int
    state: State
    clauses: tuple[str, ...] = ()  # that hold
    faults: tuple[Fault, ...] = ()
    symbol: str = ""
    error: str = ""
    place: str = ""  # "line 43: return self.conv(x)"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The steps in order, up to the first that does not hold; what the exercise printed meanwhile."""

    steps: tuple[Step, ...]
    printed: str = ""

    @property
    def done(self) -> bool:
        """Do all steps hold, and the finished network?"""
        return len(self.steps) == WHOLE and all(step.state == "holds" for step in self.steps)

    @property
    def text(self) -> str:
        """As JSON, for `from_text`."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Outcome:
        """The inverse of `text`."""
        data = json.loads(text)
        return cls(tuple(_step(step) for step in data["steps"]), data["printed"])


def _step(data: Mapping[str, Any]) -> Step:
    faults = tuple(Fault(**fault) for fault in data["faults"])
    return Step(**{**data, "clauses": tuple(data["clauses"]), "faults": faults})
