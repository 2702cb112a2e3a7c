"""EQ-01 to EQ-04: with the same weights the candidate computes what the blueprint computes.

The first place that does not is named. Rules of this project, derived from He et al. 2015, Eqn (1) and (2).

Tolerances. In float64 the two differ by rounding alone, as each sums in an order of its own. NOISE is what rounding
does to the bundled residual networks (measured, docs/tolerances.md), and a tolerance is MARGIN times as much. Where a
gap is wider and yet small, the rounding of that very network is measured (rounding.py) before anything is said.
"""

from __future__ import annotations

from ..clauses.case import Case, Result, examines, failed, not_examined, passed
from ..execute import CannotRun
from .equivalence import Comparison, Gap, NotComparable
from .pieces import bench_of
from .rounding import noise
from .tolerance import UNIT

NOISE = {"eval": 2e-15, "train": 6e-12, "statistics": 1e-12, "gradients": 2e-11}
MARGIN = 1000.0
LARGEST = 64 * 64  # positions of an input
COARSE_MARGIN = 10.0  # for a network that casts to a coarser precision: a thousand times its rounding would hide faults
MEANINGLESS = 0.2  # a tolerance that would let faults pass
SUSPICIOUS = 1e-3  # a smaller first gap may be this network's own rounding, which is then measured
KINKED = 1e-2  # coarse gradients whose tolerance is wider are those beside a rectifier's kink
INPUTS = 4  # at which coarse gradients are compared before anything is said of them: 15% of the inputs have a kink


def _compare(case: Case) -> Comparison | str:
    """The comparison of a case, made once; or why there is none."""
    bench = bench_of(case)

    def make() -> Comparison | str:
        try:
            return Comparison(case, bench)
        except (NotComparable, CannotRun) as error:
            return str(error)

    return bench.shared("comparison", make)


def _tolerance(kind: str, gaps: tuple[Gap, ...], comparison: Comparison) -> float:
    """How far apart rounding may take these values: of this very network, where they are not close enough already."""
    tolerance = NOISE[kind] * MARGIN
    first = next((g.distance for g in gaps if not g.distance <= tolerance), 0.0)
    exact = comparison.unit == UNIT
    if first and (first < SUSPICIOUS or not exact):
        own = noise(comparison, "eval" if kind == "eval" else "train")
        tolerance = max(tolerance, own[kind] * (MARGIN if exact else COARSE_MARGIN))
    return tolerance


def _judge(case: Case, clause: str, what: str, gaps: tuple[Gap, ...], tolerance: float) -> Result:
    if tolerance > MEANINGLESS:
        return not_examined(
            f"The network computes in so coarse a precision that rounding alone may take {what} apart by"
            f" {tolerance:.0e} of their size."
        )
    wrong = [g for g in gaps if not g.distance <= tolerance]
    if not wrong:
        worst = max((g.distance for g in gaps), default=0.0)
        open_ = ", ".join(f.clause for f in case.failures if f.level == "SHOULD" and f.evidence == "structure")
        chosen = f"; the blueprint with the candidate's choices, of which {open_} speaks" if open_ else ""
        return passed(f"{len(gaps)} places agree within {worst:.1e} of their size (allowed: {tolerance:.0e}){chosen}")
    first = wrong[0]
    apart = f"differ by {first.distance:.1e} of their size" if first.distance < float("inf") else "cannot be compared"
    return failed(
        f"With the same weights, {what} {apart} at {first.place}, where the networks first part"
        f" ({len(wrong)} of {len(gaps)} places).",
        f"at most {tolerance:.0e} of the size, {MARGIN:.0f} times the rounding noise",
        f"{first.distance:.1e}" if first.distance < float("inf") else "no value, or one of another shape",
        [g.place for g in wrong[:8]],
        repro=bench_of(case).repro(clause),
    )


def _examine(case: Case, clause: str, what: str, kind: str, pick: str) -> Result:
    height, width = bench_of(case).shape[2:]
    if height * width > LARGEST:
        return not_examined(f"The network runs at {height}x{width} alone (HD-05); values are compared on small maps.")
    if pick != "eval" and not case.trained:
        return not_examined(f"Training could not be run: {case.candidate.train_failure or 'no train capture'}.")
    comparison = _compare(case)
    if isinstance(comparison, str):
        return not_examined(f"The weights cannot be moved: {comparison}.")
    try:
        gaps = comparison.in_eval if pick == "eval" else getattr(comparison.in_train, pick)
    except CannotRun as error:
        return not_examined(f"The networks cannot be run side by side: {error}.")
    tolerance = _tolerance(kind, gaps, comparison)
    result = _judge(case, clause, what, gaps, tolerance)
    return _elsewhere(case, clause, what, comparison, result, tolerance) if kind == "gradients" else result


def _elsewhere(case: Case, clause: str, what: str, comparison: Comparison, result: Result, tolerance: float) -> Result:
    """What is said of gradients in a coarse precision, of which `result` is what one input gave.

    Where a rectifier's input is nearer to zero than rounding, its slope is either 0 or 1 in each of the two
    computations. A fault shows itself at other inputs too, a kink does not.
    """
    if comparison.unit == UNIT:
        return result
    for attempt in range(1, INPUTS):
        if result.outcome == "pass" and tolerance <= KINKED:
            return result
        other = comparison.at_another_input(attempt)
        gaps = other.in_train.gradients
        width = _tolerance("gradients", gaps, other)
        again = _judge(case, clause, what, gaps, width)
        if (again.outcome == "pass", -width) > (result.outcome == "pass", -tolerance):
            result, tolerance = again, width
    return result


@examines("EQ-01", by="equivalence")
def check_eval(case: Case) -> Result:
    """With the same weights the candidate computes the blueprint's values in eval mode, block by block and at the
    logits."""
    return _examine(case, "EQ-01", "the values in eval mode", "eval", "eval")


@examines("EQ-02", by="equivalence")
def check_train(case: Case) -> Result:
    """The same in train mode."""
    return _examine(case, "EQ-02", "the values in train mode", "train", "forward")


@examines("EQ-03", by="equivalence")
def check_statistics(case: Case) -> Result:
    """The running statistics agree after a training forward."""
    return _examine(case, "EQ-03", "the running statistics", "statistics", "statistics")


@examines("EQ-04", by="equivalence")
def check_gradients(case: Case) -> Result:
    """The gradients of input and parameters agree."""
    return _examine(case, "EQ-04", "the gradients", "gradients", "gradients")
