"""Networks that lack something are judged for what they have: backbones without a head, and with frozen BN.

A backbone of another library, in the forms in which libraries give it; then, on small networks, that what is there and
wrong still fails, and that a wrong head is no missing head.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.ops import FrozenBatchNorm2d

from resnet_conformance import check
from resnet_impl.presets import cifar_resnet20

LAYERS = {f"layer{number}": str(number) for number in (1, 2, 3, 4)}
NO_HEAD = "The network has no head."
FROZEN = "BN is frozen: in training, too, it uses the stored statistics and leaves them."


def without_fc() -> nn.Module:
    net = torchvision.models.resnet18()
    net.fc = nn.Identity()
    return net


def cut() -> nn.Module:
    return nn.Sequential(*list(torchvision.models.resnet18().children())[:-2])


def getter() -> nn.Module:
    return IntermediateLayerGetter(torchvision.models.resnet18(), LAYERS)


def features_only() -> nn.Module:
    return import_module("timm").create_model("resnet18", features_only=True)


def no_classes() -> nn.Module:
    return import_module("timm").create_model("resnet18", num_classes=0)


def detection() -> nn.Module:
    return resnet_fpn_backbone(backbone_name="resnet18", weights=None).body


@pytest.mark.parametrize(
    ("make", "lacks"),
    [
        pytest.param(without_fc, "classifier", marks=pytest.mark.slow),
        pytest.param(cut, "head", marks=pytest.mark.slow),
        pytest.param(getter, "head", marks=pytest.mark.slow),
        (features_only, "head"),
        pytest.param(no_classes, "classifier", marks=pytest.mark.slow),
        pytest.param(detection, "head", marks=pytest.mark.slow),
    ],
)
def test_a_backbone_conforms_as_far_as_it_goes(make: Callable[[], nn.Module], lacks: str) -> None:
    if make in (features_only, no_classes):
        pytest.importorskip("timm")
    report = check(make, "imagenet/resnet18", level="must", seed=3)
    assert report.verdict == "conforms"
    assert report.summary["lacks"] == lacks
    first = " ".join(str(report).split())
    assert f"conforms to imagenet/resnet18 as far as it goes: it has no {lacks} and ends with" in first
    outcomes = {f.clause: (f.outcome, f.message) for f in report.findings}
    assert outcomes["HD-02"][0] == outcomes["HD-03"][0] == "not-applicable"
    assert outcomes["HD-01"] == (("pass", "") if lacks == "classifier" else ("not-applicable", NO_HEAD))
    assert {clause for clause, (outcome, _) in outcomes.items() if outcome == "pass"} >= {"CT-01", "EQ-01", "EQ-04"}
    frozen = make is detection
    assert (outcomes["BH-03"] == ("not-applicable", FROZEN)) == frozen
    assert (outcomes["BN-03"][0] == "not-applicable") == frozen


class Maps(nn.Module):
    """A small network up to some module of its last stage; `end` makes of the maps what it gives."""

    def __init__(self, end: nn.Module | None = None) -> None:
        super().__init__()
        net = cifar_resnet20()
        self.body = nn.Sequential(*list(net.children())[:-1])
        self.end = end or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.body(x))


def test_which_children_the_small_network_has() -> None:
    assert Maps()(torch.zeros(1, 3, 32, 32)).shape == (1, 64, 8, 8)


def frozen_by_mode(learned: bool) -> Callable[[], nn.Module]:
    """Its BN stays in eval mode, whatever its network does; gamma and beta learn or do not."""

    class Still(nn.BatchNorm2d):
        def train(self, mode: bool = True) -> nn.Module:
            return super().train(False)

    def make() -> nn.Module:
        net = Maps()
        for parent in list(net.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.BatchNorm2d):
                    setattr(parent, name, Still(child.num_features).requires_grad_(learned))
        net.train()
        return net

    return make


def frozen_in_buffers() -> nn.Module:
    net = Maps()
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, FrozenBatchNorm2d(child.num_features))
    for parameter in list(net.parameters())[:3]:
        parameter.requires_grad_(False)
    return net


@pytest.mark.parametrize("make", [Maps, frozen_by_mode(True), frozen_by_mode(False), frozen_in_buffers])
def test_frozen_batch_normalization_of_a_backbone(make: Callable[[], nn.Module]) -> None:
    report = check(make, "cifar10/resnet20", evidence=["structure", "behaviour", "equivalence"], seed=3)
    open_ = [(f.clause, f.message, f.found) for f in report.findings if f.outcome == "fail"]
    assert not open_
    assert report.verdict == "conforms"


def test_the_lists_of_all_maps_are_read_by_the_deepest() -> None:
    class Lists(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList(Maps().body)

        def forward(self, x: Tensor) -> list[Tensor]:
            maps = []
            for part in self.parts:
                x = part(x)
                maps.append(x)
            return maps

    report = check(Lists, "cifar10/resnet20", evidence=["structure"], level="must", seed=3)
    assert report.summary["lacks"] == "head"
    assert not report.failed()


WRONG_ENDS = [
    (lambda: nn.Conv2d(64, 10, 1), "HD-01"),
    (lambda: nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten()), "HD-01"),
    (nn.Flatten, "HD-01"),
    (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 9), nn.Linear(9, 10)), "HD-03"),
    (lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)), "HD-02"),
    (lambda: nn.Sequential(nn.Flatten(), nn.Linear(4096, 10)), "HD-01"),
    (nn.Sigmoid, "ACT-01"),
    (lambda: nn.AvgPool2d(2), "HD-01"),
]


@pytest.mark.parametrize(("end", "clause"), WRONG_ENDS)
def test_a_wrong_head_is_no_missing_head(end: Callable[[], nn.Module], clause: str) -> None:
    report = check(lambda: Maps(end()), "cifar10/resnet20", evidence=["structure"], level="must", seed=3)
    assert report.verdict == "violates"
    assert clause in {f.clause for f in report.failed("MUST")}
    assert bool(report.summary["lacks"]) == (clause == "ACT-01")  # of which the last block is to blame


def test_classes_that_were_asked_for_must_be_there() -> None:
    def make(num_classes: int = 10) -> nn.Module:
        return Maps(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))

    known = {"evidence": ["structure"], "level": "must", "seed": 3}
    assert check(make, "cifar10/resnet20", **known).summary["lacks"] == "classifier"
    report = check(make, "cifar10/resnet20", kwargs={"num_classes": 10}, **known)
    assert "HD-02" in {f.clause for f in report.failed("MUST")}


def test_frozen_batch_normalization_before_a_classifier_is_not_the_papers() -> None:
    report = check(
        lambda: torchvision.models.resnet18(norm_layer=FrozenBatchNorm2d), evidence=["structure"], level="must", seed=3
    )
    assert [(f.clause, f.deviation) for f in report.failed("MUST")] == [("BN-03", "bn-frozen")]


def test_what_a_backbone_has_and_is_wrong_fails() -> None:
    net = torchvision.models.resnet50  # its stride stands on the 3x3

    def make() -> nn.Module:
        return nn.Sequential(*list(net().children())[:-2])

    report = check(make, "imagenet/resnet50", evidence=["structure"], level="must", seed=3)
    assert report.verdict == "violates"
    first = " ".join(str(report).split())
    assert "violates imagenet/resnet50 (BTN-04, BTN-05" in first
    assert "; it has no head and ends with the maps of its last block" in first
    assert {"BTN-04", "BTN-05"} <= {f.clause for f in report.failed("MUST")}
    assert check(make, evidence=["structure"], level="must", seed=3).architecture == "imagenet/resnet50-v1.5"
