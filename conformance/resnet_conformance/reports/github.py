"""Reports as annotations of a GitHub workflow: one command on each line, which the runner shows on the run's page.

`::error title=...::...` and its like, escaped as the runner reads them: a found name can end no command, begin none and
add no property. GitHub shows ten errors and ten warnings of a step: what is beyond stands in the last of them by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .headline import decides, explanation, headline
from .text import clean

if TYPE_CHECKING:
    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

SHOWN = 10  # annotations of each kind in one step
LEVELS = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One of them. `file`, `line` and `column` where it is known which file it speaks of."""

    level: str
    title: str
    message: str
    file: str = ""
    line: str = ""
    column: str = ""

    def command(self) -> str:
        """The workflow command."""
        keys = {"file": self.file, "line": self.line, "col": self.column, "title": self.title}
        properties = ",".join(f"{key}={escape_property(clean(value))}" for key, value in keys.items() if value)
        return f"::{self.level} {properties}::{escape_message(self.message)}"


def render(reports: Sequence[Report], spec: Spec, lang: str = "en") -> str:
    """The commands, errors first, and a line for each target; `lang` is that of the spec's texts."""
    found = [annotation for report in reports for annotation in annotate(report, spec, lang)]
    commands = []
    for level in LEVELS:
        commands += [one.command() for one in _bounded([one for one in found if one.level == level], len(reports) > 1)]
    return "".join(f"{line}\n" for line in [*commands, *(f"- {_plain(headline(r, spec))}" for r in reports)])


def annotate(report: Report, spec: Spec, lang: str = "en") -> Iterator[Annotation]:
    """What is worth a look: no verdict, stale declarations, broken rules, declared ones."""
    file = report.target.address.partition(".py:")[0] + ".py" if ".py:" in report.target.address else ""
    target = clean(report.target.address)
    if report.verdict == "not-examined":
        yield Annotation("error", f"{target}: no verdict", clean(headline(report, spec)), file)
    for one in report.stale:
        path, line, column = _place(one.place)
        yield Annotation("error", f"{one.id} is declared and not found", clean(one.stale_words), path, line, column)
    for finding in report.findings:
        if finding.outcome == "fail":
            level = "error" if decides(finding, report) else "warning"
            title = f"{finding.clause} {finding.level}: {target}"
            yield Annotation(level, title, _message(finding, report, spec, lang), file)
        elif finding.outcome == "expected":
            reason = "; ".join(one.reason for one in report.declared if finding.clause in one.covers)
            words = clean(finding.found or finding.message)
            yield Annotation("notice", f"{finding.clause} declared: {target}", f"{words} ({clean(reason)})", file)


def _message(finding: Finding, report: Report, spec: Spec, lang: str) -> str:
    """A failure in lines, short enough for the run's page."""
    clause = spec.clauses.get(finding.clause)
    rows = [
        ("", finding.message),
        ("Expected: ", finding.expected),
        ("Found: ", finding.found),
        ("Demands: ", clause.statement.get(lang, clause.statement["en"]) if clause else ""),
        ("Where: ", ", ".join(finding.where[:4]) + (", ..." if len(finding.where) > 4 else "")),
        ("Cited: ", finding.citation),
        ("Explained by: ", explanation(finding, report, spec) or ""),
        ("Reproduce: ", finding.repro or ""),
    ]
    return "\n".join(f"{label}{clean(text)}" for label, text in rows if text)


def _bounded(annotations: list[Annotation], several: bool) -> list[Annotation]:
    """At most as many as are shown; the last then says which are left out."""
    if len(annotations) <= SHOWN:
        return annotations
    kept, left = annotations[: SHOWN - 1], annotations[SHOWN - 1 :]
    names = [one.title if several else one.title.partition(":")[0] for one in left]
    more = Annotation(left[0].level, f"{len(left)} more", "; ".join(names) + " (all are in the step summary)")
    return [*kept, more]


def _place(place: str) -> tuple[str, str, str]:
    """ "a.yaml:2:9" -> file, line, column; "" where it is none of a file."""
    parts = place.rsplit(":", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return parts[0], parts[1], parts[2]
    return "", "", ""


def escape_message(text: str) -> str:
    """Text after the command's second "::", as the runner reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """A property's value, as the runner reads it back."""
    return escape_message(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """A line that is no command: the runner looks for ##[...] anywhere in it."""
    return clean(text).replace("##[", "## [")
