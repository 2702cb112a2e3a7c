"""The command line's own process, sheltered from the code that it judges: nothing of that reaches standard output,
and a time limit holds even against code that swallows exceptions or sets the timer itself.

The Python API does neither, because the process is its caller's.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GRACE = 1.5  # seconds after the limit in which a well-behaved target ends by itself
STDOUT = 1


@contextmanager
def standard_output_kept() -> Iterator[None]:
    """What is written to file descriptor 1 meanwhile is lost, whoever writes it: C code, a child process, print."""
    _flush()
    try:
        saved = os.dup(STDOUT)
    except OSError:  # it is closed
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STDOUT)
        os.close(nowhere)
        yield
    finally:
        _flush()  # what lies in buffers was written meanwhile
        os.dup2(saved, STDOUT)
        os.close(saved)


def _flush() -> None:
    for stream in (sys.stdout, sys.__stdout__):
        with suppress(Exception):  # closed, or none at all
            stream.flush()  # type: ignore[union-attr]
    with suppress(Exception):  # where the C library cannot be reached so
        ctypes.CDLL(None).fflush(None)


@contextmanager
def hard_stop(seconds: float, message: str) -> Iterator[None]:
    """End the process with the message and code 2 a little after so many seconds, unless the block is left before."""
    done = threading.Event()
    stream = sys.stderr  # as it is now: a target's errors are not shown

    def watch() -> None:
        if not done.wait(seconds + GRACE):
            with suppress(Exception):
                stream.write(f"{message}\n")
                stream.flush()
            os._exit(2)

    threading.Thread(target=watch, name="time limit", daemon=True).start()
    try:
        yield
    finally:
        done.set()
