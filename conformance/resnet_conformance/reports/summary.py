"""Reports as Markdown, for the summary of a GitHub step: a table of targets, then what differs in each.

What is quoted of foreign code is escaped, so that it is shown as it is and makes no link, image, heading or cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .headline import concerns, decides, explanation, headline
from .network import describe_network
from .output import OutputError
from .text import clean

if TYPE_CHECKING:
    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

MARKS = {"conforms": "✅", "deviates": "☑️", "violates": "❌", "not-examined": "⚠️"}
# Signs of Markdown and of what GitHub makes of bare words (mentions, addresses), and what a line may begin with.
SPECIAL = re.compile(r"([\\`*_{}\[\]#!|~@]|(?<=:)/|(?<=www)\.|^[-+=]|(?<=^\d)[.)])")
LARGEST = 1_000_000  # bytes; GitHub refuses a summary of more than 1 MiB


def render(reports: Sequence[Report], spec: Spec, lang: str = "en") -> str:
    """GitHub's Markdown, ending with a newline; `lang` is that of the spec's texts."""
    lines = ["## resnet-conformance", "", "| target | against | verdict | passed | failed | declared | not examined |"]
    lines += ["|---|---|---|---:|---:|---:|---:|", *(_row(report, spec) for report in reports)]
    text = "\n".join(lines) + "\n"
    for report in reports:
        part = "\n".join(_target(report, spec, lang)) + "\n"
        if len((text + part).encode()) > LARGEST:
            return text + "\nThe rest is too long for a step summary: see the report in another format.\n"
        text += part
    return text


def append(path: Path, text: str) -> None:
    """Add to the file that GitHub names for the step. Raises OutputError."""
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        raise OutputError(f"cannot write the step summary {path}: {error.strerror or error}") from error


def _row(report: Report, spec: Spec) -> str:
    concerned = [f for f in report.findings if concerns(f, report, spec)]
    counts = [sum(f.outcome == o for f in concerned) for o in ("pass", "fail", "expected", "not-examined")]
    keywords = ", ".join(f"{key}={value!r}" for key, value in report.target.kwargs.items())
    target = escape(report.target.address + (f" ({keywords})" if keywords else ""))
    against = escape(report.architecture or report.summary.get("part", "") or "-")
    stale = ", stale declaration" if report.stale else ""
    verdict = f"{MARKS[report.verdict]} {report.verdict}{stale}"
    return f"| {target} | {against} | {verdict} | " + " | ".join(map(str, counts)) + " |"


def _target(report: Report, spec: Spec, lang: str) -> Iterator[str]:
    yield from ("", f"### {escape(report.target.address)}", "", escape(headline(report, spec)) + ".")
    if found := describe_network(report.summary):
        yield from ("", f"Found: {escape(found)}.")
    failed = sorted(report.failed(), key=lambda f: (f.level != "MUST", not decides(f, report)))
    for finding in failed:
        yield from _broken(finding, report, spec, lang)
    if report.stale:
        yield ""
        yield from (f"- ⚠️ {escape(one.stale_words)}" for one in report.stale)
    declared = [_declared(f, report) for f in report.findings if f.outcome == "expected"]
    yield from _list("Declared, found as declared", declared)
    open_ = [f for f in report.findings if f.outcome == "not-examined"]
    yield from _list("Not examined", [f"**{f.clause}** {f.level}: {escape(f.message)}" for f in open_])


def _broken(finding: Finding, report: Report, spec: Spec, lang: str) -> Iterator[str]:
    clause, name = spec.clauses.get(finding.clause), explanation(finding, report, spec)
    known = spec.deviations.get(name or "")
    link = known.seen_in[0]["link"] if known and known.seen_in else ""
    title = f"{name}: {known.title.get(lang, known.title['en'])}" if known else name or ""
    rows = [
        ("Demands", clause.statement.get(lang, clause.statement["en"]) if clause else ""),
        ("Expected", finding.expected),
        ("Found", finding.found),
        ("", finding.message),
        ("Where", ", ".join(finding.where)),
        ("Cited", finding.citation),
        ("Reproduce", finding.repro or ""),
    ]
    mark = "❌" if decides(finding, report) else "⚠️"
    yield from ("", f"#### {mark} {finding.clause} {finding.level}", "", "| | |", "|---|---|")
    yield from (f"| {label} | {escape(text)} |" for label, text in rows if text)
    if title:
        yield f"| Explained by | {escape(title)}{f' ([seen here](<{link}>))' if link else ''} |"


def _declared(finding: Finding, report: Report) -> str:
    reasons = "; ".join(one.reason for one in report.declared if finding.clause in one.covers)
    return f"**{finding.clause}** {finding.level}: {escape(finding.found or finding.message)} ({escape(reasons)})"


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield from ("", f"<details><summary>{title} ({len(items)})</summary>", "", *(f"- {item}" for item in items))
        yield from ("", "</details>")


def escape(text: str) -> str:
    """Text on one line that Markdown shows as it is, in a table as well."""
    marked = SPECIAL.sub(r"\\\1", clean(text))
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
