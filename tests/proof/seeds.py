"""Experiments draw at random: ten runs with fresh seeds must give the same outcome for every clause."""

from __future__ import annotations

from collections.abc import Sequence

from ..mutants.test_right import COMPLETE
from ..mutants.test_wrong import CORPUS
from . import corpus
from .trial import Outcome

NAME = "seeds"
TITLE = "Ten fresh seeds, the same outcomes"
TIMES = 10


def names() -> Sequence[str]:
    """A right network of each kind, and the wrong ones that an experiment finds: structure draws nothing."""
    drawn = [f"wrong/{m.name}" for m in CORPUS.mutants.values() if m.evidence_of(next(iter(m.own))) != "structure"]
    return [*(f"right/{name}" for name in COMPLETE), *drawn]


def run(name: str) -> Outcome:
    """Judge one network TIMES times."""
    seen: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for _ in range(TIMES):
        report = corpus.judged(name)
        outcomes = tuple((f.clause, f.outcome) for f in report.findings)
        seen.setdefault(outcomes, []).append(report.environment["seed"])
    if len(seen) == 1:
        return Outcome("clean")
    first, other = list(seen)[:2]
    apart = [f"{a[0]}: {a[1]} or {b[1]}" for a, b in zip(first, other, strict=True) if a != b]
    return Outcome("alarm", told=f"{'; '.join(apart)} (seeds {seen[first][0]} and {seen[other][0]})")


def explain(name: str) -> str | None:
    """Chance must not decide."""
    return None
