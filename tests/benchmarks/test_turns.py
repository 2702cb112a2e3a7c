"""Rounds alternate, durations are those of the clock, and pytest-benchmark sees them."""

from __future__ import annotations

import pytest
import torch

from benchmarks.contest import Outcome, contest
from benchmarks.networks import Unavailable
from benchmarks.turns import Method, Replay, Timing, hand_over, measure

CPU = torch.device("cpu")


class Clock:
    """Time that passes only where a contender says so."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, []

    def __call__(self) -> float:
        return self.now

    def contender(self, name: str, seconds: float):
        def call(number: int) -> None:
            self.calls.append((name, number))
            self.now += seconds

        return call


def test_rounds_alternate_and_begin_with_another_one_each_time() -> None:
    clock = Clock()
    calls = {name: clock.contender(name, 0.5) for name in "abc"}
    found = measure(calls, Method(rounds=4, warmups=2, least=0.1), CPU, clock)
    order = "".join(name for name, _ in clock.calls)
    assert order == "aabbcc" + "abc" + "bca" + "cab" + "abc"
    assert {name: timing.seconds for name, timing in found.items()} == dict.fromkeys("abc", [0.5] * 4)


def test_each_contender_goes_through_the_inputs() -> None:
    clock = Clock()
    measure({"a": clock.contender("a", 1.0)}, Method(rounds=3, warmups=2, least=0.1), CPU, clock)
    assert [number for _, number in clock.calls] == [0, 1, 2, 3, 4]


def test_a_round_is_long_enough() -> None:
    clock = Clock()
    found = measure({"a": clock.contender("a", 0.003)}, Method(rounds=2, warmups=1, least=0.020), CPU, clock)["a"]
    assert found.iterations == 7
    assert found.seconds == pytest.approx([0.021, 0.021])
    assert found.median == pytest.approx(0.003)


def test_what_takes_long_has_fewer_rounds_but_never_too_few() -> None:
    clock = Clock()
    method = Method(rounds=30, warmups=1, most=20.0, few=5)
    calls = {
        "fast": clock.contender("fast", 0.1),
        "slow": clock.contender("slow", 2.0),
        "slower": clock.contender("x", 9.0),
    }
    found = measure(calls, method, CPU, clock)
    assert {name: len(timing.seconds) for name, timing in found.items()} == {"fast": 30, "slow": 10, "slower": 5}


class Pedantic:
    """What pytest-benchmark's pedantic does: a round is `iterations` calls between two looks at the clock."""

    def __init__(self, clock: Replay) -> None:
        self.clock, self.durations = clock, []

    def pedantic(self, target, rounds: int, iterations: int) -> None:
        for _ in range(rounds):
            begin = self.clock()
            for _ in range(iterations):
                target()
            self.durations.append((self.clock() - begin) / iterations)
        target()  # for its result


def test_the_replay_gives_what_was_measured() -> None:
    clock = Replay()
    benchmark = Pedantic(clock)
    hand_over(benchmark, clock, Timing(3, 2, [0.3, 0.6]))
    assert benchmark.durations == pytest.approx([0.1, 0.2])


class Entry:
    limit, capturable = 1e-3, False

    def __init__(self, error: float | None) -> None:
        self.found, self.calls = error, 0

    def call(self, number: int) -> None:
        self.calls += 1

    def error(self) -> float | None:
        return self.found

    def info(self, seconds: float) -> dict[str, float]:
        return {"images_per_s": 1 / seconds}


QUICK = Method(rounds=2, warmups=1, least=0.0)


def test_a_fast_wrong_answer_is_found_out_after_it_was_timed() -> None:
    makers = {"right": lambda: Entry(1e-4), "wrong": lambda: Entry(0.5), "none": lambda: Entry(float("nan"))}
    found = contest(makers, QUICK, CPU)
    assert found["right"].wrong is None
    assert found["wrong"].wrong == "its answer is off by 5.0e-01, and rounding explains 1e-03: fast, and wrong"
    assert found["none"].wrong is not None
    assert found["wrong"].timing is not None
    assert found["right"].info["error"] == 1e-4


def test_who_cannot_take_part_says_why_and_does_not_stop_the_others() -> None:
    def absent() -> Entry:
        raise Unavailable("timm is not installed")

    def large() -> Entry:
        raise torch.OutOfMemoryError("CUDA out of memory")

    found = contest({"timm": absent, "large": large, "ours": lambda: Entry(None)}, QUICK, CPU)
    assert found["timm"] == Outcome(skipped="timm is not installed")
    assert found["large"].skipped == "does not fit into the memory of the cpu"
    assert found["ours"].timing is not None
    assert found["ours"].wrong is None


def test_a_smoke_test_calls_once_and_times_nothing() -> None:
    entry = Entry(0.0)
    found = contest({"a": lambda: entry}, None, CPU)
    assert (entry.calls, found["a"].timing) == (1, None)
