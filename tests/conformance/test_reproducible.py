"""The same seed makes the same report and the same views, but for time and environment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_conformance import check
from resnet_conformance.findings import Report
from resnet_conformance.reports import json_report
from resnet_conformance.reports.formats import TEXTS
from resnet_conformance.spec import load_spec


def judged(seed: int) -> Report:
    report = check("resnet_impl:cifar_resnet20", "cifar10/resnet20", seed=seed)
    return replace(report, seconds={}, environment={})


@pytest.mark.slow
def test_the_same_seed_makes_the_same_bytes() -> None:
    first, second = judged(7), judged(7)
    assert first.drawing
    assert json_report.render(first) == json_report.render(second)
    for form in TEXTS.values():
        assert form([first], load_spec(), "en") == form([second], load_spec(), "en")
