"""The wrong networks of tests/mutants held against a spec: what test_wrong.py asks of each must stay true.

By structure this takes milliseconds. What experiments show is worked out once for each network, under the spec as it is
but without any `explains`, so that only what a check itself has named has a name; a changed spec then gives the others
theirs. Where a changed spec does not apply a clause to a network, no experiment is asked about it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import replace
from functools import cache

from resnet_conformance.capture import capture_candidate
from resnet_conformance.clauses import Case
from resnet_conformance.examination import EVIDENCE, attribute, examine
from resnet_conformance.findings import Finding
from resnet_conformance.judge import Subject, build_case, prepare
from resnet_conformance.spec import Spec, load_spec
from resnet_conformance.trial import LEVELS, Trial

from ..mutants.corpus import CORPUS, Mutant
from ..mutants.test_wrong import MUTANTS
from .spec_references import limited


def what_is_wrong(spec: Spec, architectures: Collection[str], clauses: Collection[str] = ()) -> str | None:
    """The first wrong network of these architectures of which the spec says, by structure, what it should not.

    With `clauses`, only these have changed, so that only they are asked about.
    """
    for mutant in MUTANTS:
        if mutant.architecture not in architectures:
            continue
        if mutant.architecture not in spec.architectures:
            return f"{mutant.name}: its architecture is unknown"
        case = _case(mutant.name) if clauses else _case_under(spec, mutant)
        told = _disagreement(mutant, examine(case, limited(spec, clauses) if clauses else spec), spec, clauses)
        if told and clauses:  # what no clause names is laid to one where no other fails, so all of them are asked
            told = _disagreement(mutant, examine(case, spec), spec)
        if told:
            return f"{mutant.name}: {told}"
    return None


def other_name(spec: Spec, deviation: str) -> str | None:
    """A failure of a wrong network that the spec calls by another name than it should; None where there is none.

    `deviation` is what changed: networks that have it are looked at with all evidence, the others by structure.
    """
    for mutant in sorted(MUTANTS, key=lambda mutant: mutant.deviation != deviation):
        if mutant.deviation == deviation:
            raw = _in_full(mutant.name)
        elif any(f.deviation == deviation for f in _by_structure(mutant.name)):
            raw = _by_structure(mutant.name)
        else:
            continue
        named = {f.clause: f.deviation for f in attribute(raw, spec) if f.outcome == "fail"}
        usual = {f.clause: f.deviation for f in attribute(raw, load_spec()) if f.outcome == "fail"}
        if other := [c for c in named if named[c] != usual[c]]:
            return f"{mutant.name}: {other[0]} is called {named[other[0]]}"
        if told := _misnamed(mutant, named, spec) or _unlisted(raw, spec):
            return f"{mutant.name}: {told}"
    return None


def _unlisted(raw: Iterable[Finding], spec: Spec) -> str | None:
    """A failure that a check itself calls by a deviation which, by the spec, does not explain it."""
    for finding in raw:
        known = spec.deviations.get(finding.deviation or "") if finding.outcome == "fail" else None
        if known is not None and finding.clause not in known.explains:
            return f"{finding.clause} is not among what {finding.deviation} explains"
    return None


def _disagreement(mutant: Mutant, findings: Iterable[Finding], spec: Spec, clauses: Collection[str] = ()) -> str | None:
    """What test_wrong.py would find wrong with these findings (of some clauses), as far as structure goes."""
    by_clause = {f.clause: f for f in findings}
    failed = {clause for clause, f in by_clause.items() if f.outcome == "fail"}
    if more := failed - mutant.fails:
        return f"fails {', '.join(sorted(more)[:5])}"
    for clause in sorted(mutant.fails & set(clauses or mutant.fails)):
        if clause not in by_clause:
            return f"{clause} is unknown"
        if by_clause[clause].outcome == "not-applicable":
            return f"{clause} does not apply"
    for number, (clause, fragment) in enumerate(mutant.own.items()):
        if mutant.evidence_of(clause) != "structure" or (clauses and clause not in clauses):
            continue
        finding = by_clause[clause]
        if clause not in failed:
            return f"{clause} does not fail"
        if fragment not in f"{finding.message} {finding.found}":
            return f"{clause} says something else"
        if number == 0 and mutant.where not in " ".join(finding.where):
            return f"{clause} names another place"
    return _misnamed(mutant, {clause: by_clause[clause].deviation for clause in failed}, spec) if not clauses else None


def _misnamed(mutant: Mutant, named: dict[str, str | None], spec: Spec) -> str | None:
    """An own clause whose failure has not the name that it should have: the network's, where that explains it."""
    if mutant.deviation is not None and mutant.deviation not in spec.deviations:
        return f"{mutant.deviation} is unknown"
    explained = spec.deviations[mutant.deviation].explains if mutant.deviation else ()
    for clause in mutant.own:
        if clause in named and named[clause] != (mutant.deviation if clause in explained else None):
            return f"{clause} is called {named[clause]}"
    return None


@cache
def _subject(name: str) -> Subject:
    mutant = CORPUS.mutants[name]
    paper = load_spec().architectures[mutant.architecture]
    return prepare(capture_candidate(mutant.build, {}, ((2, paper.channels, paper.size, paper.size),)))


@cache
def _case(name: str) -> Case:
    return _case_under(load_spec(), CORPUS.mutants[name])


def _case_under(spec: Spec, mutant: Mutant) -> Case:
    return build_case(spec.architectures[mutant.architecture], _subject(mutant.name))


@cache
def _unexplained() -> Spec:
    """The spec without any `explains`."""
    spec = load_spec()
    return replace(spec, deviations={name: replace(d, explains=()) for name, d in spec.deviations.items()})


@cache
def _by_structure(name: str) -> tuple[Finding, ...]:
    return examine(_case(name), _unexplained())


@cache
def _in_full(name: str) -> tuple[Finding, ...]:
    shown = {f.clause for f in _by_structure(name) if f.outcome == "fail"}
    if shown == CORPUS.mutants[name].fails:  # experiments would find no more: test_wrong.py holds that these are all
        return _by_structure(name)
    with closing(Trial(_unexplained(), 0, EVIDENCE, LEVELS)) as trial:
        return trial.hold(_case(name))
