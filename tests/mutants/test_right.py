"""A right network raises no alarm, whatever it is written in."""

from __future__ import annotations

import pytest

from resnet_conformance import check

from . import (  # noqa: F401  (they register their networks)
    right_halves,
    right_handwritten,
    right_in_other_words,
    right_inputs,
    right_interleaved,
    right_layouts,
    right_masks,
    right_memory,
    right_parametrised,
    right_pieces,
    right_pools,
    right_preactivation,
    right_prepared,
    right_products,
    right_rectifiers,
    right_returns,
    right_samples,
    right_unread,
    right_unregistered,
    right_wholes,
)
from .right import RIGHT, UNREAD
from .verdicts import alarms

# One of each kind of clothes; the proof (tests/proof/corpus.py) judges all of them by all evidence.
COMPLETE = (
    "faithful-20",
    "faithful-plain-20",
    "sequential-only",
    "in-place",
    "norm-by-hand",
    "norm-of-all-batches",
    "classifier-as-einsum",
    "gamma-from-0",
    "input-detached",
    "input-flagged",
    "buffer-filled-with-its-value",
    "buffers-synchronised",
    "drop-path-of-rate-0-by-floor",
    "projection-as-linear-channels-last",
    "returns-logits-and-features",
    "guarded-against-nan",
)
LONG = (  # to run
    "filters-in-halves",
    "channels-in-halves",
    "norm-of-two-halves",
    "norm-of-rows",
    "batch-sample-by-sample",
    "convolution-as-im2col",
)


@pytest.mark.parametrize("name", RIGHT)
def test_right_network_has_the_structure(name: str) -> None:
    architecture, build = RIGHT[name]
    report = check(build, architecture, evidence=("structure",))
    assert [f"{f.clause}: {f.message} {f.found}" for f in report.failed()] == []
    assert report.identified.deviations == ()


@pytest.mark.parametrize("name", [*COMPLETE, *(pytest.param(name, marks=pytest.mark.slow) for name in LONG)])
def test_right_network_conforms(name: str) -> None:
    architecture, build = RIGHT[name]
    assert alarms(check(build, architecture)) == []


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_is_not_blamed(name: str) -> None:
    architecture, build = UNREAD[name]
    report = check(build, architecture)
    assert report.failed() == ()
    assert report.verdict == "not-examined"
