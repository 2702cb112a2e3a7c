"""A Report or an Identification where it is looked at: printed, by rich, or in a notebook, as the terminal shows it."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ..findings import Identification, Report, Shown
from ..spec import load_spec
from . import identity, terminal

# The colours are those of the theme that rich exports with: they hold on a light background.
HTML = '<pre style="font-family:monospace;white-space:pre-wrap;line-height:1.3;margin:0">{code}</pre>'
WIDTH = 100


def _render(shown: Shown, console: Console) -> None:
    if isinstance(shown, Report):
        terminal.render(shown, load_spec(), console)
    elif isinstance(shown, Identification):
        identity.render(shown, load_spec(), console)


def plain(shown: Shown) -> str:
    """Plain text of 80 columns, without a newline at its end."""
    paper = io.StringIO()
    _render(shown, Console(file=paper, width=80, color_system=None, markup=False, emoji=False))
    return paper.getvalue().rstrip("\n")


def lines(shown: Shown, console: Console) -> Iterator[Text]:
    """The same in its styles and the console's width."""
    recorder = Console(
        file=io.StringIO(), width=console.width, color_system="standard", force_terminal=True, markup=False, emoji=False
    )
    _render(shown, recorder)
    paper: io.StringIO = recorder.file  # type: ignore[assignment]
    yield Text.from_ansi(paper.getvalue().rstrip("\n"), overflow="fold")


def html(shown: Shown) -> str:
    """One <pre> element; what it quotes of foreign code is escaped."""
    recorder = Console(record=True, file=io.StringIO(), width=WIDTH, color_system="standard", force_terminal=True)
    _render(shown, recorder)
    return recorder.export_html(code_format=HTML, inline_styles=True)
