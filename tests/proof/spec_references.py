"""The bundled networks held against a spec: each must be what its name says, without a failed MUST or SHOULD.

The targets are those of pyproject.toml, which `nox -s conformance` judges, and the relatives of tests/relatives.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from resnet_conformance.architecture import Architecture
from resnet_conformance.capture import TargetProblem, capture_candidate
from resnet_conformance.clauses import Case
from resnet_conformance.examination import examine
from resnet_conformance.findings import Finding
from resnet_conformance.identification import nearest
from resnet_conformance.judge import Subject, build_case, prepare
from resnet_conformance.spec import Spec, load_spec
from tests.relatives import NETWORKS

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@cache
def targets() -> Mapping[str, Mapping[str, Any]]:
    """Each architecture's own network: a row of the configuration."""
    table = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["resnet-conformance"]
    bundled = {row["architecture"]: row for row in table["targets"]}
    return bundled | {name: {"architecture": name, "target": make} for name, make in NETWORKS.items()}


@cache
def subject(name: str, channels: int, size: int) -> Subject:
    """The network of that name, captured at the size that a spec gives it. Raises TargetProblem."""
    row = targets()[name]
    return prepare(capture_candidate(row["target"], row.get("kwargs", {}), ((2, channels, size, size),)))


def what_is_wrong(spec: Spec, names: Iterable[str], clauses: Collection[str] = ()) -> str | None:
    """What this spec says against one of the networks, the shallow ones first; None where it accepts them all.

    With `clauses`, only these have changed, so that only they are asked about.
    """
    known = spec.architectures
    for name in sorted(names, key=lambda name: (name in known, known[name].depth if name in known else 0)):
        if name not in known:
            return f"{targets()[name]['target']} is to be judged as {name}, which is unknown"
        if told := _against(spec, known[name], clauses):
            return f"{name}: {told}"
    return None


def _against(spec: Spec, architecture: Architecture, clauses: Collection[str]) -> str | None:
    if architecture.name not in targets():
        return "no bundled network has this name"
    try:
        own = subject(architecture.name, architecture.channels, architecture.size)
    except TargetProblem as error:
        return f"it cannot be run at {architecture.size}: {str(error)[:80]}"
    if clauses:
        return _failures(examine(_own_case(architecture.name), limited(spec, clauses)))
    if told := _failures(examine(build_case(architecture, own), spec)):
        return told
    plain = architecture.name if architecture.variant else architecture.base or architecture.name
    found = nearest(spec, own)[0].architecture.name
    return f"is taken for {found}" if found != plain else None


def limited(spec: Spec, clauses: Collection[str]) -> Spec:
    """The spec with some of its clauses alone."""
    return replace(spec, clauses={name: clause for name, clause in spec.clauses.items() if name in clauses})


@cache
def _own_case(name: str) -> Case:
    architecture = load_spec().architectures[name]
    return build_case(architecture, subject(name, architecture.channels, architecture.size))


def _failures(findings: Iterable[Finding]) -> str | None:
    found = list(findings)
    if failed := [f.clause for f in found if f.outcome == "fail"]:
        return f"fails {', '.join(failed[:5])}"
    bugs = [f.clause for f in found if "bug of resnet-conformance" in f.message]
    return f"{bugs[0]} cannot be checked" if bugs else None
