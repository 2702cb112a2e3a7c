"""`--update-expectations`: the file as it should be, every line that a person wrote to stay as it is.

Entries that no longer occur go, failures that are not declared come in, each with a reason that a person has to give.
Only whole lines of the entries themselves change (layout.py): comments, order, quotes and line ends stay. What came out
is read again before it is written, and where it does not say what it should, a person is told what to edit.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..findings import Finding, Report
from ..reports.output import OutputError, write_atomically
from ..spec.yamlmarks import Marked
from . import TODO, ExpectationError
from .layout import LayoutError, rewrite
from .reading import read_file

NEW = "# Where this network differs from the paper on purpose, and why (resnet-conformance).\nexpected:"
LAYOUT = "the entries cannot be rewritten line by line as they stand"

Entry = tuple[str, list[str]]  # the id to declare, and the clauses that it covers


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
        if self.removed or self.added:
            lines.append("the report is from before that: run again for one that knows it")
        return "\n".join(lines) or "nothing to change"


def update(path: Path, report: Report, level: str | None = None) -> Update:
    """Bring the file in line with a report of a whole run, made with these expectations; a missing file is made.

    Written at once or not at all. Raises ExpectationError for a file that cannot be read, or cannot be rewritten (with
    what to edit by hand), OutputError.
    """
    marked = read_file(path) if path.exists() else None
    ids = [entry["id"] for entry in marked.value["expected"]] if marked else []
    left = [one.id for one in report.stale if _still_fails(report, one.id)]
    removed = [one.id for one in report.stale if one.id not in left and one.id in ids]
    taken = {*ids} - {*removed}
    bound = ("MUST", "SHOULD") if level == "should" else ("MUST",)
    failed = [f for f in report.failed() if f.level in bound]
    added = [entry for entry in _entries(failed) if entry[0] not in taken]
    if marked is None:
        lines = [NEW, *(f"  {line}" for entry in added for line in _lines(*entry))]
        write_atomically(path, "\n".join(lines) + ("\n" if added else " []\n"))
    elif removed or added:
        write_atomically(path, _changed(path, marked, removed, added))
    return Update(tuple(removed), tuple(name for name, _ in added), tuple(left))


def _still_fails(report: Report, name: str) -> bool:
    return any(name in (f.clause, f.deviation) for f in report.failed())


def _entries(failed: Iterable[Finding]) -> list[Entry]:
    """Ids to declare, each with the clauses that it covers: the named deviation where there is one."""
    entries: dict[str, list[str]] = {}
    for finding in failed:
        entries.setdefault(finding.deviation or finding.clause, []).append(finding.clause)
    return list(entries.items())


def _lines(name: str, clauses: list[str]) -> list[str]:
    covers = f"  # {', '.join(clauses)}" if clauses != [name] else ""
    return [f"- id: {name}{covers}", f'  reason: "{TODO}"']


def _changed(path: Path, marked: Marked, removed: Sequence[str], added: Sequence[Entry]) -> str:
    """The file's text without some entries and with others, proven by reading it. Raises ExpectationError."""
    data = path.read_bytes()
    mark = "\ufeff" if data.startswith(codecs.BOM_UTF8) else ""
    entries = marked.value["expected"]
    places = {entry["id"]: index for index, entry in enumerate(entries)}
    wanted = [entry for entry in entries if entry["id"] not in removed]
    wanted += [{"id": name, "reason": TODO} for name, _ in added]
    try:
        text = rewrite(
            data.decode("utf-8-sig"), marked.root, [places[name] for name in removed], [_lines(*one) for one in added]
        )
    except LayoutError as error:
        raise _by_hand(marked, removed, added, str(error), (error.line, error.column)) from None
    if _read_again(mark + text) != wanted:
        at = marked.at(("expected", places[removed[0]], "id") if removed else ("expected",))
        raise _by_hand(marked, removed, added, LAYOUT, at)
    return mark + text


def _read_again(text: str) -> list[dict[str, Any]] | None:
    """The entries that a file of this text has, read as any other file; None where it is wrong. Raises OutputError."""
    try:
        with TemporaryDirectory() as folder:
            again = Path(folder, "again.yaml")
            again.write_bytes(text.encode())
            entries: list[dict[str, Any]] = read_file(again).value["expected"]
            return entries
    except ExpectationError:
        return None
    except OSError as error:
        raise OutputError(f"cannot write a temporary file, to prove what is to be written: {error}") from error


def _by_hand(
    marked: Marked, removed: Sequence[str], added: Sequence[Entry], why: str, at: tuple[int, int]
) -> ExpectationError:
    """What a person has to do in the place of the program."""
    places = {
        entry["id"]: "{}:{}:{}".format(marked.file, *marked.at(("expected", index, "id")))
        for index, entry in enumerate(marked.value["expected"])
    }
    todo = [f"remove {name} ({places[name]})" for name in removed]
    todo += [f"add {', '.join(name for name, _ in added)}, each with its reason"] if added else []
    line, column = at
    return ExpectationError(
        f"{marked.file}:{line}:{column}: {why}, so the file stays as it is; by hand: {', '.join(todo)}"
    )
