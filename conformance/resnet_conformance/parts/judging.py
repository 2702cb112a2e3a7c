"""`check --part`: a part in its surroundings, held against the clauses of that part."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..capture import capture_candidate
from ..capture.limits import within
from ..clauses import Case
from ..examination import EVIDENCE
from ..expectations import Expectation, hold
from ..findings import Finding, Identification, Report
from ..judge import Subject, deviations_of, environment, prepare, version
from ..spec import Spec
from ..trial import LEVELS, Trial
from ..verdicts import conclude
from .table import Part, find_part

if TYPE_CHECKING:
    from ..capture.target import LoadedTarget
    from .embedding import Embedded


@dataclass(frozen=True, slots=True)
class Question:
    """How a part is examined: the arguments of `api.check` that are not about what it is."""

    only: tuple[str, ...]
    level: str | None
    evidence: tuple[str, ...]
    expectations: Sequence[Expectation]
    seed: int
    timeout: float | None


def check_part(target: object, name: str, kwargs: Mapping[str, Any], asked: Question, spec: Spec) -> Report:
    """Judge one module of a network against the clauses of the part that it is said to be.

    `kwargs` are for its factory; in_channels, out_channels, stride and num_classes also say what it is. The report has
    no architecture, a finding for each clause of the part, and the part with its figures in `summary`. Raises PartError
    for an unknown part or one that is not as said, and TargetProblem where it cannot be run.
    """
    part = find_part(name)

    def judge() -> Report:
        from .embedding import embed, load_part

        loaded = load_part(target, kwargs)
        embedded = embed(part, loaded)
        subject = prepare(capture_candidate(embedded.target, None, embedded.shapes))
        embedded, subject = _projecting(embedded, subject, loaded)
        started = time.perf_counter()
        case = _case(embedded, subject)
        findings = _findings(part, case, asked, spec)
        deviations = deviations_of(findings)
        complete = not asked.only and set(asked.evidence) == set(EVIDENCE)
        findings, declared = hold(findings, asked.expectations, spec, complete)
        return Report(
            target=loaded.info,
            architecture=None,
            identified=Identification(None, exact=False, deviations=deviations),
            verdict=conclude(findings, spec, "SHOULD" if asked.level == "should" else "MUST"),
            findings=tuple(_in_its_own_words(f, part) for f in findings),
            summary=_summary(part, embedded, subject, asked),
            environment=environment() | {"seed": asked.seed},
            seconds={
                "capture": round(subject.candidate.seconds, 3),
                "judge": round(time.perf_counter() - started, 3),
            },
            tool={"version": version(), "spec": spec.version},
            declared=declared,
        )

    return within(asked.timeout, target if isinstance(target, str) else "the part", judge)


def _findings(part: Part, case: Case, asked: Question, spec: Spec) -> tuple[Finding, ...]:
    levels = ("MUST",) if asked.level == "must" else LEVELS
    with closing(Trial(spec, asked.seed, asked.evidence, levels, among=part.clauses)) as trial:
        findings = trial.hold(case, asked.only)
    return tuple(f for f in findings if f.level in levels)


def _projecting(embedded: Embedded, subject: Subject, loaded: LoadedTarget) -> tuple[Embedded, Subject]:
    """A block of equal dimensions that projects is of option C; where C is admitted, so is the network around it."""
    from .embedding import with_projections

    first = subject.found.blocks[0] if subject.found.blocks else None
    admitted = "C" in embedded.architecture.options and first is not None
    if not admitted or first is None or first.increases or first.shortcut_kind != "projection":
        return embedded, subject
    embedded = with_projections(embedded, loaded)
    return embedded, prepare(capture_candidate(embedded.target, None, embedded.shapes))


def _case(embedded: Embedded, subject: Subject) -> Case:
    """The network around the part beside its blueprint, of the shortcut option that was found."""
    from ..anatomy import dissect
    from ..blueprint import Choices, draw
    from ..choices import adopted_pool

    found, candidate = subject.found, subject.candidate
    option = "C" if embedded.form.projects else found.option
    architecture = embedded.architecture.with_option(option).with_option(embedded.architecture.option)
    architecture = replace(architecture, options=architecture.options[:1])
    choices = Choices(pool=adopted_pool(architecture, found))
    paper = dissect(draw(architecture, choices, candidate.input_shape[2:]))
    return Case(architecture, candidate, found, paper, subject.trained)


def _summary(part: Part, embedded: Embedded, subject: Subject, asked: Question) -> dict[str, Any]:
    """What was judged, for people."""
    figures = {name: value for name, value in embedded.figures.items() if name != "found_stride"}
    about = {"part": part.name, "title": part.title, "figures": figures}
    about |= {"captured_on": subject.candidate.captured_on, "notes": list(subject.candidate.notes)}
    return about | ({"only": list(asked.only)} if asked.only else {})


def _in_its_own_words(finding: Finding, part: Part) -> Finding:
    """Module paths as they are in the part, and commands that judge a part."""
    where = tuple(dict.fromkeys(_own(place) or "the part itself" for place in finding.where))
    repro = finding.repro and finding.repro.replace(f"--architecture part/{part.name}", f"--part {part.name}")
    message, expected, found = map(_own, (finding.message, finding.expected, finding.found))
    return replace(finding, where=where, repro=repro, message=message, expected=expected, found=found)


def _own(text: str) -> str:
    text = re.sub(r"\bblock_1\b( \([\w.]*\))?", "the block", text)
    text = re.sub(r" \(\d+ of \d+ blocks\)", "", text)
    text = re.sub(r"\bjudged_part\.", "", text)
    return re.sub(r"\bjudged_part\b", "the part itself", text)
