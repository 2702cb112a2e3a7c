"""Which clauses each variant replaces, typed once more by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.own_blueprint import refuse_unreplaced
from resnet_conformance.spec import Spec, SpecError, load_spec

if TYPE_CHECKING:
    from conftest import SpecCopy

V1_5 = {"BTN-04": "BTN-06", "BTN-05": "BTN-06", "CT-05": None}
WITH_B = dict.fromkeys(("SC-09", "CT-02", "CT-03", "CT-04", "CT-09"))
SMALL = {"STEM-04": "STEM-07", "STEM-05": None, "STEM-05a": None, "STG-11": None, "CT-05": None}
RELATIVE = V1_5 | dict.fromkeys(("CT-08", "TI-02", "TI-03"))  # of imagenet/resnet50, whose conv1 may have a bias, more
TRAINED = dict.fromkeys(("TC-01", "TC-02", "TC-03", "TC-04", "TC-06", "V2-12"))
REPLACES = {
    **{f"imagenet/{name}50-{form}": RELATIVE | {"CB-02": None} for name, form in (("resnext", "32x4d"), ("wrn", "2"))},
    **{
        f"imagenet/{name}": RELATIVE
        for name in ("resnext101-32x4d", "resnext101-64x4d", "resnext101-32x8d", "wrn101-2")
    },
    **{
        f"cifar10/wrn{name}": WITH_B | dict.fromkeys(("STG-05", "STG-14")) | TRAINED
        for name in ("16-8", "28-10", "40-4")
    },
    **{f"imagenet/resnet{depth}-v1.5": V1_5 for depth in (50, 101, 152)},
    **{f"cifar10/resnet{depth}-B": WITH_B for depth in (20, 32, 44, 56, 110)},
    **{f"cifar10/resnet{depth}-imagenet-blocks": SMALL for depth in (18, 34)},
    **{f"cifar10/resnet{depth}-imagenet-blocks": SMALL | V1_5 for depth in (50, 101, 152)},
}
REPLACES["cifar10/resnet50-imagenet-blocks"] = REPLACES["cifar10/resnet50-imagenet-blocks"] | {"CB-02": None}


def test_what_variants_replace(spec: Spec) -> None:
    assert {name: dict(a.replaces) for name, a in spec.architectures.items() if a.variant} == REPLACES


def test_whose_networks_the_relatives_are(spec: Spec) -> None:
    papers = {name: a.paper for name, a in spec.architectures.items() if a.paper}
    xie, zagoruyko = "Xie et al. 2017", "Zagoruyko and Komodakis 2016"
    assert papers == {
        **{f"imagenet/resnext{name}": xie for name in ("50-32x4d", "101-32x4d", "101-64x4d")},
        **dict.fromkeys(("imagenet/wrn50-2", "cifar10/wrn16-8", "cifar10/wrn28-10", "cifar10/wrn40-4"), zagoruyko),
    }


def test_a_variant_that_breaks_what_it_does_not_replace_is_refused_at_its_place(spec_copy: SpecCopy) -> None:
    """Its own network would violate it: the clauses are named, and what to write."""
    file = "architectures/variants.yaml"
    replaced = "replaces: {BTN-04: BTN-06, BTN-05: BTN-06, CT-05: none}"
    place = spec_copy.change(file, "resnet50-v1.5:", replaced, "¦replaces: {CT-05: none}")
    spec = load_spec(spec_copy.root)
    with pytest.raises(SpecError) as caught:
        refuse_unreplaced(spec.architectures["imagenet/resnet50-v1.5"], spec)
    told = {fault.message.partition(",")[0]: fault for fault in caught.value.faults}
    assert set(told) == {
        f"the network of imagenet/resnet50-v1.5 itself breaks {clause}" for clause in ("BTN-04", "BTN-05")
    }
    assert all((fault.file, fault.line, fault.column) == (f"spec/{file}", *(place or ())) for fault in told.values())
    assert all("add BTN-04 to 'replaces'" in f.message or "'BTN-05: none'" in f.message for f in told.values())


@pytest.mark.parametrize("name", ["imagenet/resnet50-v1.5", "cifar10/resnet18-imagenet-blocks", "imagenet/resnet50"])
def test_a_variant_that_replaces_what_it_breaks_is_let_pass(spec: Spec, name: str) -> None:
    """So are the papers' own; every other variant is held against itself in tests/conformance/test_judge.py."""
    refuse_unreplaced(spec.architectures[name], spec)
