"""How what was found goes out: to standard output, in its own letters and width, or to a file, all or nothing."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from rich.console import Console

from .reports import json_report, several, summary, terminal
from .reports.formats import TEXTS
from .reports.output import OutputError, check_writable, write_atomically

if TYPE_CHECKING:
    from .findings import Report
    from .spec import Spec

View = Callable[[Console], None]


def check_output(path: Path | None = None) -> None:
    """Refuse a place that cannot be written before the time for judging is spent. Raises OutputError."""
    if path is not None:
        check_writable(path)
    else:
        _standard_output()


def _standard_output() -> TextIO:
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("cannot write to standard output: it is closed; redirect it to a file instead")
    return sys.stdout


def deliver(content: View | str | Mapping[str, Any] | list[Any], path: Path | None = None) -> None:
    """Data as JSON, a text, or what a view prints, to file or standard output; all is made before a byte goes out."""
    if path is not None:
        write_atomically(path, content if isinstance(content, str) else _written(content))
    elif isinstance(content, str):
        emit(content)
    elif callable(content):
        emit(_on_screen(content))
    else:
        emit(json_report.dump(content, ascii_only=not _encoding().startswith("utf")))


def _written(content: View | Mapping[str, Any] | list[Any]) -> str:
    return _on_paper(content) if callable(content) else json_report.dump(content)


class _Twin(io.StringIO):
    """Text in memory that rich takes for standard output: the same letters, and a terminal if that is one."""

    encoding = "utf-8"  # shadows a read-only attribute of StringIO, which is None

    def __init__(self) -> None:
        super().__init__()
        self.encoding = _encoding()

    def isatty(self) -> bool:
        return _standard_output().isatty()


def _on_screen(view: View) -> str:
    """The view as standard output can show it: its width, its letters, its colours."""
    twin = _Twin()
    # For NO_COLOR rich drops colours but keeps bold type; without a colour system nothing is left.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    view(Console(file=twin, color_system=colours, markup=False, emoji=False))
    return twin.getvalue()


def _on_paper(view: View) -> str:
    """The view as plain text of 80 columns."""
    paper = io.StringIO()
    view(Console(file=paper, width=80, color_system=None, markup=False, emoji=False))
    return paper.getvalue()


def deliver_reports(
    reports: Sequence[Report],
    spec: Spec,
    form: str,
    path: Path | None = None,
    verbose: bool = False,
    lang: str = "en",
    alone: bool = True,
) -> None:
    """Reports in one of `formats.FORMATS`; `alone` shows one as itself and not as a list of one.

    "github" also adds to the summary of the step in which a GitHub workflow runs this. Raises OutputError.
    """

    def view(console: Console) -> None:
        if alone:
            terminal.render(reports[0], spec, console, verbose=verbose, lang=lang)
        else:
            several.render(reports, spec, console, verbose=verbose, lang=lang)

    if form == "terminal":
        deliver(view, path)
    elif form == "json":
        deliver(reports[0].to_json() if alone else several.to_json(reports), path)
    else:
        deliver(TEXTS[form](reports, spec, lang), path)
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if form == "github" and place:
        summary.append(Path(place), summary.render(reports, spec, lang))


def _encoding() -> str:
    return (_standard_output().encoding or "utf-8").lower()


def emit(text: str) -> None:
    """Write to standard output, letters that it lacks as escapes. A reader that left (`| head`) is fine."""
    stream = _standard_output()
    try:
        stream.write(text.encode(_encoding(), errors="backslashreplace").decode(_encoding()))
        stream.flush()
    except OSError as error:
        with suppress(OSError, ValueError):  # the interpreter flushes once more at its end, which must not fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(f"cannot write to standard output: {error.strerror or error}") from error
