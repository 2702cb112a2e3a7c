"""What a variant shows of a network that is not the paper's: a difference that is known must not hide another.

Values are compared where structure agrees, and no operation goes unsaid where no MUST fails (`accounting`). A network
of another shortcut option, or with its stride elsewhere, therefore escapes both. Where its structure is a variant's, it
was held against that one: what it violates there by what it does, or by an operation that no clause looks at, it
violates here, whatever is declared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .architecture import Architecture
from .findings import Finding
from .identification import Match

BY_RUNNING = ("behaviour", "equivalence")


def add_from_variant(findings: Sequence[Finding], judged: Architecture, variant: Match) -> tuple[Finding, ...]:
    """The findings, with failures that were seen against the variant whose structure it has, if it has one's.

    A network for other images is no variant of what is judged: its classifier is another.
    """
    if _images(variant.architecture) != _images(judged):
        return tuple(findings)
    structural = [f.clause for f in variant.broken if f.evidence not in BY_RUNNING]
    open_ = {f.clause for f in findings if f.outcome in ("pass", "not-examined")}
    if len(structural) > 1 or not open_.issuperset(structural):  # one is that of `accounting`, which comes alone
        return tuple(findings)
    shown = {f.clause: f for f in variant.broken if f.clause in open_}
    name = variant.architecture.name
    return tuple(_taken(f, shown[f.clause], name) if f.clause in shown else f for f in findings)


def _images(architecture: Architecture) -> tuple[str, int, int]:
    return architecture.dataset, architecture.size, architecture.classes


def _taken(finding: Finding, shown: Finding, variant: str) -> Finding:
    """The variant's failure; the clause's level and source are those for the architecture that is judged."""
    said = f"Seen against {variant}, whose structure it has: {shown.message}"
    return replace(shown, level=finding.level, citation=finding.citation, message=said)
