"""The child process in which a target's code runs; `outside.py` starts it and reads its answer.

It ends at once when the answer is written: threads and exit handlers that a stranger's code left do not matter.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .capture import load_target
from .capture.places import innermost
from .capture.problems import TargetError, last_line
from .findings import Report
from .outside import ANSWER, ASKED, INSTEAD, PLACE, READY, Request
from .problems import explain_error
from .reports import json_report
from .reports.output import write_atomically
from .spec import load_spec
from .transplantation import NetworksDiffer

LOOK_UP = 0.1  # seconds between two looks at the parent
HOLD_AGAINST_SPEC = frozenset({"check", "identification_report", "check_family", "kata"})


def main(folder: str) -> None:
    """Answer the request on standard input with a file in the folder. Does not return."""
    pipe = sys.stdin.buffer  # written by our own parent
    function = pickle.load(pipe)
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - whoever asks gets no answer
    watched = os.getppid(), threading.get_ident(), Path(folder)
    threading.Thread(target=_watch, args=watched, name="parent", daemon=True).start()
    try:
        from .capture import candidates  # noqa: F401 - with torch, which takes seconds that are not the target's

        _import(function)
        if function in HOLD_AGAINST_SPEC:
            load_spec()  # read once; a second that is not the target's, either
        sys.path.insert(0, str(Path.cwd()))
        (Path(folder) / READY).touch()
        answer = respond(_unpack(pipe))
    except KeyboardInterrupt as error:  # no key was pressed here: this process has no terminal
        answer = _problem(error) | {"problem": "the target's code raised KeyboardInterrupt, so that it is not judged"}
    except BaseException as error:  # noqa: BLE001
        answer = _problem(error)
    write_atomically(Path(folder) / ANSWER, json_report.dump(answer))
    os._exit(0)


def _unpack(pipe: BinaryIO) -> Request:
    """What is asked; it may hold values of modules in the target's folder. Raises TargetError."""
    try:
        request: Request = pickle.load(pipe)
    except Exception as error:
        raise TargetError(
            f"the target is given what cannot be read in a process of its own ({last_line(error)}); {INSTEAD}"
        ) from error
    return request


def _watch(parent: int, main_thread: int, folder: Path) -> None:
    """A parent that is killed cannot end its child and tidy up: the child looks. Asked where it is, it says so."""
    asked = False
    while os.getppid() == parent:
        time.sleep(LOOK_UP)
        if not asked and (folder / ASKED).exists():
            asked = True
            frames = traceback.extract_stack(sys._current_frames()[main_thread])
            with contextlib.suppress(OSError):  # the target's code may have removed the folder
                write_atomically(folder / PLACE, innermost(frames))
    shutil.rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)  # with what the target's code started
    os._exit(1)


def respond(request: Request) -> dict[str, Any]:
    """The answer as plain data: {"report": ...} or {"text": ...}, else {"problem": ..., "trace": ...}."""
    try:
        made = _import(request.function)(*request.arguments, **request.options)
    except Exception as error:  # noqa: BLE001 - a bug, too, must come back as a message
        return _problem(error)
    return {"report": made.to_json()} if isinstance(made, Report) else {"text": getattr(made, "text", "")}


def _problem(error: BaseException) -> dict[str, Any]:
    return {
        "problem": explain_error(error),
        "differ": isinstance(error, NetworksDiffer),
        "trace": "".join(traceback.format_exception(error)),
    }


def _import(function: str) -> Any:
    """The function that is asked for; only these are."""
    if function == "kata":  # what only this needs is not imported for others, nor in the learner's time
        from .kata.examination import examine

        return examine
    from . import api
    from .family import check_family
    from .transplantation import transplant

    known: Mapping[str, Any] = {
        "check": api.check,
        "identification_report": api.identification_report,
        "check_family": check_family,
        "transplant": transplant,
        "find": _find,
    }
    return known[function]


def _find(*targets: tuple[str, Mapping[str, Any], str | None]) -> None:
    """Import the targets, one after the other. Raises TargetError."""
    from .parts.embedding import load_part

    for address, kwargs, part in targets:
        # a part is not given what only says what it is
        load_target(address, kwargs) if part is None else load_part(address, kwargs)
