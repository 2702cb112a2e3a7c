"""check and identify: from a target to a Report.

The one generator of findings behind the command line and the pytest suite.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any

from .capture import TargetProblem, capture_candidate
from .findings import Identification, Level, Report
from .graph import Shape
from .identification import Match, describe_match, nearest
from .judge import Subject, build_case, compose, conclude, deviations_of, examine, prepare
from .spec import Spec, load_spec, suggest

BATCH = 2
SIZES = (224, 32)


class UnknownArchitectureError(ValueError):
    """No architecture has that name; the message suggests the nearest."""


def version() -> str:
    """The installed version of this package."""
    try:
        return metadata.version("resnet-conformance")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def check(
    target: object,
    architecture: str | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input: Sequence[int] | None = None,
    only: Sequence[str] = (),
    level: str = "must",
    timeout: float | None = None,
) -> Report:
    """Judge a network against an architecture of the spec, or against the nearest one.

    `target` is "package.module:factory", "path/to/file.py:factory", a callable without required arguments or an
    `nn.Module`; `input` is (C, H, W), by default the architecture's size, or 224 and then 32. `only` are glob patterns
    of clause ids, `timeout` is in seconds. Raises capture.TargetProblem, judge.UnjudgeableError, spec.SpecError and
    ValueError (an argument that cannot be, UnknownArchitectureError among them), each with a message for people.
    """
    spec = load_spec()
    if level not in ("must", "should"):
        raise ValueError(f"level is 'must' or 'should', not {level!r}")
    if architecture is not None and architecture not in spec.architectures:
        raise UnknownArchitectureError(
            f"unknown architecture {architecture!r}{suggest(str(architecture), spec.architectures)}"
        )
    subject, match = _capture(target, kwargs, input, architecture, spec, timeout)
    started = time.perf_counter()
    judged = architecture or match.architecture.name
    findings = examine(build_case(spec.architectures[judged], subject), spec, only)
    identified = describe_match(match)
    deviations = deviations_of(findings)
    identified = Identification(identified.architecture, identified.exact, deviations, identified.reasons)
    binding: Level = "SHOULD" if level == "should" else "MUST"
    return compose(subject, judged, identified, findings, conclude(findings, spec, binding), spec, started, version())


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
    """What `identify` prints: a report without findings and verdict, whose `architecture` is the nearest one."""
    spec = load_spec()
    subject, match = _capture(target, kwargs, input, None, spec, timeout)
    started = time.perf_counter()
    return compose(
        subject, match.architecture.name, describe_match(match), (), "not-examined", spec, started, version()
    )


def _capture(
    target: object,
    kwargs: Mapping[str, Any] | None,
    input: Sequence[int] | None,
    architecture: str | None,
    spec: Spec,
    timeout: float | None,
) -> tuple[Subject, Match]:
    """Capture at the size asked, else the architecture's, else the first that works and then the nearest one's."""
    if input is not None:
        if len(input) != 3 or not all(isinstance(extent, int) and extent > 0 for extent in input):
            raise ValueError(f"input is (channels, height, width), three numbers above 0, not {input!r}")
        shapes: tuple[Shape, ...] = ((BATCH, *input),)
    elif architecture is not None:
        wanted = spec.architectures[architecture]
        shapes = ((BATCH, wanted.channels, wanted.size, wanted.size),)
    else:
        shapes = tuple((BATCH, 3, size, size) for size in SIZES)
    subject = prepare(capture_candidate(target, kwargs, shapes, timeout=timeout))
    match = nearest(spec, subject)
    size, captured = match.architecture.size, subject.candidate.input_shape
    if input is None and architecture is None and captured[2] != size:
        try:
            subject = prepare(capture_candidate(target, kwargs, ((BATCH, captured[1], size, size),), timeout=timeout))
        except TargetProblem:
            return subject, match  # it runs at the first size alone: judge it there
        match = nearest(spec, subject)
    return subject, match
