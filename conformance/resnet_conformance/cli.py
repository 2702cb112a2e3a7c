"""The command line (DESIGN.md, section 5): what each verb of `arguments.py` does.

Exit codes: 0 conforms or deviates as declared, 1 violates, 2 could not judge (usage, target, spec, output),
130 interrupted. A problem is one message on standard error; standard output then stays empty, and no file is
written. Only `check`, `identify`, `transplant` and `kata check` import torch.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from rich.console import Console

from . import outside
from .arguments import build_parser, settle_format
from .catalog import find_architecture, list_data, list_table, refuse_architecture
from .checking import run_check
from .completion import completion
from .delivery import check_output, deliver, deliver_reports, emit
from .explain import explain
from .kata.verbs import run_kata
from .outside import Problem, Request
from .problems import PROGRAM, explain_error
from .reports import terminal
from .reports.json_report import read_reports
from .show import show
from .spec import load_spec

NEAR_NONE = NETWORKS_DIFFER = 1
COULD_NOT_JUDGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, return its exit code. Raises SystemExit as argparse does: help, version, bad usage."""
    options = build_parser().parse_args(arguments)
    settle_format(options)
    try:
        return VERBS[options.verb](options)
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Problem as problem:
        if getattr(options, "debug", False) and problem.trace:
            sys.stderr.write(problem.trace)
        else:
            print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return COULD_NOT_JUDGE
    except Exception as error:  # noqa: BLE001 - a bug, too, must end in one message and code 2
        if getattr(options, "debug", False):
            traceback.print_exc()
        else:
            print(f"{PROGRAM}: {explain_error(error)}", file=sys.stderr)
        return COULD_NOT_JUDGE


# --- verbs ---


def _check(options: argparse.Namespace) -> int:
    return run_check(options, load_spec())


def _identify(options: argparse.Namespace) -> int:
    spec = load_spec()
    refuse_architecture(spec, options.target)
    check_output()
    request = Request("identification_report", (options.target,), {"kwargs": options.kw, "input": options.input})
    report = outside.ask_report(request, options.timeout, show_errors=hasattr(options, "debug"))
    report = replace(report, target=replace(report.target, kwargs=options.kw))

    def view(console: Console) -> None:
        terminal.render_identification(report, spec, console, lang=options.lang)

    deliver(report.to_json() if options.format == "json" else view)
    return NEAR_NONE if report.identified.architecture is None else 0


def _view(options: argparse.Namespace) -> int:
    check_output(options.output)
    reports = read_reports(options.report)
    alone = len(reports) == 1
    deliver_reports(reports, load_spec(), options.format, options.output, options.verbose, options.lang, alone)
    return 0


def _draw(options: argparse.Namespace) -> int:
    spec = load_spec()
    if options.architecture is not None:
        find_architecture(spec, options.architecture)
    check_output(options.output)
    asked = {"architecture": options.architecture, "kwargs": options.kw, "input": options.input, "seed": 0}
    request = Request("check", (options.target,), {**asked, "evidence": ("structure",)})
    report = outside.ask_report(request, options.timeout, show_errors=hasattr(options, "debug"))
    report = replace(report, target=replace(report.target, kwargs=options.kw))
    deliver_reports([report], spec, "svg", options.output, lang=options.lang)
    return 0


def _show(options: argparse.Namespace) -> int:
    spec = load_spec()
    architecture = find_architecture(spec, options.architecture)
    if architecture.variant:
        from .own_blueprint import refuse_unreplaced

        refuse_unreplaced(architecture, spec)
    deliver(lambda console: show(architecture, console))
    return 0


def _list(options: argparse.Namespace) -> int:
    spec = load_spec()
    if options.format == "json":
        deliver(list_data(options.kind, spec))
    else:
        deliver(lambda console: list_table(options.kind, spec, console, options.lang))
    return 0


def _explain(options: argparse.Namespace) -> int:
    spec = load_spec()
    deliver(lambda console: explain(options.name, spec, console, options.lang))
    return 0


def _completion(options: argparse.Namespace) -> int:
    emit(completion(build_parser(), options.shell))
    return 0


def _transplant(options: argparse.Namespace) -> int:
    request = Request(
        "transplant",
        (options.source, options.weights, options.destination, options.output),
        {
            "source_kwargs": options.source_kw,
            "destination_kwargs": options.destination_kw,
            "input": options.input,
            "force": options.force,
        },
    )
    try:
        text = outside.ask_text(request, options.timeout, show_errors=hasattr(options, "debug"))
    except Problem as problem:
        if not problem.differ:
            raise
        print(f"{PROGRAM}: {problem}", file=sys.stderr)
        return NETWORKS_DIFFER
    emit(f"{options.output}: {text}\n")
    return 0


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "identify": _identify,
    "view": _view,
    "draw": _draw,
    "show": _show,
    "list": _list,
    "explain": _explain,
    "transplant": _transplant,
    "completion": _completion,
    "kata": run_kata,
}
