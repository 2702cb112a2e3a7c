"""Contenders measured in turns, and what was measured handed to pytest-benchmark.

`pedantic` runs one contender to its end before the next begins, so that a machine which slows down meanwhile blames the
last. Here all contenders of a group have one round after the other, each time begun by another one, and the durations
are replayed to pytest-benchmark through a timer of its own (`Replay`), which keeps its tables, files and comparisons.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any

import torch

from .machine import synchronize

Call = Callable[[int], Any]  # with the number of the call, which chooses the input


@dataclass(frozen=True, slots=True)
class Method:
    """How often. A round is as many calls as take `least` seconds; after `most` seconds a contender's rounds are fewer.

    `few` is how many rounds there are at least, however long they take.
    """

    rounds: int = 30
    warmups: int = 5
    least: float = 0.020
    most: float = 60.0
    few: int = 5


QUICK = Method(rounds=5, warmups=1)


@dataclass(slots=True)
class Timing:
    """Seconds of each round, each of `iterations` calls; `events` are milliseconds of a call by the GPU's clock."""

    iterations: int
    rounds: int
    seconds: list[float] = field(default_factory=list)
    events: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Seconds of one call."""
        return statistics.median(self.seconds) / self.iterations


def measure(
    calls: Mapping[str, Call],
    method: Method,
    device: torch.device,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Timings by contender. The device is synchronised at both edges of a round; garbage waits for its end.

    The number of the call runs on through all rounds of a contender.
    """
    found, counts = {}, dict.fromkeys(calls, 0)

    def one(name: str, iterations: int) -> tuple[float, float | None]:
        first, counts[name] = counts[name], counts[name] + iterations
        return _round(calls[name], range(first, first + iterations), device, clock)

    for name in calls:
        taken = _warm_up(partial(one, name, 1), method)
        iterations = max(1, ceil(method.least / max(taken, 1e-9)))
        if iterations > 1:  # a first guess from single calls is too long: they include the synchronisation
            taken = one(name, iterations)[0] / iterations
            iterations = max(1, ceil(method.least / max(taken, 1e-9)))
        affordable = int(method.most / max(taken * iterations, 1e-9))
        found[name] = Timing(iterations, max(1, min(method.rounds, max(method.few, affordable))))
    for turn in range(max((timing.rounds for timing in found.values()), default=0)):
        names = [name for name in calls if turn < found[name].rounds]
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            seconds, event = one(name, found[name].iterations)
            found[name].seconds.append(seconds)
            found[name].events += [] if event is None else [event]
    return found


def _warm_up(once: Callable[[], tuple[float, float | None]], method: Method) -> float:
    """The least seconds of the first calls: as many as the method says, fewer where they take a quarter of `most`."""
    seconds = [once()[0]]
    while len(seconds) < method.warmups and sum(seconds) < method.most / 4:
        seconds.append(once()[0])
    return min(seconds)


def _round(call: Call, numbers: range, device: torch.device, clock: Callable[[], float]) -> tuple[float, float | None]:
    """Seconds of all calls together; and, on a GPU, milliseconds of one between two events."""
    events = [torch.cuda.Event(enable_timing=True) for _ in range(2)] if device.type == "cuda" else []  # type: ignore[no-untyped-call]
    collecting = gc.isenabled()
    gc.disable()
    try:
        synchronize(device)
        begin = clock()
        if events:
            events[0].record()
        for number in numbers:
            call(number)
        if events:
            events[1].record()
        synchronize(device)
        seconds = clock() - begin
    finally:
        if collecting:
            gc.enable()
    if not events:
        return seconds, None
    return seconds, events[0].elapsed_time(events[1]) / len(numbers)


class Replay:
    """A clock for pytest-benchmark that goes on only while `play` is called, by what was measured."""

    __name__, __module__ = "alternating_rounds", __name__

    def __init__(self) -> None:
        self.now = 0.0
        self.coming: list[float] = []

    def __call__(self) -> float:
        return self.now

    def play(self) -> None:
        """One call of those that were measured. After the last one nothing passes."""
        self.now += self.coming.pop() if self.coming else 0.0


def hand_over(benchmark: Any, clock: Replay, timing: Timing) -> None:
    """Let pytest-benchmark time the replay: its rounds are those that were measured."""
    each = [seconds / timing.iterations for seconds in timing.seconds]
    clock.coming = [call for seconds in reversed(each) for call in [seconds] * timing.iterations]
    benchmark.pedantic(clock.play, rounds=len(each), iterations=timing.iterations)
