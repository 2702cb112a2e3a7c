"""Does a schedule that follows the error divide its rate by 10 when the error plateaus, and only then?

It is told a made-up error that falls, stays until the rate drops, falls again and stays again (He et al. 2015,
section 3.4: "divided by 10 when the error plateaus").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from .recipe_schedule import Schedule, Stretch

FALLING = 60  # steps in which the error falls by 3% each
PATIENCE = 200  # steps without any fall, after which a schedule that has not moved does not follow a plateau


@dataclass(slots=True)
class _Error:
    """An error from 0 to 1 that waits for the rate to drop."""

    schedule: Schedule
    patience: int
    value: float = 0.9
    waited: int = 0
    fallen: int = 0
    rate: tuple[float, ...] = ()
    missed: bool = False  # it stayed, and no drop came
    early: bool = False  # a drop came while it fell
    drops: int = 0

    def __call__(self, step: int) -> float:
        now = self.schedule.read()
        dropped = bool(self.rate) and now != self.rate
        self.rate = now
        staying = self.fallen >= FALLING and not self.missed
        if dropped and self.waited:
            self.drops, self.fallen, self.waited = self.drops + 1, 0, 0
        elif dropped:
            self.early |= self.drops < 2
        elif staying and self.drops < 2:
            self.waited += 1
            self.missed = self.waited > self.patience
            return self.told
        self.fallen += 1
        self.value *= 0.97
        return self.told

    @property
    def told(self) -> float:
        """What the schedule hears: the error, or the accuracy where it waits for that to rise no more."""
        return 1 - self.value if self.schedule.metric == "max" else self.value


def find_plateau_fault(schedule: Schedule, rate: float, divide_by: int) -> str | None:
    """What a schedule with a metric does otherwise, as a sentence. Raises CannotExamineError."""
    own = getattr(getattr(schedule.step, "__self__", None), "patience", 0)
    patience = max(PATIENCE, 2 * own if isinstance(own, int) else 0)
    error = _Error(schedule, patience)
    stretches = schedule.trace_with_error(error, 2 * (patience + FALLING + 2))
    if not stretches[0].has(rate):
        return f"The rate starts at {stretches[0].text}, not at {rate:g}."
    if error.early:
        return "The rate changes while the error still falls."
    if len(stretches) < 3:
        return f"The rate does not drop within {patience} steps without any fall of the error."
    return find_wrong_ratio(stretches, divide_by)


def find_wrong_ratio(stretches: list[Stretch], divide_by: int) -> str | None:
    """The first change of the rate that is no division by that number."""
    for before, after in pairwise(stretches):
        pairs = zip(before.rates, after.rates, strict=True)
        if not all(math.isclose(old, new * divide_by, rel_tol=1e-6) for old, new in pairs):
            change = f"from {before.text} to {after.text}"
            return f"At iteration {after.start:,} the rate goes {change}; it is divided by {divide_by}."
    return None
