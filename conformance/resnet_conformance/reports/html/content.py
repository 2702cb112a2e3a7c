"""What the page says of one report, as plain values for the template."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..diagram.blocks import describe, draw_pair
from ..diagram.pairs import Row, pair_rows
from ..family import HEAD, family_rows
from ..headline import explanation, headline
from ..network import describe_network
from ..part import describe_part
from ..text import clean

if TYPE_CHECKING:
    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

OUTCOMES = ("fail", "expected", "not-examined", "pass", "not-applicable")
LEVELS = ("MUST", "SHOULD", "MAY")


def describe_report(report: Report, spec: Spec, number: int) -> dict[str, Any]:
    """Everything that the template asks of one report. `number` makes its anchors."""
    rows = pair_rows(report)
    known = spec.architectures.get(report.identified.architecture or "")
    summary = report.summary
    keywords = ", ".join(f"{key}={value!r}" for key, value in report.target.kwargs.items())
    return {
        "number": number,
        "report": report,
        "name": clean(report.target.address),
        "keywords": clean(keywords),
        "headline": clean(headline(report, spec)),
        "nearest": known,
        "deviations": [spec.deviations[d] for d in report.identified.deviations if d in spec.deviations],
        "reasons": [] if report.identified.exact else [clean(r) for r in report.identified.reasons],
        "found": clean(describe_part(summary) if "part" in summary else describe_network(summary)),
        "file": [clean(str(text)) for text in summary.get("file", ())],
        "problem": clean(str(summary.get("problem", ""))),
        "stale": [clean(one.stale_words) for one in report.stale],
        "rows": [_picture(row) for row in rows],
        "stages": _stages(rows, report),
        "figures": _figures(report, spec),
        "family": {"head": HEAD, "rows": family_rows(summary["family"])} if "family" in summary else None,
        "clauses": [_clause(f, report, spec) for f in _sorted(report)],
        "counts": {outcome: sum(f.outcome == outcome for f in report.findings) for outcome in OUTCOMES},
        "about": {key: value for key, value in {**report.tool, **report.environment}.items() if value is not None},
    }


def _sorted(report: Report) -> list[Finding]:
    """What needs a look first; else in the spec's order."""
    order = {key: place for place, key in enumerate(itertools.product(OUTCOMES[:2], LEVELS))}
    return sorted(report.findings, key=lambda f: order.get((f.outcome, f.level), len(order)))


def _picture(row: Row) -> dict[str, Any]:
    blueprint, found = draw_pair(row.blueprint, row.found)
    return {
        "row": row,
        "blueprint": blueprint,
        "found": found,
        "spoken": {"blueprint": describe(row.blueprint), "found": describe(row.found)},
        "sizes": {side: _size(entry) for side, entry in (("blueprint", row.blueprint), ("found", row.found))},
        "places": clean(", ".join(row.where[:3]) + (", \N{HORIZONTAL ELLIPSIS}" if len(row.where) > 3 else "")),
    }


def _size(entry: Mapping[str, Any] | None) -> str:
    return "\N{MULTIPLICATION SIGN}".join(map(str, entry["output"])) if entry else ""


def _stages(rows: tuple[Row, ...], report: Report) -> list[dict[str, Any]]:
    """Stem, stages, head and total, each side's figures, and the share of the work for a bar."""
    if not rows:
        return []
    sides = {side: report.drawing[side] for side in ("blueprint", "found")}
    names = list(dict.fromkeys(row.group for row in rows))
    most = max((_part(side, name) or {}).get("multiply_adds", 0) for side in sides.values() for name in names) or 1
    table = []
    for name in names:
        states = [row.state for row in rows if row.group == name]
        parts = {side: _part(drawn, name) for side, drawn in sides.items()}
        table.append(
            {
                "name": name,
                "state": next((state for state in ("missing", "extra", "fail", "expected") if state in states), "same"),
                "sides": {side: _stage(part) for side, part in parts.items()},
                "bars": {
                    side: round(100 * (part or {}).get("multiply_adds", 0) / most, 1) for side, part in parts.items()
                },
            }
        )
    return table


def _part(drawn: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    if name in ("stem", "head"):
        section: Mapping[str, Any] = drawn[name]
        return section
    return next((stage for stage in drawn["stages"] if stage["name"] == name), None)


def _stage(part: Mapping[str, Any] | None) -> dict[str, str] | None:
    if part is None:
        return None
    blocks = sum(len(entry["names"]) for entry in part.get("blocks", ()))
    return {
        "output": "\N{MULTIPLICATION SIGN}".join(map(str, part["output"])),
        "blocks": str(blocks) if blocks else "",
        "parameters": f"{part['parameters']:,}",
        "multiply_adds": f"{part['multiply_adds']:,}",
    }


def _figures(report: Report, spec: Spec) -> list[dict[str, str]]:
    """Depth, parameters and multiply-adds of both sides, and what the paper prints."""
    if not report.drawing:
        return []
    blueprint, found = report.drawing["blueprint"], report.drawing["found"]
    known = spec.architectures.get(report.architecture or "")
    printed: dict[str, str] = {}
    for one in known.printed if known else ():
        unit = {1e6: "million", 1e9: "billion"}.get(one.unit, f"x {one.unit:g}")
        printed.setdefault(one.quantity, f"{one.value:.{one.digits}f} {unit} ({'; '.join(one.cite)})")
    return [
        {
            "key": key.replace("_", "-"),
            "blueprint": f"{blueprint[key]:,}",
            "found": f"{found[key]:,}",
            "difference": f"{found[key] - blueprint[key]:+,}" if found[key] != blueprint[key] else "",
            "printed": printed.get(key, ""),
        }
        for key in ("depth", "parameters", "multiply_adds")
    ]


def _clause(finding: Finding, report: Report, spec: Spec) -> dict[str, Any]:
    clause = spec.clauses.get(finding.clause)
    failed = finding.outcome in ("fail", "expected")
    name = explanation(finding, report, spec) if failed else None
    return {
        "finding": finding,
        "clause": clause,
        "chapter": spec.chapters[clause.chapter].title if clause else None,
        "where": [clean(place) for place in finding.where],
        "cites": list(_cites(finding.citation, spec)),
        "deviation": spec.deviations.get(name or ""),
        "declared": [one for one in report.declared if finding.clause in one.covers],
        "search": clean(" ".join([finding.clause, finding.message, finding.found, *finding.where])).lower(),
    }


def _cites(citation: str, spec: Spec) -> Iterator[dict[str, str]]:
    """Each citation with the source that its first word names."""
    for text in filter(None, citation.split("; ")):
        source = spec.sources.get(text.split(" ")[0])
        link = source.link if source is not None else ""
        yield {"text": clean(text), "title": source.title if source else "", "link": web_link(link or "")}


def web_link(address: str) -> str:
    """The address where it is one of the web, else ""."""
    return address if address.startswith(("https://", "http://")) else ""
