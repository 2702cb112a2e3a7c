"""What the processes of one pytest run share: each question to a child is asked once, wherever it comes up first.

pytest-xdist runs tests in several processes. Those of one run share a folder of answers, where a lock lets the others
wait for an answer that is on its way; that rests on no order of the tests, and on no groups.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from . import outside
from .findings import Report
from .outside import TIMEOUT, Problem, Request

Answer = Mapping[str, Any]  # {"report": ...}, {"problem": ...}, or {} of what is asked for its problem alone


@dataclass(eq=False)
class Run:
    """One run of pytest, as one of its processes sees it. `folder` is shared by all of them; None: there is one."""

    timeout: float | None = TIMEOUT
    folder: Path | None = None
    known: dict[str, tuple[Request, Answer]] = field(default_factory=dict)  # the request, so that ids stay its own
    reports: dict[str, Report] = field(default_factory=dict)

    def find(self, request: Request, folder: Path | None = None) -> None:
        """Ask what has no answer but a problem. Raises Problem."""
        self._answer(_key(request, folder, self.timeout), request, folder, self.timeout)

    def report(self, request: Request, folder: Path | None = None, timeout: float | None = TIMEOUT) -> Report:
        """The report of a child that runs in the folder. Raises Problem."""
        key = _key(request, folder, timeout)
        answer = self._answer(key, request, folder, timeout)
        if key not in self.reports:
            self.reports[key] = Report.from_json(answer["report"])
        return self.reports[key]

    def _answer(self, key: str, request: Request, folder: Path | None, timeout: float | None) -> Answer:
        if key not in self.known:
            self.known[key] = request, self._shared(key, lambda: _ask(request, folder, timeout))
        answer = self.known[key][1]
        if "problem" in answer:
            raise Problem(answer["problem"])
        return answer

    def _shared(self, key: str, ask: Callable[[], Answer]) -> Answer:
        """The answer that some process of this run got, or else gets now."""
        if self.folder is None or not self.folder.is_dir():  # of a run on several machines, each asks for itself
            return ask()
        from filelock import FileLock

        from .reports import json_report
        from .reports.output import write_atomically

        file = self.folder / sha256(key.encode("utf-8", "backslashreplace")).hexdigest()
        with FileLock(f"{file}.lock"):  # the system lets go of it where its owner dies
            if file.exists():
                answer: Answer = json.loads(file.read_text("utf-8"))
                return answer
            answer = ask()
            write_atomically(file, json_report.dump(answer))
            return answer

    def share(self) -> Path:
        """The folder of answers, made when the first process that shares it is about to start."""
        if self.folder is None:
            self.folder = Path(mkdtemp(prefix="resnet-conformance-"))
        return self.folder

    def remove(self) -> None:
        """The run is over: nothing of it stays."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _key(request: Request, folder: Path | None, timeout: float | None) -> str:
    return repr((request, str(folder or Path.cwd()), timeout))


def _ask(request: Request, folder: Path | None, timeout: float | None) -> Answer:
    try:
        if request.function == "find":
            outside.ask(request, timeout, folder)
            return {}
        return {"report": outside.ask_report(request, timeout, folder).to_json()}
    except Problem as problem:
        return {"problem": in_pytest(str(problem))}


def in_pytest(message: str) -> str:
    """A message that names options of the command line, with those that pytest has in their place."""
    return re.sub(r"(?<![\w-])--(kw|timeout)\b", r"--resnet-\1", message)


_runs: list[Run] = []  # a run may stand in another: tests of plugins run pytest in their own process


def begin(run: Run) -> None:
    """Pytest starts."""
    _runs.append(run)


def current() -> Run:
    """The run that a test is in; one that shares nothing where our plugin is switched off."""
    return _runs[-1] if _runs else _ALONE


def end(run: Run) -> None:
    """Pytest ends."""
    _runs.remove(run)


_ALONE = Run()
