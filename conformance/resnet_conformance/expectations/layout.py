"""An expectations file as lines: where each entry stands, and the text with some entries out and others in.

Only lines of the entries change, and the brackets of an empty list; each other line stays with its own line end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import accumulate
from typing import Any

import yaml

from ..spec.yamlmarks import LOADER

_BREAK = "\r\n\x85\u2028\u2029"  # what ends a line for YAML, and so in its marks
_LINE = re.compile(f"[^{_BREAK}]*(?:\r\n|[{_BREAK}])|[^{_BREAK}]+")
_BRACKETS = re.compile(r"\s*\[\s*\]")

Span = tuple[int, int]  # first line (from 0), and the one behind the last


class LayoutError(Exception):
    """The entries stand so that no whole lines can be taken out or put in; `line` and `column` from 1."""

    def __init__(self, message: str, mark: Any) -> None:
        """At a mark of PyYAML's."""
        super().__init__(message)
        self.line, self.column = mark.line + 1, mark.column + 1


def rewrite(text: str, root: Any, removed: Collection[int], added: Sequence[Sequence[str]]) -> str:
    """The text without the entries of these indices and with others, each given as its lines, behind the last.

    `root` is the text's mapping with the one key `expected`, as PyYAML composed it. The caller reads the result again:
    what looks right line by line may be none of YAML. Raises LayoutError.
    """
    ((key, listed),) = root.value
    lines = _LINE.findall(text)
    starts = [0, *accumulate(len(line) for line in lines)]
    if listed.flow_style and (listed.value or root.flow_style):
        raise LayoutError("the entries stand in [brackets], not below each other behind dashes", listed.start_mark)
    spans = _spans(text, listed, lines)
    colon = text.index(":", key.end_mark.index) + 1
    edits = [(starts[spans[index][0]], starts[spans[index][1]], "") for index in removed]
    if spans and len(removed) == len(spans) and not added:
        edits.append((colon, colon, " []"))
    if added:
        if not spans:
            edits.append((colon, _behind_brackets(text, colon, listed), ""))
        place = spans[-1][1] if spans else listed.end_mark.line + 1
        indent = lines[spans[0][0]].partition("-")[0] if spans else " " * (key.start_mark.column + 2)
        end = _line_end(lines[place - 1]) or _line_end(lines[0]) or "\n"
        fresh = "".join(f"{indent}{line}{end}" for entry in added for line in entry)
        torn = not _line_end(lines[place - 1]) and len(spans) - 1 not in removed  # the file's last line has no end
        edits.append((starts[place], starts[place], (end if torn else "") + fresh))
    for start, stop, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[stop:]
    return text


def _line_end(line: str) -> str:
    """How the line ends; empty where it has none that an editor would write."""
    return line[len(line.rstrip("\r\n")) :]


def _behind_brackets(text: str, colon: int, listed: Any) -> int:
    """Where the brackets of an empty list end. Raises LayoutError where more than they would go with them."""
    stop: int = listed.end_mark.index
    if not _BRACKETS.fullmatch(text, colon, stop):
        raise LayoutError("a comment or a mark stands before the brackets or in them", listed.start_mark)
    return stop


def _spans(text: str, listed: Any, lines: list[str]) -> list[Span]:
    """The lines of each entry, its dash included; comments behind it are not its own. Raises LayoutError."""
    # The values of an entry are text, so every dash of the file that opens an entry of a list opens one of this.
    dashes = [t.start_mark for t in yaml.scan(text, Loader=LOADER) if isinstance(t, yaml.BlockEntryToken)]
    if dashes and lines[dashes[0].line][: dashes[0].column].strip():
        raise LayoutError("the first entry stands in the line of its list's name", dashes[0])
    return [(dash.line, _stop(item, lines)) for dash, item in zip(dashes, listed.value, strict=True)]


def _stop(item: Any, lines: list[str]) -> int:
    """The line behind an entry's last."""
    if item.flow_style:
        return int(item.end_mark.line) + 1
    # A block's mapping ends where the next thing begins; its last value where it ends itself.
    value = max((value for _, value in item.value), key=lambda value: value.end_mark.index)
    stop: int = value.end_mark.line + (value.end_mark.column > 0)
    # A text behind | or > ends with the blank lines below it, which are part of it only where it keeps them (|+).
    if value.style in ("|", ">") and not value.value.endswith("\n\n"):
        while not lines[stop - 1].strip():
            stop -= 1
    return stop
