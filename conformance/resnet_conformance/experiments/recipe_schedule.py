"""A schedule run from its first step to its last, as stretches of one rate, and held against a recipe's.

The real scheduler object steps over an optimizer that never moves anything; nothing is trained.
Source: `spec/training.yaml`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .recipe_optimizer import CannotExamineError, foreign, make_optimizer, rates
from .recipe_specimen import Specimen, stand_in


@dataclass(frozen=True, slots=True)
class Stretch:
    """Iterations `start` to `end` (not included), through which every parameter group has its rate of `rates`."""

    start: int
    end: int
    rates: tuple[float, ...]

    def has(self, rate: float) -> bool:
        """Whether every group has this rate."""
        return all(math.isclose(found, rate, rel_tol=1e-6) for found in self.rates)

    @property
    def text(self) -> str:
        """The rate for people; several where the groups differ."""
        return " and ".join(f"{rate:.6g}" for rate in dict.fromkeys(self.rates))


@dataclass(slots=True)
class Schedule:
    """A schedule about to run. `stride` iterations pass between two of its steps."""

    read: Callable[[], tuple[float, ...]]
    step: Callable[..., Any]
    stride: int
    by_epoch: bool
    metric: str | None  # "min" or "max" where each step asks for a measured value, which shall fall or rise

    @property
    def slack(self) -> float:
        """How far a drop may be from its place: half an epoch where the schedule moves once an epoch, else one step."""
        return self.stride / 2 if self.by_epoch else 1.0

    def trace(self, iterations: int) -> list[Stretch]:
        """The rates of the first `iterations` iterations. Raises CannotExamineError."""
        if self.metric is not None:
            raise CannotExamineError(
                "The schedule follows a measured error, so that where its drops fall is not in the recipe."
            )
        return self._run(iterations, lambda _: ())

    def trace_with_error(self, error: Callable[[int], float], steps: int) -> list[Stretch]:
        """The rates while the schedule is told `error(step)` in each step."""
        return self._run(steps * self.stride, lambda step: (error(step),))

    def _run(self, iterations: int, told: Callable[[int], tuple[float, ...]]) -> list[Stretch]:
        found: list[Stretch] = []
        with foreign("schedule"):
            start, current = 0, self.read()
            for count, at in enumerate(range(self.stride, iterations, self.stride)):
                self.step(*told(count))
                if (now := self.read()) != current:
                    found.append(Stretch(start, at, current))
                    start, current = at, now
            found.append(Stretch(start, iterations, current))
        return found


def open_schedule(
    schedule: Callable[..., Any] | None,
    build: Callable[..., Any] | None,
    steps_per_epoch: int | None,
    specimen: Specimen | None = None,
) -> Schedule:
    """A fresh schedule over an optimizer of the network, or of a stand-in for it. Raises CannotExamineError."""
    if schedule is None:
        raise CannotExamineError("The recipe gives no schedule.")
    stride, by_epoch = steps_per_epoch or 1, steps_per_epoch is not None
    made: Any = None
    optimizer: Any = None
    if build is not None:
        optimizer = make_optimizer(build, specimen or stand_in())
        try:
            with foreign("schedule"):
                made = schedule(optimizer)
        except CannotExamineError:
            if not _is_rate(_try(schedule, 0)):
                raise
    if made is None or _is_rate(made):
        return _of_function(schedule, stride, by_epoch, build is None)
    if not hasattr(made, "step"):
        raise CannotExamineError(
            f"The recipe's schedule gives {type(made).__name__}; it must return a scheduler or a learning rate."
        )
    with foreign("optimizer"):
        optimizer.step()  # schedulers insist that the optimizer has stepped before they do; there is no gradient yet
    group = optimizer.param_groups
    read = (lambda: (float(group[0]["lr"]),)) if len(group) == 1 else (lambda: rates(optimizer))
    metric = str(getattr(made, "mode", "min")) if _asks_for_a_metric(made.step) else None
    return Schedule(read, made.step, stride, by_epoch, metric)


def _of_function(schedule: Callable[..., Any], stride: int, by_epoch: bool, alone: bool) -> Schedule:
    """A function of the number of steps made, which is the epoch where the schedule moves once an epoch."""
    if not _is_rate(_try(schedule, 0)):
        hint = " It may need the optimizer, which the recipe does not give." if alone else ""
        raise CannotExamineError(f"The recipe's schedule gives no learning rate for step 0.{hint}")
    made = [0]

    def step(*_: float) -> None:
        made[0] += 1

    return Schedule(lambda: (float(schedule(made[0])),), step, stride, by_epoch, None)


def _try(schedule: Callable[..., Any], step: int) -> Any:
    try:
        return schedule(step)
    except Exception:  # noqa: BLE001 - whatever it is, this is no function of a step
        return None


def _is_rate(value: object) -> bool:
    return not isinstance(value, bool) and hasattr(value, "__float__") and not hasattr(value, "step")


def _asks_for_a_metric(step: Callable[..., Any]) -> bool:
    """Whether a scheduler's `step` cannot be called without an argument, as ReduceLROnPlateau's."""
    try:
        parameters = list(inspect.signature(step).parameters.values())
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return bool(parameters) and parameters[0].kind in positional and parameters[0].default is inspect.Parameter.empty


def find_misfit(found: Sequence[Stretch], wanted: Sequence[Stretch], slack: float) -> Stretch | None:
    """The first stretch that no wanted one of its rate holds, each widened by `slack` at both ends."""

    def fits(stretch: Stretch) -> bool:
        return any(
            stretch.has(piece.rates[0]) and stretch.start >= piece.start - slack and stretch.end <= piece.end + slack
            for piece in wanted
        )

    return next((stretch for stretch in found if not fits(stretch)), None)
