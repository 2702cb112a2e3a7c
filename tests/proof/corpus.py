"""The issue corpus: wrong networks each fail by their own clause, right ones in unusual clothes raise no alarm."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_conformance import check
from resnet_conformance.findings import Report

from ..mutants.test_right import RIGHT
from ..mutants.test_wrong import CORPUS
from .trial import Outcome

NAME = "corpus"
TITLE = "Wrong networks, each by its own clause; right ones, without an alarm"


def names() -> Sequence[str]:
    """`wrong/NAME` and `right/NAME`."""
    return [*(f"wrong/{name}" for name in CORPUS.mutants), *(f"right/{name}" for name in RIGHT)]


def run(name: str) -> Outcome:
    """Judge one network by all evidence."""
    kind, _, network = name.partition("/")
    report = judged(name)
    failed = {f.clause: f for f in report.findings if f.outcome == "fail"}
    told = " ".join(failed)
    if kind == "right":
        clean = report.verdict == "conforms" and not failed
        return Outcome("clean" if clean else "alarm", told=told or ("" if clean else report.verdict))
    own = CORPUS.mutants[network].own
    if not set(own) <= set(failed):
        return Outcome("survived", told=f"not by {', '.join(set(own) - set(failed))}, but by {told or 'nothing'}")
    return Outcome("killed", failed[next(iter(own))].evidence, told)


def judged(name: str, seed: int | None = None) -> Report:
    """The report on a network of the corpus."""
    kind, _, network = name.partition("/")
    if kind == "right":
        architecture, build = RIGHT[network]
        return check(build, architecture, seed=seed)
    mutant = CORPUS.mutants[network]
    return check(mutant.build, mutant.architecture, seed=seed)


def explain(name: str) -> str | None:
    """A network of the corpus is never passed over."""
    return None
