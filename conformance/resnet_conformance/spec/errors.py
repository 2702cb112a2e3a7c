"""What a wrong spec file raises: places and words, for people who edit `spec/` (DESIGN.md, section 7)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a spec file; `line` and `column` count from 1."""

    message: str
    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SpecError(ValueError):
    """A spec file is wrong. Has the place of the first fault; `str()` has one line for each of `faults`."""

    def __init__(self, message: str, file: str, line: int, column: int, *more: Fault) -> None:
        self.faults: tuple[Fault, ...] = (Fault(message, file, line, column), *more)
        self.message, self.file, self.line, self.column = message, file, line, column
        super().__init__("\n".join(map(str, self.faults)))

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> SpecError:
        """One error for several faults (at least one), in the order of their places."""
        first, *more = sorted(dict.fromkeys(faults), key=lambda f: (f.file, f.line, f.column))
        return cls(first.message, first.file, first.line, first.column, *more)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.file, self.line, self.column, *self.faults[1:])


def suggest(name: str, names: Iterable[str]) -> str:
    """ " (did you mean 'kernel'?)" for the nearest of `names`, or nothing where none is near."""
    lower = {other.lower(): other for other in reversed(list(names))}
    near = difflib.get_close_matches(name.lower(), list(lower), n=3, cutoff=0.6)
    if not near:
        return ""
    # of equally near ones (resnet20 and resnet32 for resnet21) the one that begins alike
    best = max(near, key=lambda other: (_ratio(name.lower(), other), _alike(name.lower(), other)))
    return f" (did you mean {lower[best]!r}?)"


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _alike(one: str, other: str) -> int:
    """How many letters two names begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
