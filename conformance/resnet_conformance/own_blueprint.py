"""Does a variant break what it does not replace? The network that it describes, held against the clauses of its base.

The loader cannot know: what a clause demands stands in its check, and the spec never imports checks (DESIGN.md, section
2). So this is asked where one variant is shown, or is what a network violates. Nothing here imports torch.
"""

from __future__ import annotations

from dataclasses import replace

from .architecture import Architecture
from .blueprint import draw
from .candidate import Candidate
from .examination import examine
from .findings import Finding, TargetInfo
from .judge import Subject, build_case, prepare
from .spec import Spec, SpecError
from .spec.errors import Fault

LARGER = 64  # pixels that the map of the second input has more: a head must not fit one size alone


def refuse_unreplaced(architecture: Architecture, spec: Spec) -> None:
    """Raise SpecError, at its `replaces`, where a variant's own network breaks a MUST by structure.

    A network that is no variant is let pass: it has nothing to replace.
    """
    if not architecture.variant:
        return
    broken: dict[str, Finding] = {}
    for option in architecture.options:
        one = architecture.with_option(option)
        for finding in examine(build_case(one, _drawn(one)), spec):
            if finding.outcome == "fail" and finding.level == "MUST":
                broken.setdefault(finding.clause, finding)
    if broken:
        file, line, column = architecture.place
        raise SpecError.of(Fault(_message(architecture, f), file, line, column) for f in broken.values())


def _drawn(architecture: Architecture) -> Subject:
    """The blueprint as if it had been captured."""
    size, larger = architecture.size, architecture.size + LARGER
    graph = draw(architecture)
    return prepare(
        Candidate(
            TargetInfo(f"blueprint of {architecture.name}"),
            graph,
            (2, architecture.channels, size, size),
            (replace(graph, mode="train"),),
            resized=draw(architecture, size=(larger, larger)),
            resized_shape=(2, architecture.channels, larger, larger),
        )
    )


def _message(architecture: Architecture, finding: Finding) -> str:
    clause = finding.clause
    seen = f" (expected: {finding.expected}; the variant has: {finding.found})" if finding.expected else ""
    return (
        f"the network of {architecture.name} itself breaks {clause}, which holds for {architecture.base}{seen}; add"
        f" {clause} to 'replaces', with the clause that takes its place or as '{clause}: none', or correct 'changes'"
    )
