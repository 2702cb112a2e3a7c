"""What the report on a network of the corpus must say, and what of that it does not."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_conformance.findings import Finding, Report
from resnet_conformance.spec import load_spec

from .corpus import Mutant

# They speak of no single network, or of its training.
NO_CHECK = {clause.id for clause in load_spec().clauses.values() if not clause.evidence}


def shortcomings(mutant: Mutant, report: Report) -> list[str]:
    """Of a complete report on a wrong network: exactly its clauses fail, and its own say what is wrong, and where."""
    failed = {f.clause: f for f in report.findings if f.outcome == "fail"}
    found = [
        f"{clause} fails: {failed[clause].message} {failed[clause].found}" for clause in failed.keys() - mutant.fails
    ]
    found += [f"{clause} does not fail" for clause in mutant.fails - failed.keys()]
    found += [fault for clause in mutant.own if clause in failed for fault in unsaid(mutant, failed[clause])]
    found += [f"{f.clause} is not among what {f.deviation} explains" for f in failed.values() if not _is_listed(f)]
    first = failed.get(next(iter(mutant.own)))
    if first is not None and mutant.where not in " ".join(first.where):
        found.append(f"{first.clause} points at {first.where}")
    verdict = "violates" if any(f.level == "MUST" for f in failed.values()) else "conforms"
    if report.verdict != verdict:
        found.append(f"the verdict is {report.verdict}")
    return found + [f.message for f in report.findings if "bug of resnet-conformance" in f.message]


def _is_listed(finding: Finding) -> bool:
    """What a check itself calls a failure, the spec must know that deviation to explain."""
    known = load_spec().deviations.get(finding.deviation or "")
    return known is None or finding.clause in known.explains


def unsaid(mutant: Mutant, finding: Finding) -> Iterator[str]:
    """What one of a wrong network's own findings does not say, or says otherwise."""
    clause, fragment = finding.clause, mutant.own[finding.clause]
    if fragment not in f"{finding.message} {finding.found}":
        yield f"{clause} says: {finding.message} {finding.found}"
    if finding.evidence != mutant.evidence_of(clause):
        yield f"{clause} fails by {finding.evidence}"
    if not (finding.message and finding.expected and finding.found):
        yield f"{clause} says too little"
    explained = load_spec().deviations[mutant.deviation].explains if mutant.deviation else ()
    if finding.deviation != (mutant.deviation if clause in explained else None):
        yield f"{clause} is explained by {finding.deviation}"


def alarms(report: Report) -> list[str]:
    """Of a complete report on a right network: nothing fails, nothing is left open, no deviation is named."""
    found = [f"{f.clause}: {f.message} expected {f.expected!r}, found {f.found!r}" for f in report.failed()]
    open_ = [f for f in report.findings if f.outcome == "not-examined" and f.clause not in NO_CHECK]
    found += [f"{f.clause} is not examined: {f.message}" for f in open_]
    if report.verdict != "conforms":
        found.append(f"the verdict is {report.verdict}")
    return found + [f"it is said to have {deviation}" for deviation in report.identified.deviations]
