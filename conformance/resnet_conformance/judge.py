"""From a candidate to a case, and from its findings to verdict and report (DESIGN.md section 4)."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

from .anatomy import Anatomy, dissect
from .architecture import Architecture
from .blueprint import Choices, draw
from .candidate import Candidate
from .choices import adopted_pool
from .clauses import Case
from .clauses.backbones import head_of
from .findings import Finding, Identification, Report, Verdict
from .from_file import describe_file
from .measure import measure
from .simplify import simplify
from .sketch import sketch
from .spec import Spec


class UnjudgeableError(Exception):
    """The candidate cannot be compared with any ResNet; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A candidate with its anatomies, made once for all the architectures that it is held against."""

    candidate: Candidate
    found: Anatomy  # eval
    trained: tuple[Anatomy, ...]


def prepare(candidate: Candidate) -> Subject:
    """Dissect a candidate's graphs. Raises UnjudgeableError for a network without convolutions."""
    try:
        found = dissect(simplify(candidate.graph))
        trained = tuple(dissect(simplify(graph)) for graph in candidate.train_graphs)
    except ValueError as error:
        raise UnjudgeableError(f"{candidate.target.address} cannot be judged: {error}.") from error
    return Subject(candidate, found, trained)


def settle(architecture: Architecture, subject: Subject) -> Architecture:
    """The architecture with what it leaves open settled.

    Its shortcut option as found where admitted, classes and input channels as the caller asked; and whether it is only
    a backbone.
    """
    candidate, found = subject.candidate, subject.found
    option = found.option if found.option in architecture.options else architecture.option
    if found.option == "C" and option == "A" and "B" in architecture.options:
        option = "B"
    asked = {v for v in candidate.target.kwargs.values() if isinstance(v, int) and not isinstance(v, bool)}
    changes: dict[str, Any] = {}
    output = found.graph[found.graph.output].shape
    if found.linears and output[-1] in asked:
        changes["classes"] = output[-1]
    if candidate.input_shape[1] in asked:
        changes["channels"] = candidate.input_shape[1]
    changed = any(getattr(architecture, key) != value for key, value in changes.items())
    if changed:
        changes["printed"] = ()  # the paper's figures are of its own classes and channels
    return replace(architecture.with_option(option), head=head_of(found, candidate.target.kwargs), **changes)


def build_case(architecture: Architecture, subject: Subject) -> Case:
    """Draw the blueprint at the candidate's size, with the pool as found where admitted, and put both side by side.

    Choices that a SHOULD speaks of (V2-08, V2-09) are not adopted here: figures are held against the paper's network.
    """
    candidate, found = subject.candidate, subject.found
    settled = settle(architecture, subject)
    paper = dissect(draw(settled, Choices(pool=adopted_pool(settled, found)), candidate.input_shape[2:]))
    return Case(settled, candidate, found, paper, subject.trained)


def deviations_of(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The named deviations that failures show, each once."""
    return tuple(dict.fromkeys(f.deviation for f in findings if f.outcome == "fail" and f.deviation))


def describe(subject: Subject) -> dict[str, Any]:
    """The network as found, for people: Report.summary."""
    candidate, found = subject.candidate, subject.found
    measures = measure(found.graph)
    strided = [b for b in found.blocks if any(c.stride[0] != 1 for c in b.residual.convolutions)]
    return {
        "block": "/".join(found.kinds[:3]) or "none",
        "preactivation": found.preactivation,
        "blocks": [len(stage) for stage in found.stages],
        "widths": [list(dict.fromkeys(c.filters for c in stage[0].residual.convolutions)) for stage in found.stages],
        "sizes": ["x".join(map(str, stage[-1].output_shape[2:])) for stage in found.stages],
        "strides": list(dict.fromkeys(",".join(str(c.stride[0]) for c in b.residual.convolutions) for b in strided)),
        "option": found.option,
        "prepared": [found.graph[i].op for i in found.preparation],
        "stem": [c.text for c in found.stem_convolutions],
        "head": [found.graph[i].op for i in found.head],
        "lacks": {"none": "head", "pool": "classifier"}.get(head_of(found, candidate.target.kwargs), ""),
        "depth": found.depth,
        "parameters": measures.parameters,
        "multiply_adds": measures.multiply_adds,
        "input": list(candidate.input_shape),
        "captured_on": candidate.captured_on,
        "notes": list(candidate.notes),
    } | ({} if candidate.file is None else {"file": list(describe_file(candidate.file))})


def version() -> str:
    """The installed version of this package."""
    try:
        return metadata.version("resnet-conformance")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def environment() -> dict[str, Any]:
    """Versions and machine, without importing anything heavy."""

    def installed(package: str) -> str | None:
        try:
            return metadata.version(package)
        except metadata.PackageNotFoundError:
            return None

    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "torch": installed("torch"),
        "torchvision": installed("torchvision") if "torchvision" in sys.modules else None,
    }


def compose(
    subject: Subject,
    judged: str | None,
    identified: Identification,
    findings: tuple[Finding, ...],
    verdict: Verdict,
    spec: Spec,
    started: float,
    version: str,
    seed: int | None = None,
    case: Case | None = None,
) -> Report:
    """The report of one judgement; `started` is a time.perf_counter() at its beginning, `seed` what experiments drew
    from, `case` puts the blueprint beside what was found, for pictures.
    """
    return Report(
        target=subject.candidate.target,
        architecture=judged,
        identified=identified,
        verdict=verdict,
        findings=findings,
        summary=describe(subject),
        environment=environment() | ({} if seed is None else {"seed": seed}),
        seconds={"capture": round(subject.candidate.seconds, 3), "judge": round(time.perf_counter() - started, 3)},
        tool={"version": version, "spec": spec.version},
        drawing={} if case is None else draw_both(case),
    )


def draw_both(case: Case) -> dict[str, Any]:
    """The network as found and the blueprint at the same input size, for pictures: Report.drawing."""
    names = [stage.name for stage in case.architecture.stages]
    return {"found": sketch(case.found, names), "blueprint": sketch(case.paper, names)}
