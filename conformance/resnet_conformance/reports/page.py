"""A page for a terminal: labelled paragraphs with hanging indents, and tables; plain on a plain stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from .text import encodable, pad, wrap

WIDEST = 100  # longer lines are hard to read, however wide the terminal


class Page:
    """Writes to a rich Console line by line. `indent` is in cells; `style` one of rich's, e.g. "bold red"."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.width = min(console.width, WIDEST)

    def line(self, *parts: tuple[str, str], indent: int = 0) -> None:
        """One line of (text, style) parts, as it is: neither wrapped nor cut."""
        styled = [(self._plain(text), style) for text, style in parts]
        text = Text.assemble((" " * indent, ""), *styled)
        text.rstrip()
        self._console.print(text, soft_wrap=True, highlight=False)

    def _plain(self, text: str) -> str:
        """Text in the stream's own letters, before it is measured: what stands for a letter may be longer."""
        return encodable(text, self._console.encoding)

    def gap(self) -> None:
        """An empty line."""
        self.line()

    def paragraph(
        self, text: str, style: str = "", indent: int = 0, label: str = "", label_style: str = "bold"
    ) -> None:
        """Wrapped text; after a label its lines hang below the first word."""
        start = indent + (cell_len(label) + 1 if label else 0)
        lines = wrap(self._plain(text), max(self.width - start, 20)) or [""]
        lead = (label + " ", label_style) if label else ("", "")
        self.line(lead, (lines[0], style), indent=indent)
        for line in lines[1:]:
            self.line((line, style), indent=start)

    def fields(self, rows: Iterable[tuple[str, str]], indent: int = 0) -> None:
        """Labels in one column, wrapped texts beside them; a row without text is left out."""
        shown = [(label, text) for label, text in rows if text]
        column = max((cell_len(label) for label, _ in shown), default=0)
        for label, text in shown:
            self.paragraph(text, indent=indent, label=pad(label, column))

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: int = 0
    ) -> None:
        """Columns as wide as their widest cell, nothing wrapped; those in `right` align to the right.

        Two spaces stand between them, or one where that makes it fit.
        """
        head, rows = (
            [self._plain(cell) for cell in head],
            [[self._plain(cell) for cell in row] for row in rows],
        )
        widths = [max(cell_len(row[i]) for row in (head, *rows)) for i in range(len(head))]
        gap = "  " if indent + sum(widths) + 2 * (len(widths) - 1) <= self.width else " "
        for row in (head, *rows):
            cells = []
            for i, cell in enumerate(row):
                filled = pad(cell, widths[i])
                cells.append(" " * (len(filled) - len(cell)) + cell if i in right else filled)
            self.line((gap.join(cells), "bold" if row is head else ""), indent=indent)
