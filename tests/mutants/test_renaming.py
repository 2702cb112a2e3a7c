"""No verdict rests on a name: renaming modules and parameters changes only where a finding points."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from resnet_conformance import check
from resnet_conformance.examination import EVIDENCE
from resnet_conformance.findings import Finding

from . import right_wholes  # noqa: F401  (registers its networks)
from .renaming import rename
from .right import RIGHT
from .test_wrong import CORPUS

WRONG = (
    "stride-3x3",
    "stride-last-block",
    "stem-deep",
    "stem-no-bn",
    "no-mid-relu",
    "preact",
    "attention-in-block",
    "bn-shared",
    "bn-dead",
    "conv-reused",
    "blocks-shared",
    "groupnorm",
    "shortcut-b-on-cifar",
    "shortcut-twice",
    "one-shortcut-missing",
    "dropout-in-block",
    "fc-unused",
    "extra-fc",
)
COMPLETE = ("faithful-20", "bn-shared", "dropout-in-block")
CANDIDATES = {name: RIGHT[name] for name in ("faithful-20", "faithful-50", "sequential-only", "in-place")} | {
    name: (CORPUS.mutants[name].architecture, CORPUS.mutants[name].build) for name in WRONG
}


def without_places(findings: tuple[Finding, ...]) -> list[Finding]:
    """The findings, not saying where; a command to repeat one names the instance's class."""
    return [replace(finding, where=(), repro=None) for finding in findings]


@pytest.mark.parametrize(
    ("name", "evidence"), [*((name, ("structure",)) for name in CANDIDATES), *((name, EVIDENCE) for name in COMPLETE)]
)
def test_names_decide_nothing(name: str, evidence: tuple[str, ...]) -> None:
    architecture, build = CANDIDATES[name]
    with torch.device("meta"):  # names are all that matters
        named, renamed = build(), rename(build(), seed=len(name))
    assert not {n for n, _ in named.named_parameters()} & {n for n, _ in renamed.named_parameters()}
    before, after = (check(network, architecture, evidence=evidence, seed=1) for network in (named, renamed))
    assert without_places(before.findings) == without_places(after.findings)
    assert (before.verdict, before.identified) == (after.verdict, after.identified)
    assert any(f.where for f in before.findings) == any(f.where for f in after.findings)
