"""A target is judged in a child process of its own: it may hang, exit, be killed for memory or leave threads behind,
and the answer still comes. Nothing here imports torch; `inside.py` is the child.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from .capture.problems import late_words, shortened

if TYPE_CHECKING:
    from .findings import Report

TIMEOUT = 120.0  # seconds that a target gets unless told otherwise
STARTING = 120.0  # seconds that importing torch may take on top
READY, ANSWER = "ready", "answer.json"
ASKED, PLACE = "asked", "place"  # a child whose time is over is asked where it is, and says so
_KNOWN = frozenset({"report", "text", "problem"})  # each answer has one of these
LOOK = 0.01  # seconds between two looks at the child
TO_SAY = 1.0  # seconds that it has to say where it is
CHILD = "import sys; sys.path[:] = {path!r}; from resnet_conformance.inside import main; main({folder!r})"

INSTEAD = "in Python, give the factory itself in the place of its address"


class Problem(Exception):
    """No report came back; the message says why, for people.

    `trace` is the traceback of a child's exception, `differ` says that two networks are not the same, `ended` that the
    child did not end by itself, `late` that this was for lack of time.
    """

    def __init__(
        self, message: str, trace: str = "", differ: bool = False, ended: bool = False, late: bool = False
    ) -> None:
        super().__init__(message)
        self.trace, self.differ, self.ended, self.late = trace, differ, ended, late


@dataclass(frozen=True, slots=True)
class Request:
    """A function of the API and what it is given, which begins with a target's address.

    "check", "identification_report", "check_family", "transplant", "kata" (the paths of an exercise, and of a file for
    the number of the step that is looked at; the language), or "find": one target after the other, as (address,
    keyword arguments, the part that it is or None), is imported and not constructed.
    """

    function: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


def ask(
    request: Request, timeout: float | None = TIMEOUT, folder: Path | None = None, show_errors: bool = False
) -> dict[str, Any]:
    """The child's answer: {"report": ...} or {"text": ...}. Raises Problem.

    `timeout` is in seconds of the target's own time, `folder` where the child runs, `show_errors` lets what it writes
    to standard error through; what it prints is lost.
    """
    data = _packed(request)
    with TemporaryDirectory(prefix="resnet-conformance-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", CHILD.format(path=_path(folder), folder=scratch)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=None if show_errors else subprocess.DEVNULL,
            cwd=folder,
            # hypothesis keeps what it learns of source files: not in the user's folder
            env={"HYPOTHESIS_STORAGE_DIRECTORY": str(place / "hypothesis"), **os.environ},
            start_new_session=True,  # what it starts ends with it
        )
        try:
            assert process.stdin is not None
            # where it died before, its exit code says how
            with contextlib.suppress(BrokenPipeError), process.stdin as stream:
                stream.write(data)
            on_time = _wait(process, place, timeout)
            if not on_time:
                _ask_where(process, place)
        finally:
            _end(process)
        return _read(place / ANSWER, request, process, on_time, timeout)


def _packed(request: Request) -> bytes:
    """The function alone first: what it needs is imported before modules of the target's folder can be found."""
    try:
        return pickle.dumps(request.function) + pickle.dumps(request)
    except Exception as error:  # noqa: BLE001 - objects say in many ways that they cannot be pickled
        raise Problem(
            f"{_name(request)} is given what cannot be handed to a process of its own ({error}); {INSTEAD}"
        ) from None


def ask_report(
    request: Request, timeout: float | None = TIMEOUT, folder: Path | None = None, show_errors: bool = False
) -> Report:
    """The report that is the child's answer. Raises Problem as `ask` does, and where what came back is no report."""
    from .reports.json_report import ReportError, read_data

    answer = ask(request, timeout, folder, show_errors=show_errors)
    try:
        return read_data(answer.get("report"), "the answer")
    except ReportError as error:
        raise unreadable(request, str(error)) from None


def ask_text(
    request: Request, timeout: float | None = TIMEOUT, folder: Path | None = None, show_errors: bool = False
) -> str:
    """The text that is the child's answer. Raises Problem as `ask` does, and where what came back is no text."""
    text = ask(request, timeout, folder, show_errors=show_errors).get("text")
    if not isinstance(text, str):
        raise unreadable(request, f"no text: {text!r}"[:200])
    return text


def _path(folder: Path | None) -> list[str]:
    """Where the child finds what we need: not in the target's folder, whose numpy.py would be taken for NumPy.

    The child adds that folder when it has imported torch.
    """
    place, home = (folder or Path.cwd()).resolve(), Path(__file__).resolve().parents[1]
    return [entry for entry in sys.path if Path(entry).resolve() != place or place == home]


def _wait(process: subprocess.Popen[bytes], place: Path, timeout: float | None) -> bool:
    """Until there is an answer or an end; False where the time is over first."""
    begin, started = time.monotonic(), False
    while process.poll() is None and not (place / ANSWER).exists():
        if not started and (place / READY).exists():
            begin, started = time.monotonic(), True
        if timeout is not None and time.monotonic() - begin > timeout + (0 if started else STARTING):
            return False
        time.sleep(LOOK)
    return True


def _ask_where(process: subprocess.Popen[bytes], place: Path) -> None:
    """Until the child has said where it is, or is too busy to."""
    with contextlib.suppress(OSError):  # a target may have written there, or removed the folder
        (place / PLACE).unlink(missing_ok=True)
        (place / ASKED).touch()
    begin = time.monotonic()
    while not (place / PLACE).exists() and process.poll() is None and time.monotonic() - begin < TO_SAY:
        time.sleep(LOOK)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Nothing of the child stays, nor what it started."""
    if process.poll() is None and not hasattr(os, "killpg"):
        process.kill()
    elif hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)  # the answer stands: it is about to end by itself
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(
    path: Path, request: Request, process: subprocess.Popen[bytes], on_time: bool, timeout: float | None
) -> dict[str, Any]:
    """What the child answered. It is foreign as all that the target's code can reach: it is looked at before use."""
    target = _name(request)
    if path.exists() and not path.is_file():  # to read a pipe or a device may never end
        raise unreadable(request, "what it wrote is no regular file")
    try:
        answer = json.loads(path.read_text("utf-8"))
    except OSError:
        if not on_time:
            message = late_words(target, timeout or TIMEOUT, _read_place(path.with_name(PLACE)))
            raise Problem(message, ended=True, late=True) from None
        raise Problem(f"{target} could not be judged: {_end_words(process.returncode)}", ended=True) from None
    except (ValueError, RecursionError) as error:
        raise unreadable(request, f"{type(error).__name__}: {error}") from None
    if not isinstance(answer, dict) or not _KNOWN.intersection(answer):
        raise unreadable(request, f"no answer of ours: {str(answer)[:200]}")
    if "problem" in answer:
        trace, differ = answer.get("trace", ""), answer.get("differ") is True
        raise Problem(str(answer["problem"]), str(trace), differ)
    return answer


def _read_place(path: Path) -> str:
    """Where the child was, in a line; what stands there may be the target's own, too. "" where it did not say."""
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8") as file:
            return shortened(file.read(1000))
    except (OSError, ValueError):
        return ""


def _name(request: Request) -> str:
    first = request.arguments[0]
    return first if isinstance(first, str) else ", ".join(address for address, *_ in request.arguments)


def unreadable(request: Request, why: str) -> Problem:
    """What is raised of an answer that is none; `why` is for --debug."""
    return Problem(
        f"{_name(request)} could not be judged: the process in which it ran gave an answer that cannot be read;"
        " its code may change what Python's own modules do",
        trace=f"{why}\n",
    )


def _end_words(code: int) -> str:
    if code >= 0:
        return f"its code ended the process (os._exit, exit code {code}) before the network could be judged"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    why = {
        "SIGKILL": "killed (SIGKILL), as systems do when memory runs out",
        "SIGSEGV": "ended by a crash of compiled code (SIGSEGV)",
    }.get(name, f"ended by {name}")
    return f"its process was {why}"
