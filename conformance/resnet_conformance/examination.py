"""Every clause against one case: structure first, then what experiments show (DESIGN.md section 4).

A clause may be examined by several kinds of evidence. It fails where one of them fails; where it passes, the finding
names the strongest.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from .accounting import account
from .capture.problems import CaptureError
from .clauses import CHECKS, EXPERIMENTS, Case, Check, Result
from .clauses.backbones import excuse
from .findings import Finding
from .spec import Clause, Spec

EVIDENCE = ("structure", "behaviour", "statistics", "training", "equivalence")  # in the order of examination
STRENGTH = ("none", "structure", "training", "statistics", "behaviour", "equivalence")
RECIPES = ("TI", "TC")  # chapters that speak of a training recipe
ONE_SIZE = {"HD-05", "HD-07"}  # who breaks these may still compute the blueprint's values at the size at which it runs
PIECES = ("BLK", "SC", "V2")  # chapters whose behaviour is that of single blocks, cut out of the network
NO_RECIPE = "No training recipe was given (--recipe)."
NO_CHECK = "No check examines this clause."


def examine(
    case: Case, spec: Spec, only: Sequence[str] = (), among: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """One finding by structure for each clause of the spec (that matches `only`), in the spec's order.

    `among` are the clauses that are asked at all: to those of a part, what others find is no matter.
    """
    clauses = [clause for clause in spec.clauses.values() if among is None or clause.id in among]
    findings = account(case, [_by_structure(case, clause) for clause in clauses])
    return attribute([f for f in findings if is_chosen(f, only)], spec)


def is_chosen(finding: Finding, only: Sequence[str]) -> bool:
    """Does the clause match one of these patterns? Without patterns every clause does."""
    return not only or any(fnmatch.fnmatchcase(finding.clause.lower(), pattern.lower()) for pattern in only)


def experiment(
    case: Case,
    spec: Spec,
    findings: Iterable[Finding],
    evidence: Sequence[str] = EVIDENCE,
    levels: Sequence[str] = ("MUST", "SHOULD", "MAY"),
    known: Mapping[str, Finding] | None = None,
    only: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """The findings of `examine`, with what experiments of these kinds say of clauses of these levels that match `only`.

    A clause that fails by structure, or does not apply, is not examined further. Equivalence is asked where no MUST
    failed before, but for those on other input sizes: a network that differs in structure cannot compute the
    blueprint's values. `known` are findings of
    the same candidate against another architecture: what an experiment found there need not be found again.
    """
    from . import experiments  # noqa: F401 - enters the experiments into their register

    found = {f.clause: f for f in findings}
    # what a structure that was not read leaves open stays open, whatever else speaks for the network
    unread = {f.clause for f in findings if case.unread and (f.outcome, f.evidence) == ("not-examined", "structure")}
    for kind in (k for k in EVIDENCE if k in evidence and k in EXPERIMENTS):
        case = replace(case, failures=tuple(f for f in found.values() if f.outcome == "fail"))
        broken = case.broken
        for clause, check in EXPERIMENTS[kind].items():
            if clause not in found or found[clause].outcome in ("fail", "not-applicable"):
                continue
            if found[clause].level not in levels or not is_chosen(found[clause], only):
                continue
            if kind == "behaviour" and set(broken) - ONE_SIZE and spec.clauses[clause].chapter in PIECES:
                continue  # the pieces that would be run are not the paper's, and a clause has said so
            if kind == "behaviour" and case.unread and spec.clauses[clause].chapter in (*PIECES, "HD"):
                continue  # which pieces they are was not read
            seen = (known or {}).get(clause)
            if seen is not None and seen.evidence == kind != "equivalence":
                result = Result(
                    seen.outcome, seen.message, seen.expected, seen.found, seen.where, seen.deviation, seen.repro
                )
            elif kind == "equivalence" and set(broken) - ONE_SIZE:
                listed = ", ".join(broken[:4]) + (", ..." if len(broken) > 4 else "")
                result = Result(
                    "not-examined", f"The networks differ already ({listed}), so that their values do, too."
                )
            else:
                result = _run(check, case, clause, kind)
            if clause not in unread or result.outcome == "fail":
                found[clause] = merge(found[clause], result, kind)
    return attribute(tuple(_without_check(f, spec) for f in found.values()), spec)


def _without_check(finding: Finding, spec: Spec) -> Finding:
    """The finding; where the spec names evidence that no check rests on, it says so. The registers must be complete."""
    silent = finding.outcome == "not-examined" and finding.evidence == "none"
    if silent and spec.clauses[finding.clause].evidence and not _is_checked(finding.clause):
        return replace(finding, message=NO_CHECK)
    return finding


def _is_checked(clause: str) -> bool:
    return clause in CHECKS or any(clause in register for register in EXPERIMENTS.values())


def merge(finding: Finding, result: Result, evidence: str) -> Finding:
    """A finding with the result of one more kind of evidence."""
    silent = finding.evidence == "none" or finding.outcome == "not-examined"
    if result.outcome == "fail" or silent:
        return _with(finding, result, evidence)
    if result.outcome == "pass" and finding.outcome == "pass":
        strongest = max(finding.evidence, evidence, key=STRENGTH.index)
        return replace(
            finding,
            evidence=strongest,
            found=finding.found or result.found,
            message=finding.message or result.message,
        )
    return finding


def attribute(findings: Sequence[Finding], spec: Spec) -> tuple[Finding, ...]:
    """Give a failure without a name another finding's deviation, where the spec says that it explains the clause."""
    shown = list(dict.fromkeys(f.deviation for f in findings if f.outcome == "fail" and f.deviation in spec.deviations))
    named = []
    for finding in findings:
        deviation = finding.deviation if finding.deviation in spec.deviations else None
        if finding.outcome == "fail" and deviation is None:
            deviation = next((d for d in shown if d and finding.clause in spec.deviations[d].explains), None)
        named.append(replace(finding, deviation=deviation if finding.outcome == "fail" else None))
    return tuple(named)


def _by_structure(case: Case, clause: Clause) -> Finding:
    architecture, evidence = case.architecture, "none"
    result: Result
    if not clause.applies_to(architecture):
        successor = architecture.replaces.get(clause.id)
        reason = (
            f"{architecture.name} replaces it by {successor}."
            if successor
            else f"It does not speak of {architecture.name}."
        )
        result = Result("not-applicable", reason)
    elif reason := excuse(case, clause.id):
        result = Result("not-applicable", reason)
    elif case.recipe is None and clause.evidence and (clause.chapter in RECIPES or "training" in clause.evidence):
        result = Result("not-applicable", NO_RECIPE)
    elif clause.id in CHECKS:
        evidence = "structure"
        result = _run(CHECKS[clause.id], case, clause.id, evidence)
    elif later := [kind for kind in clause.evidence if kind != "structure"]:  # the experiments may not be loaded yet
        result = Result("not-examined", f"It is examined by {' and '.join(later)}, which was not asked for.")
    else:
        result = Result("not-examined", (clause.not_examined or {}).get("en", NO_CHECK))
    blank = Finding(clause.id, clause.level_for(architecture), "not-examined", citation="; ".join(clause.cite))
    return _with(blank, result, evidence)


def _with(finding: Finding, result: Result, evidence: str) -> Finding:
    """The finding with what a check says, and no more of what it said before."""
    return replace(
        finding,
        outcome=result.outcome,
        evidence=evidence,
        where=_places(result),
        expected=result.expected,
        found=result.found,
        message=result.message,
        deviation=result.deviation,
        repro=result.repro,
    )


def _run(check: Check, case: Case, clause: str, evidence: str) -> Result:
    """The check's result; what it cannot run is not examined, and a bug of ours is no fault of the candidate."""
    try:
        return check(case)
    except CaptureError as error:
        return Result("not-examined", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except Exception as error:  # noqa: BLE001
        if type(error).__name__ == "CannotRun":  # of operations.py, which imports torch
            return Result("not-examined", f"It cannot be run: {error}.")
        message = f"The check itself failed ({type(error).__name__}: {error}); this is a bug of resnet-conformance."
        return Result("not-examined", message)


def _places(result: Result) -> tuple[str, ...]:
    return tuple(dict.fromkeys(w for w in result.where if w))
