"""A right network raises no alarm, whatever it is written in."""

from __future__ import annotations

import pytest

from resnet_conformance import check
from resnet_conformance.spec import load_spec

from . import right_handwritten, right_preactivation, right_wholes  # noqa: F401  (they register their networks)
from .right import RIGHT

# They speak of no single network, or of its training.
NO_CHECK = {clause.id for clause in load_spec().clauses.values() if not clause.evidence}


@pytest.mark.parametrize("name", RIGHT)
def test_right_network_conforms(name: str) -> None:
    architecture, build = RIGHT[name]
    report = check(build, architecture)
    said = [f"{f.clause}: {f.message} expected {f.expected!r}, found {f.found!r}" for f in report.failed()]
    assert not said
    assert report.verdict == "conforms"
    open_ = {f.clause: f.message for f in report.findings if f.outcome == "not-examined" and f.clause not in NO_CHECK}
    assert not open_
    assert report.identified.deviations == ()
