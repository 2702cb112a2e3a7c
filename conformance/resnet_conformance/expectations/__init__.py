"""Declared deviations: where a network differs from the paper on purpose (DESIGN.md, section 4).

Strict in both directions: what is not declared fails, and what is declared and does not occur is stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..findings import OTHER_WORDS, Declared, Finding
from ..spec import Spec, suggest

TODO = "TODO"  # the reason of an entry that the program wrote: a person has to give one


class ExpectationError(ValueError):
    """A declaration cannot be read; the message says which, where it stands and what to do."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """One declaration. `id` is a clause's or a named deviation's, `message` words that the finding must hold, `place`
    where it was written ("expectations.yaml:3:5", or empty).
    """

    id: str
    reason: str
    link: str = ""
    message: str = ""
    place: str = ""


def check_expectations(expectations: Sequence[Expectation], spec: Spec, drafts: bool = False) -> None:
    """Raise ExpectationError for an unknown id (with the nearest), one that stands twice, or (without `drafts`) one
    whose reason is still to be given.
    """
    first: dict[str, Expectation] = {}
    for one in expectations:
        at = f"{one.place}: " if one.place else ""
        known = {*spec.clauses, *spec.deviations}
        if one.id not in known:
            raise ExpectationError(
                f"{at}unknown clause or deviation {one.id!r}{suggest(one.id, known)};"
                " 'resnet-conformance list clauses' and 'list deviations' name all"
            )
        if one.id in first:
            earlier = f", first at {first[one.id].place}" if first[one.id].place else ""
            raise ExpectationError(f"{at}{one.id} is declared twice{earlier}; remove one")
        if not drafts and is_draft(one.reason):
            raise ExpectationError(
                f"{at}{one.id} is declared without a reason ({one.reason!r} is none): say why the network differs"
            )
        if one.id in spec.deviations and not spec.deviations[one.id].explains:
            raise ExpectationError(f"{at}{one.id} is admitted and breaks no clause: remove the declaration")
        first[one.id] = one


def is_draft(reason: str) -> bool:
    """Has a person still to write the reason?"""
    return reason.strip().rstrip(".:").upper() in ("", TODO)


def hold(
    findings: Sequence[Finding], expectations: Sequence[Expectation], spec: Spec, complete: bool = True
) -> tuple[tuple[Finding, ...], tuple[Declared, ...]]:
    """The findings with declared failures as "expected", and what became of each declaration.

    A clause's id covers its failure; a deviation's id those failures that it is the name of. In a run that is not
    `complete` (other evidence or clauses were left out) nothing is stale: what is missing may not have been seen.
    """
    covered: dict[str, Expectation] = {}
    outcomes = []
    for one in expectations:
        mine = [f for f in _failures(findings, one) if one.message in _words(f)]
        covered.update((f.clause, one) for f in mine)
        stale = _stale(findings, one, spec) if complete and not mine else ""
        outcomes.append(Declared(one.id, one.reason, one.link, one.place, tuple(f.clause for f in mine), stale))
    held = tuple(replace(f, outcome="expected") if f.clause in covered else f for f in findings)
    return held, tuple(outcomes)


def _failures(findings: Iterable[Finding], one: Expectation) -> list[Finding]:
    return [f for f in findings if f.outcome == "fail" and one.id in (f.clause, f.deviation)]


def _words(finding: Finding) -> str:
    return f"{finding.message}\n{finding.expected}\n{finding.found}"


def _stale(findings: Sequence[Finding], one: Expectation, spec: Spec) -> str:
    """Why a declaration that covers nothing is out of date; empty where its clauses could not be examined."""
    if broken := _failures(findings, one):
        named = ", ".join(f.clause for f in broken)
        return f"it fails {OTHER_WORDS} {one.message!r} ({named}: {broken[0].message.rstrip('.')})"
    if one.id in spec.clauses:
        finding = next((f for f in findings if f.clause == one.id), None)
        if finding is None or finding.outcome == "not-examined" or _unasked(finding):
            return ""
        return "it holds" if finding.outcome == "pass" else f"it is not applicable: {finding.message}"
    clauses = spec.deviations[one.id].explains
    mine = [f for f in findings if f.clause in clauses]
    if not any(f.outcome in ("pass", "fail") for f in mine) and any(
        f.outcome == "not-examined" or _unasked(f) for f in mine
    ):
        return ""
    others = [f.clause for f in mine if f.outcome == "fail"]
    return "it was not found" + (f" ({', '.join(others)} fails for another reason)" if others else "")


def _unasked(finding: Finding) -> bool:
    """Is the clause out of account because nobody gave a training recipe?"""
    return finding.outcome == "not-applicable" and finding.evidence == "none" and "--recipe" in finding.message


def from_mapping(declared: Mapping[str, object], place: str = "") -> tuple[Expectation, ...]:
    """Declarations as {id: reason} or {id: {"reason": ..., "link": ..., "message": ...}}. Raises ExpectationError."""
    found = []
    for name, value in declared.items():
        entry = {"reason": value} if isinstance(value, str) else value
        keys = ("reason", "link", "message")
        if not isinstance(entry, Mapping) or not set(entry) <= set(keys) or "reason" not in entry:
            at = f"{place}: " if place else ""
            raise ExpectationError(f"{at}{name}: give the reason as text, or reason, link and message; not {value!r}")
        if wrong := [key for key in entry if not isinstance(entry[key], str)]:
            raise ExpectationError(
                f"{f'{place}: ' if place else ''}{name}: {wrong[0]} is text, not {entry[wrong[0]]!r}"
            )
        found.append(Expectation(str(name), **{key: entry[key] for key in keys if key in entry}, place=place))
    return tuple(found)
