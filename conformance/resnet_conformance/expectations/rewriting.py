"""`--update-expectations`: the file as it should be, every line that a person wrote to stay as it is.

Entries that no longer occur go, failures that are not declared come in, each with a reason that a person has to give.
Only whole lines of the entries themselves change: comments, order, quotes and line ends stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..findings import Finding, Report
from ..reports.output import write_atomically
from . import TODO, ExpectationError
from .reading import read_file

NEW = "# Where this network differs from the paper on purpose, and why (resnet-conformance).\nexpected: []\n"


@dataclass(frozen=True, slots=True)
class Update:
    """What was changed: ids that were removed and added, and stale ones that a person has to look at."""

    removed: tuple[str, ...]
    added: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def words(self) -> str:
        """One line for each change, for people."""
        lines = [f"removed {name}: it no longer occurs" for name in self.removed]
        lines += [f"added {name}: write the reason in place of {TODO}" for name in self.added]
        lines += [f"kept {name}: its clause fails, but says another thing; look at its message" for name in self.left]
        return "\n".join(lines) or "nothing to change"


def update(path: Path, report: Report, level: str | None = None) -> Update:
    """Bring the file in line with a report of a whole run, made with these expectations; a missing file is made.

    Written at once or not at all. Raises ExpectationError for a file that cannot be rewritten, OutputError.
    """
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else NEW
    ids = [entry["id"] for entry in read_file(path).value["expected"]] if path.exists() else []
    left = [one.id for one in report.stale if _still_fails(report, one.id)]
    removed = [one.id for one in report.stale if one.id not in left and one.id in ids]
    taken = {*ids} - {*removed}
    bound = ("MUST", "SHOULD") if level == "should" else ("MUST",)
    failed = [f for f in report.failed() if f.level in bound]
    added = [entry for entry in _entries(failed) if entry[0] not in taken]
    changed = _rewrite(path, text, removed, added)
    if changed != text or not path.exists():
        write_atomically(path, changed)
    return Update(tuple(removed), tuple(name for name, _ in added), tuple(left))


def _still_fails(report: Report, name: str) -> bool:
    return any(name in (f.clause, f.deviation) for f in report.failed())


def _entries(failed: Iterable[Finding]) -> list[tuple[str, list[str]]]:
    """Ids to declare, each with the clauses that it covers: the named deviation where there is one."""
    entries: dict[str, list[str]] = {}
    for finding in failed:
        entries.setdefault(finding.deviation or finding.clause, []).append(finding.clause)
    return list(entries.items())


def _rewrite(path: Path, text: str, removed: list[str], added: list[tuple[str, list[str]]]) -> str:
    """The text without some entries and with others behind the last; checked by reading it again."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    key, listed = next((k, v) for k, v in root.value if k.value == "expected")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    if listed.flow_style and (listed.value or root.flow_style):
        raise ExpectationError(
            f"{path}:{listed.start_mark.line + 1}:{listed.start_mark.column + 1}: the entries stand in [brackets];"
            " write each below the other behind a dash, and this file can be rewritten"
        )
    spans = [_span(item, lines) for item in listed.value]
    names = [_id(item) for item in listed.value]
    indent = _indent(lines[spans[0][0]]) if spans else key.start_mark.column + 2
    gone = {
        line for (start, stop), name in zip(spans, names, strict=True) if name in removed for line in range(start, stop)
    }
    place = spans[-1][1] if spans else key.end_mark.line + 1
    fresh = [line for name, clauses in added for line in _lines(name, clauses, " " * indent)]
    stays = len(spans) > len([name for name in names if name in removed]) or bool(fresh)
    at = key.start_mark.line
    lines[at] = _head(lines[at], key.end_mark.column, stays)
    kept = [line for number, line in enumerate(lines[:place]) if number not in gone]
    return end.join([*kept, *fresh, *lines[place:]]) + end


def _head(line: str, column: int, stays: bool) -> str:
    """The line `expected:` before a list, or `expected: []` before none; its comment stays."""
    comment = line[line.index("#", column) :] if "#" in line[column:] else ""
    return f"{line[:column]}:{'' if stays else ' []'}{'  ' if comment else ''}{comment}"


def _id(item: Any) -> str:
    return next(str(value.value) for name, value in item.value if name.value == "id")


def _span(item: Any, lines: list[str]) -> tuple[int, int]:
    """First and last-but-one line (from 0) of an entry, its dash included; comments behind it are not its own."""
    start = item.start_mark.line
    while "-" not in lines[start][: item.start_mark.column if start == item.start_mark.line else None]:
        start -= 1  # the dash stands on a line of its own
    last = max(value.end_mark.line - (value.end_mark.column == 0) for _, value in item.value)
    while last > start and (not lines[last].strip() or lines[last].lstrip().startswith("#")):
        last -= 1
    return start, last + 1


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _lines(name: str, clauses: list[str], indent: str) -> list[str]:
    covers = f"  # {', '.join(clauses)}" if clauses != [name] else ""
    return [f"{indent}- id: {name}{covers}", f'{indent}  reason: "{TODO}"']
