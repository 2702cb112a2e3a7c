"""The pieces of Markdown that generated pages are made of; pure functions of text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

NOTE = '<!-- Written by "python -m docs.building --write": not to be edited by hand. -->'
OTHER = {"en": "[한국어](ko/{name}.md)", "ko": "[English](../{name}.md)"}


def opening(title: str, name: str, language: str) -> str:
    """A generated page's title, its link to the other language, and the note that it is generated."""
    return f"# {title}\n\n{OTHER[language].format(name=name)}\n\n{NOTE}\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> str:
    """A table; `right` are the columns (from 0) whose cells stand at the right. Raises ValueError for a ragged row."""
    lines = [_row(head), _row(["--:" if column in right else "---" for column in range(len(head))])]
    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"a row of {len(row)} cells below a head of {len(head)}: {row}")
        lines.append(_row([cell(text) for text in row]))
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def cell(text: str) -> str:
    """Text on one line, in which a bar ends no cell."""
    return " ".join(text.split()).replace("|", "\\|")


def anchor(heading: str) -> str:
    """What GitHub calls a heading in an address."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def root(language: str) -> str:
    """What leads from a page in that language to the root of the repository."""
    return "../" if language == "en" else "../../"
