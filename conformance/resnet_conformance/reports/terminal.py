"""The Report for a person: the verdict, what the network is, then each broken rule.

The failure print follows h2spec's: what the clause demands, Expected, Actual.
"""

from __future__ import annotations

from rich.console import Console

from resnet_conformance.findings import Finding, Report
from resnet_conformance.spec import Spec

from .network import describe_network
from .page import Page
from .text import clean, some

VERDICTS = {
    "conforms": ("conforms to", "bold green"),
    "deviates": ("deviates, as declared, from", "bold yellow"),
    "violates": ("violates", "bold red"),
    "not-examined": ("got no verdict against", "bold yellow"),
}
PLACES = 4  # module paths shown of one finding
GROUNDS = 6  # clauses named in the first line


def render(report: Report, spec: Spec, console: Console, verbose: bool = False, lang: str = "en") -> None:
    """Print the whole report. `verbose` names every module and clause; `lang` is that of the clauses' texts."""
    page = Page(console)
    _head(page, report, spec)
    # Against the same architecture, the broken clauses below are the reasons, in full.
    same = report.identified.architecture in (None, report.architecture)
    _identity(page, report, spec, lang, () if same else report.identified.reasons)
    explained: set[str] = set()
    for finding in report.failed("MUST"):
        page.gap()
        _broken(page, finding, report, spec, verbose, lang, explained)
    if shoulds := [f for f in report.failed() if f.level != "MUST"]:
        page.gap()
        counted = report.verdict == "violates" and not report.failed("MUST")
        effect = "they decide the verdict here" if counted else "the verdict does not change"
        page.line(("SHOULD", "bold"), (f" rules that do not hold ({effect})", ""))
        for finding in shoulds:
            page.gap()
            _broken(page, finding, report, spec, verbose, lang, explained)
    _declared(page, report, spec, lang)
    _notes(page, report, verbose)
    _unexamined(page, report)
    _counts(page, report, verbose)


def render_identification(report: Report, spec: Spec, console: Console, lang: str = "en") -> None:
    """Print only what the network is."""
    page = Page(console)
    page.line((clean(report.target.address), "bold"))
    _identity(page, report, spec, lang, report.identified.reasons)


def _head(page: Page, report: Report, spec: Spec) -> None:
    """The first line: target, verdict, against what, and the clauses that make it so."""
    verb, style = VERDICTS[report.verdict]
    judged = report.architecture or report.identified.architecture
    known = spec.architectures.get(judged or "")
    # Said of every variant, named by the caller or found: conforming to one is not conforming to the paper.
    note = (
        f", a variant of {known.base} and not the paper's network"
        if known is not None and known.variant
        else ""
    )
    page.paragraph(
        f"{report.target.address} {verb} {judged or 'any architecture'}{note}{_grounds(report)}", style
    )


def _grounds(report: Report) -> str:
    """The clauses that decide: those broken, or those that a verdict would need."""
    if report.verdict == "violates":
        return f" ({some(tuple(f.clause for f in report.failed('MUST') or report.failed()), GROUNDS)})"
    missing = tuple(f.clause for f in report.findings if f.outcome == "not-examined" and f.level == "MUST")
    return (
        f" (not examined: {some(missing, GROUNDS)})" if report.verdict == "not-examined" and missing else ""
    )


def _identity(page: Page, report: Report, spec: Spec, lang: str, reasons: tuple[str, ...]) -> None:
    """What the network is, by name and in figures."""
    identified = report.identified
    known = spec.architectures.get(identified.architecture or "")
    title = f": {known.title}" if known is not None else ""
    variant = ", a variant that is in no paper" if known is not None and known.variant else ""
    if identified.architecture is None:
        page.paragraph("It is near no architecture that the spec knows.", indent=2)
    elif identified.exact:
        page.paragraph(f"It is exactly {identified.architecture}{title}{variant}.", indent=2)
    else:
        end = ":" if reasons else "."
        page.paragraph(
            f"Nearest is {identified.architecture}{title}{variant}. It is not exactly that{end}", indent=2
        )
    for reason in reasons:
        page.paragraph(reason, indent=4, label="-", label_style="")
    for name in identified.deviations:
        page.paragraph(_deviation_title(name, spec, lang), indent=2, label="Known difference:")
    if text := describe_network(report.summary):
        page.paragraph(text, indent=2, label="Found:")


def _broken(
    page: Page, finding: Finding, report: Report, spec: Spec, verbose: bool, lang: str, explained: set[str]
) -> None:
    """One rule that does not hold. A deviation is told in full the first time, then by its id."""
    style = "bold red" if finding.level == "MUST" else "bold yellow"
    clause = spec.clauses.get(finding.clause)
    page.line((f"{finding.clause} {finding.level}", style), indent=2)
    page.fields(
        [
            ("Demands:", clause.statement.get(lang, clause.statement["en"]) if clause else ""),
            ("Expected:", finding.expected),
            ("Actual:", finding.found),
            ("", finding.message),
            ("Where:", some(finding.where, len(finding.where) if verbose else PLACES)),
            ("Cited:", finding.citation),
        ],
        indent=4,
    )
    if name := _explanation(finding, report, spec):
        page.paragraph(
            name if name in explained else _deviation_title(name, spec, lang), indent=4, label="Explained by:"
        )
        known = spec.deviations.get(name)
        if known is not None and name not in explained:
            page.line((known.seen_in[0]["link"], ""), indent=18)
        explained.add(name)
    if finding.repro:
        page.line(("Reproduce: ", "bold"), (clean(finding.repro), ""), indent=4)


def _explanation(finding: Finding, report: Report, spec: Spec) -> str | None:
    """The named deviation behind a failure: the finding's own, or one that was identified and explains it."""
    if finding.deviation:
        return finding.deviation
    seen = (spec.deviations.get(name) for name in report.identified.deviations)
    return next((d.id for d in seen if d is not None and finding.clause in d.explains), None)


def _deviation_title(name: str, spec: Spec, lang: str) -> str:
    known = spec.deviations.get(name)
    return f"{name} - {known.title.get(lang, known.title['en'])}" if known else name


def _declared(page: Page, report: Report, spec: Spec, lang: str) -> None:
    """Failures that the caller declared."""
    declared = [f for f in report.findings if f.outcome == "expected"]
    if declared:
        page.gap()
        page.line(("Declared deviations, found as declared", "bold"))
    for f in declared:
        text = f.found or f.message
        name = f" [{_deviation_title(f.deviation, spec, lang)}]" if f.deviation else ""
        page.paragraph(f"{text}{name}", indent=2, label=f"{f.clause} {f.level}:")


def _notes(page: Page, report: Report, verbose: bool) -> None:
    """Which admitted choices were found; `verbose`: what every passed clause has to say."""
    notes = [
        f for f in report.findings if f.outcome == "pass" and f.message and (verbose or f.level == "MAY")
    ]
    if notes:
        page.gap()
        page.line(("Notes" if verbose else "Found, and admitted by the papers", "bold"))
    for f in notes:
        page.paragraph(f.message, indent=2, label=f"{f.clause} {f.level}:")


def _unexamined(page: Page, report: Report) -> None:
    """What was not examined, clauses of one reason together: a gap must be seen."""
    reasons: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.outcome == "not-examined":
            reasons.setdefault(finding.message or "no reason given", []).append(finding)
    if reasons:
        page.gap()
        page.line(("Not examined", "bold"), (" (neither passed nor failed)", ""))
    for reason, findings in reasons.items():
        page.paragraph(
            f"{', '.join(f.clause for f in findings)}: {reason}", indent=2, label="-", label_style=""
        )


def _counts(page: Page, report: Report, verbose: bool) -> None:
    """How much holds and how much does not concern this network; `verbose` names clauses, and what judged."""
    passed = [f.clause for f in report.findings if f.outcome == "pass"]
    foreign = [f.clause for f in report.findings if f.outcome == "not-applicable"]
    page.gap()
    if verbose:
        circumstances = {**report.tool, **report.environment}
        rows = [
            ("Passed:", ", ".join(passed)),
            ("Not applicable:", ", ".join(foreign)),
            (
                "Judged with:",
                ", ".join(f"{key} {value}" for key, value in circumstances.items() if value is not None),
            ),
            ("Capture:", "; ".join(map(str, report.summary.get("notes", ())))),
            ("Seconds:", ", ".join(f"{key} {value:.2f}" for key, value in report.seconds.items())),
        ]
        page.fields(rows)
    rules = "clause" if len(passed) == 1 else "clauses"
    page.line((f"{len(passed)} {rules} passed, {len(foreign)} not applicable.", ""))
