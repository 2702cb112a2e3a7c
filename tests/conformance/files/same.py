"""One network's reports: as a module, and as each file that it was exported to, judged once in a process."""

from __future__ import annotations

import functools

from resnet_conformance import check
from resnet_conformance.findings import Report

from .exports import exported, network

# what an export loses: BN's eps, momentum and the convolution's bias; whether another size was meant to be accepted
LOST = {"BN-04", "BN-07", "CB-01", "CB-02", "HD-05", "HD-07"}
# what folding loses besides: whether a convolution with a bias had BN, and how many parameters that makes
BIASED = {"STEM-03", "SC-14", "BN-01", "BN-02", "BN-03", "BH-03", "EQ-03", "CT-07"}
# and whether BN was frozen, as a backbone's is
FROZEN = {"BN-03", "BH-03", "EQ-03"}
EQUIVALENCE = {"EQ-01", "EQ-02", "EQ-03", "EQ-04"}
# what a pass in training shows: a program that has BN as arithmetic has that of one mode alone
TRAINED = {"ACT-02", "BH-03", "BH-04", "BH-05", "EQ-02", "EQ-03", "EQ-04"}
UNSAID = {"not-examined", "not-applicable"}


@functools.cache
def judged(name: str, way: str) -> Report:
    """The report on the network, exported in that way, or as its "module"."""
    return check(network(name) if way == "module" else exported(name, way), seed=7)


def compared(one: Report, other: Report) -> dict[str, tuple[str, str]]:
    """As `differences`, and the verdict, where what the export lost does not decide it."""
    found = differences(one, other)
    free = LOST | lost_by_folding(one, other)
    blamed = {f.clause for f in one.failed("MUST")}
    lost = blamed <= free if blamed else one_mode(other)
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
    fixed = "fail" in (first.get("HD-05"), second.get("HD-05"))
    free = LOST | (TRAINED if one_mode(other) else set()) | (EQUIVALENCE if fixed else set())
    folded = lost_by_folding(one, other)
    return {
        c: pair
        for c, pair in different.items()
        if not ((c in free and UNSAID & set(pair)) or (c in folded and pair[1] == "pass"))
    }


def lost_by_folding(module: Report, file: Report) -> set[str]:
    """Clauses that pass in a file, whatever the module has: its BN was put back behind every bias, and weights that the
    module computes from others stand there computed.
    """
    computed = any(f.clause == "CT-01" and "no learnable parameters of their own" in f.message for f in module.failed())
    once = {"CT-01"} if computed and file.target.kind == "onnx" else set()
    return once | _lost_with_biases(module, file)


def _lost_with_biases(module: Report, file: Report) -> set[str]:
    if not any("folded into their convolutions" in text for text in file.summary.get("file", ())):
        return set()
    found = {f.clause: f for f in module.findings}
    # a convolution with neither bias nor BN is one in the file too
    bare = found["BN-01"].outcome == "fail" and not {*found["BN-01"].where} <= {*found["CB-01"].where}
    biased = BIASED if found["CB-01"].outcome == "fail" and not bare else set()
    return biased | (FROZEN if found["BH-03"].outcome == "not-applicable" else set())


def one_mode(file: Report) -> bool:
    """Does the file hold BN in one mode alone, so that nothing is examined in training?"""
    return any("BN as arithmetic in the mode" in f.message for f in file.findings)


def deviations(report: Report, lost: set[str] = LOST) -> set[str]:
    """The named deviations, without those of clauses that an export loses, though others may fail for them, too."""
    failed = [f for f in report.findings if f.outcome == "fail" and f.deviation]
    return {f.deviation for f in failed if f.deviation} - {f.deviation for f in failed if f.clause in lost}
