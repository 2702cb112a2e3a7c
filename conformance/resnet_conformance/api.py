"""check and identify: from a target to a Report.

The one generator of findings behind the command line and the pytest suite.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from .capture import TargetError, TargetProblem, capture_candidate
from .capture.limits import within
from .capture.problems import InputError
from .catalog import UnknownNameError, find_clauses
from .examination import EVIDENCE
from .expectations import hold
from .expectations.reading import Source, read_expectations
from .findings import Identification, Report, TargetInfo
from .graph import Shape
from .identification import Match, describe_match, match, nearest
from .judge import Subject, compose, deviations_of, prepare, version
from .judge import environment as machine
from .kinds import is_weights_file
from .own_blueprint import refuse_unreplaced
from .spec import Spec, load_spec, suggest
from .through_variant import add_from_variant
from .transplantation import WeightsError
from .trial import LEVELS, Trial
from .verdicts import conclude
from .weight_shapes import count_shapes, identify_shapes

BATCH = 2
SIZES = (224, 32)


class ArgumentError(ValueError):
    """An argument that cannot be."""


class UnknownArchitectureError(ValueError):
    """No architecture has that name; the message suggests the nearest."""


def check(
    target: object,
    architecture: str | None = None,
    *,
    part: str | None = None,
    kwargs: Mapping[str, Any] | None = None,
    input: Sequence[int] | None = None,
    only: str | Sequence[str] = (),
    level: str | None = None,
    evidence: str | Sequence[str] = EVIDENCE,
    recipe: object = None,
    expected: Source | None = None,
    seed: int | None = None,
    timeout: float | None = None,
) -> Report:
    """Judge a network against an architecture of the spec, or against the nearest one.

    `target` is "package.module:factory", "path/to/file.py:factory", "model.onnx", "model.pt2", a callable without
    required arguments or an `nn.Module`; with `part` it is one module of a network, judged as that (docs/parts.md).
    `input` is (C, H, W), by default the architecture's size, or 224 and then 32. `only` are glob patterns of clause
    ids, in capitals or not, each of which must match one. `level` "must" examines the MUST clauses alone, "should"
    makes failed SHOULDs count. `evidence` are the kinds of evidence to look for (all of examination.EVIDENCE). `recipe`
    is the recipe that the network is trained with (docs/recipes.md). `expected` are the declared deviations, a YAML
    file or {id: reason} (docs/expectations.md); what is declared and does not occur is `Report.stale`. Experiments draw
    their random numbers from `seed`, by default a fresh one; the report holds it. `timeout` is in seconds.

    The target's code runs in this process, that of an address too, and may end it or keep it waiting; the command line
    and the pytest suite run it in a child process. Raises TargetProblem, UnjudgeableError, SpecError and ValueError (an
    argument that cannot be; UnknownArchitectureError and ExpectationError among them), each with a message for people.
    """
    spec = load_spec()
    if level not in (None, "must", "should"):
        raise ArgumentError(f"level is 'must' or 'should', not {level!r}")
    evidence = (evidence,) if isinstance(evidence, str) else evidence
    only = (only,) if isinstance(only, str) else tuple(only or ())
    if strange := [pattern for pattern in only if not isinstance(pattern, str)]:
        raise ArgumentError(f"'only' takes patterns of clause ids, such as 'SC-*'; got {strange[0]!r}")
    if unknown := [kind for kind in evidence if kind not in EVIDENCE]:
        raise ArgumentError(f"there is no evidence {unknown[0]!r}: choose from {', '.join(EVIDENCE)}")
    try:
        find_clauses(spec, only)
    except UnknownNameError as error:
        raise ArgumentError(str(error)) from None
    if architecture is not None and architecture not in spec.architectures:
        raise UnknownArchitectureError(
            f"unknown architecture {architecture!r}{suggest(str(architecture), spec.architectures)}"
        )
    expectations = () if expected is None else read_expectations(expected, spec)
    seed = fresh_seed() if seed is None else seed
    if part is not None:
        from .parts import Question, check_part, refuse_beside_part

        given = {"architecture": architecture, "input": input, "recipe": recipe}
        refuse_beside_part([name for name, value in given.items() if value is not None])
        question = Question(only, level, tuple(evidence), expectations, seed, timeout)
        return check_part(target, part, kwargs or {}, question, spec)
    if recipe is not None:
        from .experiments.recipe_view import read_recipe

        recipe = read_recipe(recipe)

    def judge() -> Report:
        subject, matches = _capture(target, kwargs, input, architecture, spec)
        started = time.perf_counter()
        levels = ("MUST",) if level == "must" else LEVELS
        judged = architecture or matches[0].architecture.name
        with closing(Trial(spec, seed, evidence, levels, recipe)) as trial:
            compared = {m.architecture.name: m for m in matches}
            held = compared.get(judged) or match(spec.architectures[judged], spec, subject)
            findings = trial.hold(held.case, only, structure=held.findings)
            if any(f.outcome == "fail" and f.level == "MUST" for f in findings):  # or is the variant itself to blame?
                refuse_unreplaced(spec.architectures[judged], spec)
            if level == "must":
                findings = tuple(f for f in findings if f.level == "MUST")
            thorough = not only and (level is None or bool(expectations))
            best = trial.examine_best(matches[0], {judged: findings}, thorough)
            if best.architecture.name != judged:
                findings = add_from_variant(findings, spec.architectures[judged], best)
            identified = describe_match(best)
        identified = replace(identified, deviations=deviations_of(findings))
        complete = not only and set(evidence) == set(EVIDENCE)
        findings, declared = hold(findings, expectations, spec, complete)
        verdict = conclude(findings, spec, "SHOULD" if level == "should" else "MUST")
        asked = {"only": list(only)} if only else {}
        report = compose(subject, judged, identified, findings, verdict, spec, started, version(), seed, held.case)
        return replace(report, summary={**report.summary, **asked}, declared=declared)

    return within(timeout, _name(target), judge)


def identify(
    target: object,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input: Sequence[int] | None = None,
    timeout: float | None = None,
) -> Identification:
    """Which architecture of the spec a network is, or is nearest to. Arguments and errors as in `check`."""
    return identification_report(target, kwargs=kwargs, input=input, timeout=timeout).identified


def identification_report(
    target: object,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input: Sequence[int] | None = None,
    timeout: float | None = None,
) -> Report:
    """What `identify` prints: a report without findings and verdict, whose `architecture` is the nearest one.

    Of a file of weights (.safetensors, .pth) the shapes alone are looked at.
    """
    spec, seed = load_spec(), fresh_seed()
    if isinstance(target, (str, Path)) and is_weights_file(target):
        return weights_report(Path(target), kwargs, spec)

    def judge() -> Report:
        subject, matches = _capture(target, kwargs, input, None, spec)
        started = time.perf_counter()
        with closing(Trial(spec, seed, EVIDENCE, ("MUST",))) as trial:
            identified = describe_match(trial.examine_best(matches[0], {}))
        name, case = matches[0].architecture.name, matches[0].case
        return compose(subject, name, identified, (), "not-examined", spec, started, version(), seed, case)

    return within(timeout, _name(target), judge)


def weights_report(path: Path, kwargs: Mapping[str, Any] | None, spec: Spec) -> Report:
    """What the shapes in a file of weights tell. Raises capture.TargetError, transplantation.WeightsError."""
    from .transplantation.files import read_weights

    if kwargs:
        raise TargetError(f"{path} is a file and takes no keyword arguments, got {', '.join(kwargs)}")
    started = time.perf_counter()
    shapes = count_shapes([value.shape for value in read_weights(path)[0].values()])
    try:
        identified = identify_shapes(shapes, spec)
    except ValueError as error:
        raise WeightsError(f"{path} is of no network that can be identified: {error}") from error
    info = TargetInfo(str(path), {}, "weights")
    tool, seconds = {"version": version(), "spec": spec.version}, {"judge": round(time.perf_counter() - started, 3)}
    environment = machine()
    return Report(info, identified.architecture, identified, "not-examined", (), {}, environment, seconds, tool)


def fresh_seed() -> int:
    """A seed that nobody chose."""
    return secrets.randbelow(2**31)


def _name(target: object) -> str:
    return target if isinstance(target, str) else "the network"


def _capture(
    target: object,
    kwargs: Mapping[str, Any] | None,
    input: Sequence[int] | None,
    architecture: str | None,
    spec: Spec,
) -> tuple[Subject, tuple[Match, ...]]:
    """Capture at the size asked, else the architecture's, else the first that works and then the nearest one's."""
    if input is not None:
        if len(input) != 3 or not all(isinstance(extent, int) and extent > 0 for extent in input):
            raise ArgumentError(f"input is (channels, height, width), three numbers above 0, not {input!r}")
        shapes: tuple[Shape, ...] = ((BATCH, *input),)
    elif architecture is not None:
        wanted = spec.architectures[architecture]
        shapes = ((BATCH, wanted.channels, wanted.size, wanted.size),)
    else:
        shapes = tuple((BATCH, 3, size, size) for size in SIZES)
    subject = prepare(capture_candidate(target, kwargs, shapes))
    if input is not None and subject.candidate.input_shape[1] != input[0]:
        raise InputError(
            f"input is (channels, height, width), and the network takes {subject.candidate.input_shape[1]} channels,"
            f" not {input[0]}"
        )
    matches = nearest(spec, subject)
    size, captured = matches[0].architecture.size, subject.candidate.input_shape
    if input is None and architecture is None and captured[2] != size:
        try:
            subject = prepare(capture_candidate(target, kwargs, ((BATCH, captured[1], size, size),)))
        except TargetProblem:
            return subject, matches  # it runs at the first size alone: judge it there
        matches = nearest(spec, subject)
    return subject, matches
