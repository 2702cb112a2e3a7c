"""The network as found beside the blueprint, block by block, and the findings that name each block.

A block is marked by what the judge said of it, not by how it looks: a finding names it in `where`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .blocks import UNDRAWN

if TYPE_CHECKING:
    from resnet_conformance.findings import Finding, Report

Entry = Mapping[str, Any]  # "section" or "blocks" of report.schema.json
DRAWN = ("before", "residual", "shortcut", "join", "after", "output")
SECTIONS = {"stem": "STEM-", "head": "HD-"}  # whose chapters speak of them
NAMES = re.compile(r"[^\s(),;]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the diagram: a section, or alike blocks that follow each other, on both sides.

    `blueprint` or `found` is None where that side has no such block. `marks` are the findings that name it; `differs`
    says that both sides are drawn differently.
    """

    name: str
    count: int
    blueprint: Entry | None
    found: Entry | None
    where: tuple[str, ...] = ()
    marks: tuple[Finding, ...] = ()
    differs: bool = False
    group: str = ""  # the stage that it stands in

    @property
    def state(self) -> str:
        """ "missing" (not found), "extra" (not in the blueprint), or for a block of both sides "fail", "expected"
        (declared), "differs" (no finding names it), "same".
        """
        if (self.found is None) != (self.blueprint is None):
            return "missing" if self.found is None else "extra"
        if any(f.outcome == "fail" for f in self.marks):
            return "fail"
        if self.marks:
            return "expected"
        return "differs" if self.differs else "same"


def pair_rows(report: Report) -> tuple[Row, ...]:
    """The lines of the diagram from the input to the output; () where the report holds no drawing."""
    if not report.drawing:
        return ()
    found, blueprint = report.drawing["found"], report.drawing["blueprint"]
    told = [f for f in report.findings if f.outcome in ("fail", "expected")]
    stages = itertools.zip_longest(blueprint["stages"], found["stages"])
    blocks = [row for left, right in stages for row in _merged(_pair_stage(left, right, told))]
    return (_section("stem", blueprint, found, told), *blocks, _section("head", blueprint, found, told))


def _section(key: str, blueprint: Entry, found: Entry, told: Sequence[Finding]) -> Row:
    marks = tuple(f for f in told if f.clause.startswith(SECTIONS[key]))
    left, right = (side[key] if side[key]["layers"] else None for side in (blueprint, found))
    differs = _visible(left or {}) != _visible(right or {})
    return Row(key, 1, left, right, marks=marks, differs=differs, group=key)


def _pair_stage(left: Entry | None, right: Entry | None, told: Sequence[Finding]) -> Iterator[Row]:
    group = (left or right or {})["name"]
    for mine, theirs in itertools.zip_longest(_each(left), _each(right)):
        name = (mine or theirs or ("", "", {}))[0]
        entries = (mine[2] if mine else None, theirs[2] if theirs else None)
        marks = tuple(f for f in told if theirs and names_block(f, *theirs[:2]))
        differs = _visible(entries[0] or {}) != _visible(entries[1] or {})
        yield Row(name, 1, *entries, (theirs[1],) if theirs else (), marks, differs, group)


def _each(stage: Entry | None) -> Iterator[tuple[str, str, Entry]]:
    """Name, module path and drawing of each single block."""
    for entry in (stage or {"blocks": ()})["blocks"]:
        yield from ((name, where, entry) for name, where in zip(entry["names"], entry["where"], strict=True))


def names_block(finding: Finding, name: str, where: str) -> bool:
    """Does the finding's `where` name this block, or something in it, by the paper's name or the module's path?"""
    paths = [path for path in (name, where) if path]
    tokens = [token for text in finding.where for token in NAMES.findall(text)]
    named = any(token == path or token.startswith(f"{path}.") for token in tokens for path in paths)
    return named or any(" " in path and path in text for path in paths for text in finding.where)


def _merged(rows: Iterator[Row]) -> Iterator[Row]:
    """Alike blocks that follow each other as one line."""

    def key(row: Row) -> tuple[Any, ...]:
        clauses = tuple(f.clause for f in row.marks)
        return (row.blueprint and _visible(row.blueprint), row.found and _visible(row.found), clauses)

    for _, alike in itertools.groupby(rows, key):
        first, *rest = alike
        last = rest[-1].name if rest else first.name
        name = first.name if not rest else f"{first.name} \N{EN DASH} {last}"
        places = tuple(where for row in (first, *rest) for where in row.where)
        yield Row(
            *(name, 1 + len(rest), first.blueprint, first.found),
            *(places, first.marks, first.differs, first.group),
        )


def _visible(entry: Entry) -> dict[str, Any]:
    """What of an entry a picture shows."""
    keys = DRAWN if "residual" in entry else ("layers", "output")
    return {key: _seen(entry[key]) if isinstance(entry.get(key), list) else entry.get(key) for key in keys}


def _seen(layers: list[Any]) -> list[Any]:
    return [layer for layer in layers if layer not in UNDRAWN]
