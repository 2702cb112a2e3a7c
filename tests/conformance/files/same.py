"""One network's reports: as a module, and as each file that it was exported to, judged once in a process."""

from __future__ import annotations

import functools

from resnet_conformance import check
from resnet_conformance.findings import Report

from .exports import exported, network

# what an export loses: BN's eps, momentum and the convolution's bias; whether another size was meant to be accepted
LOST = {"BN-04", "BN-07", "CB-01", "CB-02", "HD-05", "HD-07"}
EQUIVALENCE = {"EQ-01", "EQ-02", "EQ-03", "EQ-04"}
UNSAID = {"not-examined", "not-applicable"}


@functools.cache
def judged(name: str, way: str) -> Report:
    """The report on the network, exported in that way, or as its "module"."""
    return check(network(name) if way == "module" else exported(name, way), seed=7)


def compared(one: Report, other: Report) -> dict[str, tuple[str, str]]:
    """As `differences`, and the verdict, where what the export lost does not decide it."""
    found = differences(one, other)
    lost = any(f.clause in LOST and f.outcome == "fail" for f in one.failed("MUST"))
    if one.verdict != other.verdict and not lost:
        found["verdict"] = one.verdict, other.verdict
    return found


def differences(one: Report, other: Report) -> dict[str, tuple[str, str]]:
    """Clauses whose outcomes differ, where an export does not lose them.

    Equivalence is examined on small maps: a network that runs at one size alone is not, and its file, whose pool over
    the whole map is one, is.
    """
    first, second = ({f.clause: f.outcome for f in report.findings} for report in (one, other))
    different = {c: (first[c], second[c]) for c in first if first[c] != second[c]}
    free = LOST | (EQUIVALENCE if "fail" in (first.get("HD-05"), second.get("HD-05")) else set())
    return {c: pair for c, pair in different.items() if c not in free or not UNSAID & set(pair)}


def deviations(report: Report) -> set[str]:
    """The named deviations, without those of clauses that an export loses, though others may fail for them, too."""
    failed = [f for f in report.findings if f.outcome == "fail" and f.deviation]
    return {f.deviation for f in failed if f.deviation} - {f.deviation for f in failed if f.clause in LOST}
