"""The issue corpus: wrong networks each fail by their own clause, right ones in unusual clothes raise no alarm."""

from __future__ import annotations

from collections.abc import Sequence

from resnet_conformance import check
from resnet_conformance.findings import Report

from ..mutants.test_right import RIGHT
from ..mutants.test_wrong import CORPUS
from ..mutants.verdicts import alarms, shortcomings
from .trial import Outcome

NAME = "corpus"
TITLE = "Wrong networks, each by its own clause; right ones, without an alarm"


def names() -> Sequence[str]:
    """`wrong/NAME` and `right/NAME`."""
    return [*(f"wrong/{name}" for name in CORPUS.mutants), *(f"right/{name}" for name in RIGHT)]


def run(name: str) -> Outcome:
    """Judge one network by all evidence. Its own clauses kill it; what is said beside them must be exact, too."""
    kind, _, network = name.partition("/")
    report = judged(name)
    if kind == "right":
        said = alarms(report)
        return Outcome("alarm" if said else "clean", told="; ".join(said))
    mutant = CORPUS.mutants[network]
    failed = {f.clause: f for f in report.findings if f.outcome == "fail"}
    faults = shortcomings(mutant, report)
    if not set(mutant.own) <= set(failed) or faults:
        return Outcome("survived", told="; ".join(faults))
    return Outcome("killed", failed[next(iter(mutant.own))].evidence, " ".join(failed))


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
