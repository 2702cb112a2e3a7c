"""The networks of hand-managed parameters and hand-written batch normalization pass the suite like any candidate."""

from __future__ import annotations

import pytest

from resnet_conformance import check
from resnet_conformance.spec import load_spec

pytestmark = pytest.mark.slow

FACTORIES = "resnet_impl.lowlevel_presets"
NOT_OF_A_NETWORK = {clause.id for clause in load_spec().clauses.values() if not clause.evidence}


@pytest.mark.parametrize(
    ("factory", "kwargs", "architecture"),
    [
        ("lowlevel_cifar_resnet20", {}, "cifar10/resnet20"),
        ("lowlevel_cifar_resnet20", {"shortcut": "B"}, "cifar10/resnet20-B"),
        ("lowlevel_cifar_resnet20", {"shortcut": None}, "cifar10/plain20"),
        ("lowlevel_cifar_resnet56", {}, "cifar10/resnet56"),
        ("lowlevel_resnet18", {}, "imagenet/resnet18-A"),
        ("lowlevel_resnet34", {"shortcut": "C"}, "imagenet/resnet34-C"),
        ("lowlevel_resnet50", {}, "imagenet/resnet50"),
        ("lowlevel_resnet50", {"stride_on": "3x3"}, "imagenet/resnet50-v1.5"),
    ],
)
def test_a_low_level_network_conforms(factory: str, kwargs: dict[str, object], architecture: str) -> None:
    report = check(f"{FACTORIES}:{factory}", architecture, kwargs=kwargs)
    assert [f"{f.clause}: {f.message} {f.found}" for f in report.failed()] == []
    assert report.verdict == "conforms"
    assert report.identified.exact
    open_ = {f.clause: f.message for f in report.findings if f.outcome == "not-examined"}
    assert set(open_) <= NOT_OF_A_NETWORK, open_
    assert {f.evidence for f in report.findings if f.clause[:2] == "EQ"} == {"equivalence"}
