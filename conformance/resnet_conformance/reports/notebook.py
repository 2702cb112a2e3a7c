"""A Report where it is looked at: printed, by rich, or in a notebook, always as the terminal shows it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ..spec import load_spec
from . import terminal

if TYPE_CHECKING:
    from ..findings import Report

# The colours are those of the theme that rich exports with: they hold on a light background.
HTML = '<pre style="font-family:monospace;white-space:pre-wrap;line-height:1.3;margin:0">{code}</pre>'
WIDTH = 100


def plain(report: Report) -> str:
    """Plain text of 80 columns, without a newline at its end."""
    paper = io.StringIO()
    terminal.render(report, load_spec(), Console(file=paper, width=80, color_system=None, markup=False, emoji=False))
    return paper.getvalue().rstrip("\n")


def lines(report: Report, console: Console) -> Iterator[Text]:
    """The report in its styles and the console's width."""
    recorder = Console(
        file=io.StringIO(), width=console.width, color_system="standard", force_terminal=True, markup=False, emoji=False
    )
    terminal.render(report, load_spec(), recorder)
    shown: io.StringIO = recorder.file  # type: ignore[assignment]
    yield Text.from_ansi(shown.getvalue().rstrip("\n"), overflow="fold")


def html(report: Report) -> str:
    """One <pre> element; what the report quotes of foreign code is escaped."""
    recorder = Console(record=True, file=io.StringIO(), width=WIDTH, color_system="standard", force_terminal=True)
    terminal.render(report, load_spec(), recorder)
    return recorder.export_html(code_format=HTML, inline_styles=True)
