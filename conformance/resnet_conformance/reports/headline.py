"""What every view says of a report: its first sentence, and the named deviation behind a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verdicts import undecided
from .family import name_family
from .network import lacks_text
from .part import name_part
from .text import clean, some

if TYPE_CHECKING:
    from resnet_conformance.architecture import Architecture
    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

VERBS = {
    "conforms": "conforms to",
    "deviates": "deviates, as declared, from",
    "violates": "violates",
    "not-examined": "got no verdict against",
}
GROUNDS = 6  # clauses named


def headline(report: Report, spec: Spec) -> str:
    """Target, verdict, against what, and the clauses that make it so, in one sentence."""
    verb = VERBS[report.verdict]
    judged = report.architecture or report.identified.architecture
    if judged is None and "family" in report.summary:
        judged = name_family(report.summary["family"])
    about = report.summary.get("part")
    known = spec.architectures.get(judged or "")
    # Said of every variant, asked for or found: to conform to one is not to conform to the paper.
    note = f", {another(known)} and not the paper's network" if known and known.variant else ""
    lacks = lacks_text(report.summary)
    note += f" as far as it goes: {lacks}" if lacks and report.verdict == "conforms" else ""
    asked = ", ".join(map(clean, report.summary.get("only", ())))
    if asked and report.verdict == "conforms":
        verb = "keeps what was asked of"
    rest = f"; {lacks}" if lacks and report.verdict != "conforms" else ""
    rest += f"; no clause but {asked} was looked at" if asked else ""
    target = name_part(report) if about else report.target.address
    judged = f"the paper's {report.summary['title']}" if about else judged
    return f"{target} {verb} {judged or 'any architecture'}{note}{grounds(report, spec)}{rest}"


def another(variant: Architecture) -> str:
    """What a network is that He et al. do not have: a variant, or another paper's."""
    return f"the network of {variant.paper}" if variant.paper else f"a variant of {variant.base}"


def grounds(report: Report, spec: Spec) -> str:
    """The clauses that decide: those broken, or those that a verdict would need; in brackets, "" where none does."""
    if report.verdict == "violates":
        broken = report.failed("MUST") or report.failed()
        return f" ({some(tuple(f.clause for f in broken), GROUNDS)})"
    if "problem" in report.summary:
        return f" (not examined: {report.summary['problem']})"
    missing = tuple(f.clause for f in undecided(report.findings, spec))
    if report.verdict == "not-examined" and missing:
        return f" (not examined: {some(missing, GROUNDS)})"
    return ""


def explanation(finding: Finding, report: Report, spec: Spec) -> str | None:
    """The named deviation behind a failure: the finding's own, or an identified one that explains it."""
    if finding.deviation:
        return finding.deviation
    seen = (spec.deviations.get(name) for name in report.identified.deviations)
    return next((d.id for d in seen if d is not None and finding.clause in d.explains), None)


def decides(finding: Finding, report: Report) -> bool:
    """Does this failure make the verdict? A SHOULD does where no MUST fails and the network violates all the same."""
    if finding.outcome != "fail":
        return False
    return finding.level == "MUST" or (
        finding.level == "SHOULD" and report.verdict == "violates" and not report.failed("MUST")
    )


def concerns(finding: Finding, report: Report, spec: Spec) -> bool:
    """Does the clause speak of what was judged? False where its scope says that it does not."""
    known, clause = spec.architectures.get(report.architecture or ""), spec.clauses.get(finding.clause)
    return finding.outcome != "not-applicable" or known is None or clause is None or clause.applies_to(known)
