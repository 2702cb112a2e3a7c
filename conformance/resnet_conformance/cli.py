"""The command line: `check`, `identify`, `show`, `list`, `explain`, `transplant` (DESIGN.md, section 5).

Exit codes: 0 conforms or deviates as declared, 1 violates, 2 could not judge (usage, target, spec, output),
130 interrupted. A problem is one message on standard error; standard output then stays empty, and no file is
written. Only `check`, `identify` and `transplant` import torch.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, TextIO

from rich.console import Console

from .arguments import PROGRAM, build_parser
from .capture.limits import clock
from .capture.problems import LimitError, TargetProblem
from .catalog import UnknownNameError, find_architecture, find_clauses, list_data, list_table
from .explain import explain
from .family.words import FamilyError, refuse_company
from .findings import Report
from .reports import json_report, terminal
from .reports.output import OutputError, check_writable, write_atomically
from .shelter import hard_stop, standard_output_kept
from .show import show
from .spec import SpecError, load_spec
from .transplantation import NetworksDiffer, WeightsError, transplant

NEAR_NONE = NETWORKS_DIFFER = 1
COULD_NOT_JUDGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, return its exit code. Raises SystemExit as argparse does: help, version, bad usage."""
    options = build_parser().parse_args(arguments)
    try:
        return VERBS[options.verb](options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a bug, too, must end in one message and code 2
        if getattr(options, "debug", False):
            traceback.print_exc()
        else:
            print(f"{PROGRAM}: {_explain_error(error)}", file=sys.stderr)
        return COULD_NOT_JUDGE


def _explain_error(error: Exception) -> str:
    """One message for people; what is not their doing is called a bug."""
    from .judge import UnjudgeableError

    problems = (UnknownNameError, SpecError, OutputError, TargetProblem, LimitError, UnjudgeableError, WeightsError)
    if isinstance(error, (*problems, FamilyError)):
        return str(error)
    if type(error).__name__ == "RecipeError":  # of a module that imports torch
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "torch":
        return "torch is not installed; no network can be judged without it, so install it (https://pytorch.org)"
    kind = f"{type(error).__name__}: {error}".strip(": \n")
    said = f"internal error, a bug in {PROGRAM} and no finding about any network: {kind}"
    return f"{said}\nAdd --debug to see where, and please report it."


# --- verbs ---


def _check(options: argparse.Namespace) -> int:
    spec = load_spec()
    if options.architecture is not None:
        find_architecture(spec, options.architecture)
    find_clauses(spec, options.only)
    if options.family is not None:
        refuse_company(options)
    _check_output(options.output)
    with _sheltered():
        report = _judge(options) if options.family is None else _judge_family(options)

    def view(console: Console) -> None:
        terminal.render(report, spec, console, verbose=options.verbose, lang=options.lang)

    _deliver(report.to_json() if options.format == "json" else view, options.output)
    return min(report.exit_code, COULD_NOT_JUDGE)


def _judge(options: argparse.Namespace) -> Report:
    from .api import check

    return check(
        options.target,
        options.architecture,
        kwargs=options.kw,
        input=options.input,
        only=tuple(options.only),
        level=options.level,
        evidence=options.evidence,
        recipe=options.recipe,
        seed=options.seed,
        timeout=options.timeout,
    )


def _judge_family(options: argparse.Namespace) -> Report:
    from .family import check_family

    keyword, means = options.family
    return check_family(
        options.target, keyword, means=means, kwargs=options.kw, seed=options.seed, timeout=options.timeout
    )


def _identify(options: argparse.Namespace) -> int:
    spec = load_spec()
    _check_output()
    with _sheltered():
        from .api import identification_report

        report: Report = identification_report(
            options.target, kwargs=options.kw, input=options.input, timeout=options.timeout
        )

    def view(console: Console) -> None:
        terminal.render_identification(report, spec, console, lang=options.lang)

    _deliver(report.to_json() if options.format == "json" else view)
    return NEAR_NONE if report.identified.architecture is None else 0


def _show(options: argparse.Namespace) -> int:
    architecture = find_architecture(load_spec(), options.architecture)
    _deliver(lambda console: show(architecture, console))
    return 0


def _list(options: argparse.Namespace) -> int:
    spec = load_spec()
    if options.format == "json":
        _deliver(list_data(options.kind, spec))
    else:
        _deliver(lambda console: list_table(options.kind, spec, console, options.lang))
    return 0


def _explain(options: argparse.Namespace) -> int:
    spec = load_spec()
    _deliver(lambda console: explain(options.name, spec, console, options.lang))
    return 0


def _transplant(options: argparse.Namespace) -> int:
    try:
        with _sheltered():
            done = transplant(
                options.source,
                options.weights,
                options.destination,
                options.output,
                source_kwargs=options.source_kw,
                destination_kwargs=options.destination_kw,
                input=options.input,
                force=options.force,
                timeout=options.timeout,
            )
    except NetworksDiffer as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return NETWORKS_DIFFER
    _emit(f"{options.output}: {done.text}\n")
    return 0


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "identify": _identify,
    "show": _show,
    "list": _list,
    "explain": _explain,
    "transplant": _transplant,
}


@contextmanager
def _sheltered() -> Iterator[None]:
    """A stranger's code runs: its modules are found, its output is lost, and it ends when the time is over."""
    before = clock.backstop
    clock.backstop = lambda seconds, message: hard_stop(seconds, f"{PROGRAM}: {message}")
    try:
        with _importable_folder(), standard_output_kept():
            yield
    finally:
        clock.backstop = before


@contextmanager
def _importable_folder() -> Iterator[None]:
    """The current folder comes first in the search for modules, as under `python -m`."""
    before = list(sys.path)
    sys.path.insert(0, str(Path.cwd()))
    try:
        yield
    finally:
        sys.path[:] = before


# --- what goes out ---

View = Callable[[Console], None]


def _check_output(path: Path | None = None) -> None:
    """Refuse a place that cannot be written before the time for judging is spent. Raises OutputError."""
    if path is not None:
        check_writable(path)
    else:
        _standard_output()


def _standard_output() -> TextIO:
    if sys.stdout is None or sys.stdout.closed:
        raise OutputError("cannot write to standard output: it is closed; redirect it to a file instead")
    return sys.stdout


def _deliver(content: View | Mapping[str, Any] | list[Any], path: Path | None = None) -> None:
    """Data as JSON, or what a view prints, to file or standard output; all is made before a byte goes out."""
    if path is not None:
        write_atomically(path, _on_paper(content) if callable(content) else json_report.dump(content))
    elif callable(content):
        _emit(_on_screen(content))
    else:
        _emit(json_report.dump(content, ascii_only=not _encoding().startswith("utf")))


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


def _encoding() -> str:
    return (_standard_output().encoding or "utf-8").lower()


def _emit(text: str) -> None:
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
