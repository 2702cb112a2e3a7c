"""One contest: its contenders are made, timed in turns, and asked for their answers afterwards."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from .machine import clocks, peak_memory
from .networks import Unavailable
from .turns import Method, Timing, measure


class Entry(Protocol):
    """A contender: `call(number)` is timed, `error()` is how wrong it is (None: nothing to hold it against)."""

    limit: float
    capturable: bool  # whether the call may be recorded as one CUDA graph

    def call(self, number: int) -> Any:
        """The work."""

    def error(self) -> float | None:
        """The distance of its answer from the right one."""

    def info(self, seconds: float) -> dict[str, Any]:
        """Figures that follow from the seconds of a call."""


@dataclass(slots=True)
class Outcome:
    """What became of a contender. `skipped` says why it did not take part; `error` above `limit` is a wrong answer.

    `too_large`: it was skipped because memory was short.
    """

    skipped: str | None = None
    too_large: bool = False
    timing: Timing | None = None
    error: float | None = None
    limit: float = 0.0
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def wrong(self) -> str | None:
        """Why the answer is wrong, None where it is right. A nan is wrong."""
        if self.error is None or self.error <= self.limit:
            return None
        return f"its answer is off by {self.error:.1e}, and rounding explains {self.limit:.0e}: fast, and wrong"


Maker = Callable[[], Entry]


def contest(makers: Mapping[str, Maker], method: Method | None, device: torch.device) -> dict[str, Outcome]:
    """Outcomes by contender. Without a method (a smoke test) each is called once and nothing is timed.

    What is held in memory is freed with the last entry; what does not fit is skipped, and says so.
    """
    try:
        return _held(makers, method, device)
    finally:
        if (dynamo := sys.modules.get("torch._dynamo")) is not None:
            dynamo.reset()  # what is compiled is kept with the code, not with the network, and its graphs with it


def _held(makers: Mapping[str, Maker], method: Method | None, device: torch.device) -> dict[str, Outcome]:
    outcomes = {name: Outcome() for name in makers}
    entries: dict[str, Entry] = {}
    for name, make in makers.items():
        try:
            entries[name] = make()
            entries[name].call(0)
        except Unavailable as reason:
            outcomes[name].skipped = str(reason)
            entries.pop(name, None)
        except torch.OutOfMemoryError:
            outcomes[name] = _too_large(device)
            entries.pop(name, None)
    before = clocks(device)
    timings: dict[str, Timing] = {}
    if method is not None:
        try:
            timings = measure({name: entry.call for name, entry in entries.items()}, method, device)
        except torch.OutOfMemoryError:
            return outcomes | {name: _too_large(device, "beside the others: ") for name in entries}
    after = clocks(device)
    for name, entry in entries.items():
        found = outcomes[name]
        try:
            found.error, found.limit = entry.error(), entry.limit
        except torch.OutOfMemoryError:  # what is not known to be right is not shown
            outcomes[name] = _too_large(device, "its reference in float64: ")
            continue
        if name not in timings:
            continue
        found.timing = timing = timings[name]
        found.info = entry.info(timing.median) | {"error": found.error, "error_limit": found.limit}
        found.info["peak_memory_bytes"] = peak_memory(lambda entry=entry: entry.call(0), device)  # type: ignore[misc]
        found.info["clocks"] = {"before": before, "after": after}
        if timing.events:
            found.info["cuda_event_ms"] = statistics.median(timing.events)
            if entry.capturable:
                found.info["graph_replay_ms"] = graph_replay(entry, device)
    return outcomes


def _too_large(device: torch.device, what: str = "") -> Outcome:
    return Outcome(skipped=f"{what}does not fit into the memory of the {device.type}", too_large=True)


def graph_replay(entry: Entry, device: torch.device) -> float | None:
    """Milliseconds of the same work as one CUDA graph, without Python; None where it cannot be captured."""
    times: list[float] = []
    with suppress(RuntimeError):
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(device)
        with torch.cuda.graph(graph):
            entry.call(0)
        for _ in range(10):
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
            begin.record()
            graph.replay()
            end.record()
            torch.cuda.synchronize(device)
            times.append(begin.elapsed_time(end))
    return statistics.median(times) if times else None
