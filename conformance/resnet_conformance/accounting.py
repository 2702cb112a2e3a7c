"""No operation goes unsaid: who breaks no MUST has exactly the blueprint's operations, in eval and in training.

The clauses each look at one thing; what none of them looks at (a shuffle between two blocks, noise in the stem)
would pass them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .anatomy import Anatomy, dissect
from .blueprint import draw
from .choices import adopt
from .clauses import Case
from .findings import Finding
from .signature import Step, first_difference


def account(case: Case, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings; where no MUST fails though an operation differs, the clause of that place fails and names it."""
    if any(f.outcome == "fail" and f.level == "MUST" for f in findings):
        return tuple(findings)
    difference, mode = first_difference(case.found, case.paper), "eval"
    if difference is not None:  # the clauses admit some differences, or have said them
        size = case.candidate.input_shape[2:]
        paper = dissect(draw(case.architecture, adopt(case.architecture, case.found), size))
        difference = first_difference(case.found, paper)
    for anatomy in case.trained:
        if difference is None:
            difference, mode = first_difference(anatomy, case.found), "train"
    if difference is None:
        return tuple(findings)
    mine, wanted = difference
    clause = _clause(case, mine if mine.node >= 0 else wanted)
    return tuple(_blame(f, case, mine, wanted, mode) if f.clause == clause else f for f in findings)


def _clause(case: Case, step: Step) -> str:
    """Which clause speaks of the place."""
    if step.place == "stem":
        return "STEM-03" if case.architecture.dataset == "imagenet" else "STEM-06"
    if step.place == "block":
        return "BLK-01" if case.architecture.residual else "PL-01"
    return "HD-02" if step.text.startswith("fully connected") else "HD-01"


def _blame(finding: Finding, case: Case, mine: Step, wanted: Step, mode: str) -> Finding:
    anatomy: Anatomy = case.trained[0] if mode == "train" else case.found
    where = anatomy.graph[mine.node].where if mine.node >= 0 else ""
    other = "it has in eval" if mode == "train" else "the paper's network has"
    message = f"{'In training here' if mode == 'train' else 'Here'} stands {mine.text}, where {other} {wanted.text}."
    return replace(
        finding,
        outcome="fail",
        expected=wanted.text,
        found=mine.text,
        message=message,
        where=(where,) if where else (),
        deviation=None,
    )
