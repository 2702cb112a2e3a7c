"""Several reports together: one line for each target, and in full those that need a look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import terminal
from .json_report import SEVERAL
from .page import Page
from .text import clean

if TYPE_CHECKING:
    from rich.console import Console

    from resnet_conformance.findings import Report
    from resnet_conformance.spec import Spec

HEAD = ("target", "against", "verdict", "declared")


def to_json(reports: Sequence[Report]) -> dict[str, Any]:
    """Plain data: each of `reports` after the schema of one report."""
    return {"schema": SEVERAL, "reports": [report.to_json() for report in reports]}


def render(reports: Sequence[Report], spec: Spec, console: Console, verbose: bool = False, lang: str = "en") -> None:
    """Print the reports that violate, got no verdict or have a stale declaration (`verbose`: all), then a table."""
    page = Page(console)
    for report in reports:
        if verbose or report.exit_code:
            terminal.render(report, spec, console, verbose=verbose, lang=lang)
            page.gap()
    page.table(HEAD, [_row(report) for report in reports])


def _row(report: Report) -> tuple[str, ...]:
    keywords = ", ".join(f"{key}={value!r}" for key, value in report.target.kwargs.items())
    target = report.target.address + (f" ({keywords})" if keywords else "")
    told = (one for one in report.declared if one.covers or one.stale)
    declared = ", ".join(one.id + (" (stale)" if one.stale else "") for one in told)
    asked = ", ".join(report.summary.get("only", ()))
    verdict = f"keeps {asked}" if asked and report.verdict == "conforms" else report.verdict
    return clean(target), report.architecture or "-", clean(verdict), declared
