"""The Report for a person: the verdict, what the network is, then each broken rule.

The failure print follows h2spec's: what the clause demands, Expected, Actual.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .family import HEAD, family_rows
from .headline import explanation, headline
from .identity import sentence, titled
from .network import describe_network
from .page import Page
from .part import describe_part
from .text import clean, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

VERDICTS = {"conforms": "bold green", "deviates": "bold yellow", "violates": "bold red", "not-examined": "bold yellow"}
STYLES = {"MUST": "bold red", "SHOULD": "bold yellow", "MAY": "bold yellow"}
PLACES = 4  # module paths shown of one finding


def render(report: Report, spec: Spec, console: Console, verbose: bool = False, lang: str = "en") -> None:
    """Print the whole report. `verbose` names every module and clause; `lang` is that of the spec's texts."""
    view = _View(Page(console), report, spec, verbose, lang)
    view.head()
    if "problem" in report.summary:
        return
    if "family" in report.summary:
        view.family(report.summary["family"])
        view.broken()
        view.outside()
        view.unexamined()
        view.counts()
        return
    # Against the same architecture the broken clauses, further down, are the reasons in full.
    same = report.identified.architecture in (None, report.architecture) and "only" not in report.summary
    same = same and report.target.kind != "weights"
    view.identity(() if same else report.identified.reasons)
    view.broken()
    view.declared()
    view.stale()
    view.notes()
    view.unexamined()
    view.counts()


def render_identification(report: Report, spec: Spec, console: Console, lang: str = "en") -> None:
    """Print only what the network is."""
    view = _View(Page(console), report, spec, False, lang)
    view.page.line((clean(report.target.address), "bold"))
    view.identity(report.identified.reasons)


@dataclass(frozen=True, slots=True)
class _View:
    """One report on its way to one page. `told`: deviations told in full, which need only their id now."""

    page: Page
    report: Report
    spec: Spec
    verbose: bool
    lang: str
    told: set[str] = field(default_factory=set)

    def head(self) -> None:
        """The first line: target, verdict, against what, and the clauses that make it so."""
        self.page.paragraph(headline(self.report, self.spec), VERDICTS[self.report.verdict])

    def identity(self, reasons: Sequence[str]) -> None:
        """What the network is, by name and in figures; of a part, the figures alone."""
        if "part" in self.report.summary:
            self.page.paragraph(describe_part(self.report.summary), indent=2, label="Found:")
            return
        identified, lacks = self.report.identified, self.report.summary.get("lacks", "")
        text = sentence(identified, self.spec, lacks, bool(reasons), self.report.architecture or "")
        if self.report.target.kind == "weights" and identified.architecture is not None and not identified.exact:
            text, *reasons = reasons or [text]  # of shapes alone, which may well be exactly its own
        self.page.paragraph(text, indent=2)
        for reason in reasons:
            self.page.paragraph(reason, indent=4, label="-", label_style="")
        for deviation in identified.deviations:
            self.page.paragraph(self._titled(deviation), indent=2, label="Known difference:")
        if text := describe_network(self.report.summary):
            self.page.paragraph(text, indent=2, label="Found:")
        for text in self.report.summary.get("file", ()):
            self.page.paragraph(str(text), indent=2, label="File:")

    def family(self, family: Mapping[str, Any]) -> None:
        """The members that were looked at, and what a check of one alone would see."""
        *most, last = [finding.clause for finding in self.report.findings]
        text = f"Of a family only {', '.join(most)} and {last} are examined. All clauses, for one member:"
        self.page.paragraph(text, indent=2)
        self.page.line((clean(family["one_member"]), ""), indent=4)
        self.page.gap()
        self.page.table(HEAD, family_rows(family), right=(0, 2, 3, 4), indent=2)

    def outside(self) -> None:
        """Clauses that do not speak of this network, each with the reason."""
        for f in (f for f in self.report.findings if f.outcome == "not-applicable"):
            self.page.gap()
            self.page.paragraph(f.message, indent=2, label=f"{f.clause} is not applicable:")

    def broken(self) -> None:
        """Every rule that does not hold: the MUSTs, then, set apart, the rest."""
        for finding in self.report.failed("MUST"):
            self._broken(finding)
        others = [f for f in self.report.failed() if f.level != "MUST"]
        if others:
            decisive = self.report.verdict == "violates" and not self.report.failed("MUST")
            effect = "they decide the verdict here" if decisive else "the verdict does not change"
            self.page.gap()
            self.page.line(("SHOULD", "bold"), (f" rules that do not hold ({effect})", ""))
        for finding in others:
            self._broken(finding)

    def _broken(self, finding: Finding) -> None:
        """One rule that does not hold. A deviation is told in full the first time, then by its id."""
        clause = self.spec.clauses.get(finding.clause)
        shown = len(finding.where) if self.verbose else PLACES
        rows = [
            ("Demands:", self._text(clause.statement) if clause else ""),
            ("Expected:", finding.expected),
            ("Actual:", finding.found),
            ("", finding.message),
            ("Where:", some(finding.where, shown)),
            ("Cited:", finding.citation),
        ]
        self.page.gap()
        self.page.line((f"{finding.clause} {finding.level}", STYLES[finding.level]), indent=2)
        self.page.fields(rows, indent=4)
        if name := explanation(finding, self.report, self.spec):
            self._explain(name)
        if finding.repro:
            self.page.line(("Reproduce: ", "bold"), (clean(finding.repro), ""), indent=4)

    def _explain(self, name: str) -> None:
        known = None if name in self.told else self.spec.deviations.get(name)
        text = name if known is None else self._titled(name)
        self.page.paragraph(text, indent=4, label="Explained by:")
        if known is not None and known.seen_in:
            self.page.line((known.seen_in[0]["link"], ""), indent=18)
        self.told.add(name)

    def declared(self) -> None:
        """Failures that the caller declared, with the reason; under a declaration what it covers."""
        findings = {f.clause: f for f in self.report.findings if f.outcome == "expected"}
        if findings:
            self.page.gap()
            self.page.line(("Declared deviations, found as declared", "bold"))
        for one in (one for one in self.report.declared if one.covers):
            text = " ".join(filter(None, (one.reason, one.link)))
            self.page.paragraph(text, indent=2, label=f"{self._titled(one.id)}:")
            for f in (findings.pop(clause) for clause in one.covers if clause in findings):
                self.page.paragraph(f.found or f.message, indent=4, label=f"{f.clause} {f.level}:", label_style="")
        for f in findings.values():
            name = f" [{self._titled(f.deviation)}]" if f.deviation else ""
            self.page.paragraph(f"{f.found or f.message}{name}", indent=2, label=f"{f.clause} {f.level}:")

    def stale(self) -> None:
        """Declarations of what does not occur."""
        if self.report.stale:
            self.page.gap()
            self.page.line(("Declared, but not found", "bold red"), (" (a stale declaration is an error)", ""))
        for one in self.report.stale:
            self.page.paragraph(one.stale, indent=2, label=clean(f"{one.place or 'declared'}: {one.id}:"))

    def notes(self) -> None:
        """Which admitted choices were found; `verbose`: what every passed clause has to say."""
        passed = [f for f in self.report.findings if f.outcome == "pass" and f.message]
        notes = [f for f in passed if self.verbose or f.level == "MAY"]
        if notes:
            self.page.gap()
            self.page.line(("Notes" if self.verbose else "Found, and admitted by the papers", "bold"))
        for f in notes:
            self.page.paragraph(f.message, indent=2, label=f"{f.clause} {f.level}:")

    def unexamined(self) -> None:
        """What was not examined, clauses of one reason together: a gap must be seen."""
        reasons: dict[str, list[str]] = {}
        for finding in self.report.findings:
            if finding.outcome == "not-examined":
                reasons.setdefault(finding.message or "no reason given", []).append(finding.clause)
        if reasons:
            self.page.gap()
            self.page.line(("Not examined", "bold"), (" (neither passed nor failed)", ""))
        for reason, clauses in reasons.items():
            self.page.paragraph(f"{', '.join(clauses)}: {reason}", indent=2, label="-", label_style="")

    def counts(self) -> None:
        """How much holds and how much does not concern this network; `verbose`: by name, and what judged."""
        report = self.report
        passed = [f.clause for f in report.findings if f.outcome == "pass"]
        foreign = [f.clause for f in report.findings if f.outcome == "not-applicable"]
        self.page.gap()
        if self.verbose:
            versions = {**report.tool, **report.environment}
            rows = [
                ("Passed:", ", ".join(passed)),
                ("Not applicable:", ", ".join(foreign)),
                ("Judged with:", ", ".join(f"{k} {v}" for k, v in versions.items() if v is not None)),
                ("Capture:", "; ".join(map(str, report.summary.get("notes", ())))),
                ("Seconds:", ", ".join(f"{key} {value:.2f}" for key, value in report.seconds.items())),
            ]
            self.page.fields(rows)
        rules = "clause" if len(passed) == 1 else "clauses"
        self.page.line((f"{len(passed)} {rules} passed, {len(foreign)} not applicable.", ""))

    def _titled(self, deviation: str) -> str:
        return titled(deviation, self.spec, self.lang)

    def _text(self, words: Mapping[str, str]) -> str:
        return words.get(self.lang, words["en"])
