"""Which clauses each variant replaces, typed once more by hand."""

from __future__ import annotations

from resnet_conformance.spec import Spec

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
