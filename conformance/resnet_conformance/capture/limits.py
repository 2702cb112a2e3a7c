"""The time limit of a capture: it strikes in a stranger's code only, never while we put things back.

The rule is that of `signal` and `threading`: a handler runs in the main thread, between any two steps of it,
so an exception from it may land anywhere. Here it is raised while `exposed` code runs, and kept for the next
such code everywhere else.
"""

from __future__ import annotations

import math
import signal
import threading
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from .places import innermost
from .problems import LONGEST, CaptureError, Expired, LimitError, late_words

T = TypeVar("T")


class Clock:
    """The limit that runs at the moment. Captures come one after the other, so there is one."""

    def __init__(self) -> None:
        self.deadline = math.inf
        self.exposed = False

    def over(self) -> bool:
        """Has the time run out?"""
        return time.monotonic() >= self.deadline

    def strike(self, number: int, frame: FrameType | None) -> None:
        """The signal's handler: at most one Expired for each run of exposed code."""
        if self.exposed:
            self.exposed = False
            raise Expired


clock = Clock()


def exposed(call: Callable[[], T]) -> T:
    """Run a stranger's code, where the limit may strike. Raises Expired, also where that code swallowed it."""
    before = clock.exposed
    try:
        clock.exposed = True  # before the look at the clock: a signal in between must not be lost
        if clock.over():
            raise Expired
        return call()
    finally:
        clock.exposed = before
        if clock.over():
            raise Expired


def check_limit(seconds: float | None) -> None:
    """Raise LimitError where this is no time limit."""
    if seconds is None:
        return
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        raise LimitError(f"the time limit is {seconds!r}: give a number of seconds above 0, or None for no limit")


def _place(error: BaseException) -> str:
    """Where it struck first: each `exposed` around that place raised another in its turn."""
    while isinstance(error.__context__, Expired):
        error = error.__context__
    return innermost(traceback.extract_tb(error.__traceback__))


def within(seconds: float | None, address: str, call: Callable[[], T]) -> T:
    """The result of `call`, unless it takes longer. Raises CaptureError then, and LimitError for a wrong number.

    A signal interrupts it (SIGALRM, so in the main thread alone, and not on Windows); elsewhere the time is looked at
    whenever a stranger's code ends. The signal's handler and timer are afterwards what they were.
    """
    check_limit(seconds)
    if seconds is None:
        return call()
    given, seconds = seconds, min(float(seconds), LONGEST)
    deadline, was_exposed = clock.deadline, clock.exposed
    signals = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    handler = signal.getsignal(signal.SIGALRM) if signals else None
    timer = (0.0, 0.0)
    try:
        clock.exposed = False
        clock.deadline = min(deadline, time.monotonic() + seconds)
        if signals:
            signal.signal(signal.SIGALRM, clock.strike)
            timer = signal.setitimer(signal.ITIMER_REAL, seconds)
        result = call()
        if clock.over():
            raise Expired
        return result
    except Expired as error:
        raise CaptureError(late_words(address, given, _place(error))) from error
    finally:
        if signals:
            signal.setitimer(signal.ITIMER_REAL, 0)
            # None: the handler was not set from Python, and cannot be
            signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
            signal.setitimer(signal.ITIMER_REAL, *timer)
        clock.deadline, clock.exposed = deadline, was_exposed
