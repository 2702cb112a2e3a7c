"""One row of the matrix: what a network is, what it was held against, and how it differs."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

from resnet_conformance.findings import Report
from resnet_conformance.outside import Problem, Request, ask_report
from resnet_conformance.spec import Spec, load_spec
from resnet_conformance.verdicts import undecided

from .members import Member

CHECKOUT = Path(__file__).parents[2]
TIMEOUT = 600.0
SEED = 0
OPEN = "not-examined"


def judge(member: Member) -> dict[str, Any]:
    """The row; a network that hangs, crashes or cannot be built has one with the `problem`."""
    row: dict[str, Any] = {
        "library": member.library,
        "name": member.name,
        "target": member.target,
        "kwargs": dict(member.kwargs),
    }
    try:
        report = _ask(member, None)
        against = claim(report, load_spec())
        if against != report.architecture:
            report = _ask(member, against)
    except Problem as problem:
        return row | {"problem": _without_machine(str(problem))}
    return row | told(report)


def _without_machine(text: str) -> str:
    """A message without the folders of this machine."""
    for folder in (sysconfig.get_paths()["purelib"], str(CHECKOUT), str(Path.home())):
        text = text.replace(f"{folder}/", "")
    return text


def claim(found: Report, spec: Spec) -> str | None:
    """What a network is held against: the paper's network that it is, or that it is a variant of.

    So torchvision's ResNet-50 is held against He et al. 2015, and its ResNeXt-50 against Xie et al. 2017. A network of
    other images than its base, 32x32 for 224x224, is held against the variant: no paper has it.
    """
    known = spec.architectures.get(found.identified.architecture or "")
    if known is None:
        return found.architecture
    base = spec.architectures.get(known.base or "")
    return base.name if base is not None and not known.paper and base.size == known.size else known.name


def told(report: Report) -> dict[str, Any]:
    """What the matrix says of a report."""
    identified = report.identified
    return {
        "identified": identified.architecture,
        "exact": identified.exact,
        "against": report.architecture,
        "verdict": report.verdict,
        "deviations": sorted(identified.deviations),
        "must": sorted(f.clause for f in report.failed("MUST")),
        "should": sorted(f.clause for f in report.failed("SHOULD")),
        "open": [f.clause for f in undecided(report.findings, load_spec())] if report.verdict == OPEN else [],
        "lacks": report.summary.get("lacks", ""),
        "problem": _without_machine(str(report.summary.get("problem", ""))),
        "parameters": report.summary.get("parameters"),
    }


def _ask(member: Member, against: str | None) -> Report:
    options = {"kwargs": dict(member.kwargs), "seed": SEED}
    return ask_report(Request("check", (member.target, against), options), TIMEOUT, CHECKOUT)
