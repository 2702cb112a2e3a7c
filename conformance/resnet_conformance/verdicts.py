"""The verdict that findings make, and what keeps it open (DESIGN.md section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .findings import Finding, Level, Verdict

if TYPE_CHECKING:
    from .spec import Spec

BINDING_EVIDENCE = frozenset(("structure", "behaviour", "equivalence"))


def conclude(findings: Sequence[Finding], spec: Spec, level: Level = "MUST") -> Verdict:
    """The verdict: broken, declared, complete or incomplete."""
    binding = {"MUST"} if level == "MUST" else {"MUST", "SHOULD"}
    bound = [f for f in findings if f.level in binding]
    if any(f.outcome == "fail" for f in bound):
        return "violates"
    if any(f.outcome == "expected" for f in bound):
        return "deviates"
    if undecided(findings, spec) or not any(f.outcome == "pass" for f in findings):
        return "not-examined"
    return "conforms"


def undecided(findings: Sequence[Finding], spec: Spec) -> tuple[Finding, ...]:
    """What was not examined and keeps a network, of which nothing else is wrong, from `conforms`.

    Each MUST that structure, behaviour or equivalence shows; initial weights and recipes never do. Where nothing passed
    either, whatever was not examined: one pass more would have been a verdict.
    """
    open_ = tuple(f for f in findings if f.outcome == "not-examined")
    needed = tuple(f for f in open_ if f.level == "MUST" and _binds(f, spec))
    return needed if needed or any(f.outcome == "pass" for f in findings) else open_


def _binds(finding: Finding, spec: Spec) -> bool:
    """Is it one of the kinds of evidence that a verdict needs? So is what a report of another spec speaks of."""
    clause = spec.clauses.get(finding.clause)
    return clause is None or not BINDING_EVIDENCE.isdisjoint(clause.evidence)
