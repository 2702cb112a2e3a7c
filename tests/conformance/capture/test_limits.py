"""The time limit: one message whenever it strikes, and everything put back."""

from __future__ import annotations

import importlib
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_conformance.capture import CaptureError, LimitError, capture_candidate
from resnet_conformance.capture.limits import clock, exposed, within

SMALL = [(2, 3, 8, 8)]


def net() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())


def state() -> tuple[object, ...]:
    streams = sys.stdout, sys.stderr, sys.stdin
    patched = nn.Module.__call__, nn.init.kaiming_uniform_
    timer = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)
    return (*streams, *patched, *timer, torch.is_grad_enabled(), clock.exposed, clock.deadline)


def test_it_may_strike_at_any_moment():
    before, module = state(), net()
    weights = [id(p) for p in module.parameters()]
    begin = time.perf_counter()
    capture_candidate(module, shapes=SMALL)
    whole = time.perf_counter() - begin
    ended = 0
    for step in range(60):
        target = module if step % 2 else net
        try:
            capture_candidate(target, shapes=SMALL, timeout=max(1e-9, 1.2 * whole * step / 60))
        except CaptureError as error:
            assert "--timeout" in str(error)  # noqa: PT017 - some captures are quick enough
            ended += 1
        assert state() == before
        assert [id(p) for p in module.parameters()] == weights
    assert ended


def test_a_signal_never_strikes_while_things_are_put_back():
    restored = []

    def work() -> None:
        try:
            exposed(lambda: time.sleep(5))
        finally:
            time.sleep(0.2)
            restored.append(True)

    def slow_restoration() -> None:
        try:
            exposed(lambda: None)
        finally:
            time.sleep(0.4)
            restored.append(True)

    for call in (work, slow_restoration):
        with pytest.raises(CaptureError, match=r"longer than 0\.2 s"):
            within(0.2, "it", call)
    assert restored == [True, True]


def test_it_says_where_the_code_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "import time\nfrom torch import nn\n\n\nclass Slow(nn.Module):\n    def forward(self, x):\n"
        "        return nn.functional.relu(self.wait(x))\n\n    def wait(self, x):\n        time.sleep(5)\n"
    )
    (tmp_path / "slow.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CaptureError, match=r"slow\.py:10$"):
        capture_candidate(importlib.import_module("slow").Slow, shapes=SMALL, timeout=0.3)
    with pytest.raises(CaptureError, match=r"--timeout\)$"):
        within(0.1, "it", lambda: None if time.sleep(0.3) else exposed(bool))  # nothing of a stranger ran


def test_code_that_swallows_it_once_is_stopped_when_it_ends():
    class Swallows(nn.Module):
        def forward(self, x):
            with suppress(BaseException):
                time.sleep(1)
            return x

    with pytest.raises(CaptureError, match="--timeout"):
        capture_candidate(Swallows, shapes=SMALL, timeout=0.2)


def test_another_thread_looks_at_the_time_after_each_run():
    runs, told = [], []

    class Slow(nn.Module):
        def forward(self, x):
            runs.append(True)
            time.sleep(0.3)
            return x

    def work() -> None:
        try:
            capture_candidate(Slow, shapes=SMALL, timeout=0.1)
        except CaptureError as error:
            told.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(runs) == 1
    assert "longer than 0.1 s" in told[0]


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "5", True])
def test_what_is_no_time_limit(timeout):
    with pytest.raises(LimitError, match="number of seconds above 0") as caught:
        capture_candidate(net, shapes=SMALL, timeout=timeout)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("timeout", [1e30, float("inf")])
def test_a_very_long_limit_is_no_limit(timeout):
    assert capture_candidate(net, shapes=SMALL, timeout=timeout).graph.nodes


def test_a_timer_of_the_callers_goes_on():
    rang = []
    handler = signal.signal(signal.SIGALRM, lambda number, frame: rang.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 30)
        capture_candidate(net, shapes=SMALL, timeout=20)
        assert 20 < signal.getitimer(signal.ITIMER_REAL)[0] <= 30
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
