"""The networks of He et al. 2016 (arXiv:1603.05027v3), typed once more by hand, and a file of several families.

Tables 2 to 5, section 4.1, footnote 3, appendix; the widths of the later groups from the released code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resnet_conformance.spec import Spec

if TYPE_CHECKING:
    from conftest import SpecCopy

FILE = "architectures/preactivation.yaml"
SMALL = [(16, 16), (32, 32), (64, 64)]
MIDDLE = [(16, 16, 64), (32, 32, 128), (64, 64, 256)]
LARGE = [(64, 64, 256), (128, 128, 512), (256, 256, 1024), (512, 512, 2048)]
NETWORKS = {
    "cifar10/preresnet110": ("basic", (18, 18, 18), SMALL, "A"),
    "cifar10/preresnet164": ("bottleneck", (18, 18, 18), MIDDLE, "B"),
    "cifar10/preresnet1001": ("bottleneck", (111, 111, 111), MIDDLE, "B"),
    "imagenet/preresnet152": ("bottleneck", (3, 8, 36, 3), LARGE, "B"),
    "imagenet/preresnet200": ("bottleneck", (3, 24, 36, 3), LARGE, "B"),
}
ERRORS = {
    "cifar10/preresnet110": [("CIFAR-10 test", 6.37, None)],
    "cifar10/preresnet164": [("CIFAR-10 test", 5.46, None), ("CIFAR-100 test", 24.33, None)],
    "cifar10/preresnet1001": [
        ("CIFAR-10 test", 4.92, None),
        ("CIFAR-10 test, mini-batch 64", 4.62, None),
        ("CIFAR-100 test", 22.71, None),
    ],
    "imagenet/preresnet152": [("1-crop 320, ImageNet val", 21.1, 5.5)],
    "imagenet/preresnet200": [
        ("1-crop 320, ImageNet val", 20.7, 5.3),
        ("1-crop 320, scale and aspect ratio augmentation, ImageNet val", 20.1, 4.8),
    ],
}
MEANS = [(4.89, 0.14), (4.69, 0.20), (22.68, 0.22)]  # of ResNet-1001, in the order above


@pytest.mark.parametrize("name", NETWORKS)
def test_the_networks(spec: Spec, name: str) -> None:
    block, units, widths, option = NETWORKS[name]
    network = spec.architectures[name]
    assert (network.generation, network.block, network.options) == ("v2", block, (option,))
    assert tuple(stage.blocks for stage in network.stages) == units
    assert [stage.widths for stage in network.stages] == widths
    assert network.depth == int("".join(filter(str.isdigit, name.partition("/")[2])))
    same = spec.architectures["imagenet/resnet50" if name.startswith("imagenet/") else "cifar10/resnet20"]
    assert (network.stem, network.size, network.channels, network.classes) == (
        same.stem,
        same.size,
        same.channels,
        same.classes,
    )
    assert [(s.name, s.stride, s.output) for s in network.stages] == [(s.name, s.stride, s.output) for s in same.stages]
    assert (network.strided, network.variant, network.base) == (1, False, None)


def test_every_network_of_the_second_paper_is_one_of_these(spec: Spec) -> None:
    assert {a.name for a in spec.architectures.values() if a.generation == "v2" and not a.paper} == set(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_errors(spec: Spec, name: str) -> None:
    errors = spec.architectures[name].errors
    assert [(e["setting"], e["top1"], e.get("top5")) for e in errors] == ERRORS[name]
    cifar = name.startswith("cifar10/")
    assert all((e.get("runs"), e.get("top1_is")) == ((5, "median") if cifar else (None, None)) for e in errors)


def test_the_five_runs_of_resnet_1001(spec: Spec) -> None:
    errors = spec.architectures["cifar10/preresnet1001"].errors
    assert [(e["mean"], e["std"]) for e in errors] == MEANS


@pytest.mark.parametrize(("name", "millions"), [("cifar10/preresnet164", 1.7), ("cifar10/preresnet1001", 10.2)])
def test_table_4_counts_weights(spec: Spec, name: str, millions: float) -> None:
    (printed,) = spec.architectures[name].printed
    assert (printed.quantity, printed.value, printed.unit, printed.digits) == ("weights", millions, 1e6, 1)
    assert printed.rule == "rounds"


@pytest.mark.parametrize(
    ("clause", "where"),
    [
        ("V2-01", set(NETWORKS)),
        ("V2-05", {"cifar10/preresnet164", "cifar10/preresnet1001"}),
        ("V2-06", {"cifar10/preresnet164", "cifar10/preresnet1001"}),
        ("V2-07", set(NETWORKS) - {"cifar10/preresnet110"}),
        ("V2-08", set(NETWORKS) - {"cifar10/preresnet110"}),
        ("V2-09", set(NETWORKS) - {"cifar10/preresnet110"}),
        ("V2-10", {"imagenet/preresnet200"}),
        ("V2-11", set(NETWORKS)),
        ("V2-12", {name for name in NETWORKS if name.startswith("cifar10/")}),
        ("V2-13", {name for name in NETWORKS if name.startswith("imagenet/")}),
        ("V2-14", {"cifar10/preresnet164", "cifar10/preresnet1001"}),
    ],
)
def test_where_a_clause_of_the_chapter_applies(spec: Spec, clause: str, where: set[str]) -> None:
    networks = {name: a for name, a in spec.architectures.items() if not a.paper}
    assert {name for name, network in networks.items() if spec.clauses[clause].applies_to(network)} == where


# FACTS section 7, the table of scopes: what holds of pre-activation nets, and what is of the nets of 2015 alone.
SHARED_I = "STEM-01 STEM-02 STEM-03 STEM-04 STEM-05 STEM-05a STG-01 STG-02 STG-04 STG-07 STG-09 STG-11"
SHARED_I += " SC-11 SC-13 CT-08"
SHARED_C = "STEM-06 STEM-07"
SHARED_BASIC = "STG-05 STG-12 STG-13 STG-14 SC-03 SC-09 SC-10 SC-16 SC-17"
SHARED_BOTTLENECK = "BTN-01 BTN-02 SC-04"
SHARED = "STG-06 STG-08 STG-10 BLK-01 BLK-05 BLK-06 SC-01 SC-02 SC-06 BN-03 BN-04 BN-05 BN-07 ACT-01 ACT-02 CB-01"
SHARED += " HD-01 HD-02 HD-03 HD-04 HD-05 HD-06 HD-07 CT-01 CT-06 CT-07"
OF_2015 = "BLK-02 BLK-03 BLK-04 BLK-07 BLK-08 BLK-09 BTN-03 BTN-04 BTN-05 BTN-06 BTN-07 SC-07 SC-08 SC-08a SC-12 SC-14"
OF_2015 += " SC-15 SC-18 BN-01 BN-02 ACT-03 CB-02 CT-02 CT-03 CT-04 CT-05 CT-09 PL-01 PL-02"


@pytest.mark.parametrize("name", NETWORKS)
def test_which_of_the_older_clauses_hold_of_it(spec: Spec, name: str) -> None:
    network = spec.architectures[name]
    wanted = set(SHARED.split()) | set((SHARED_I if network.dataset == "imagenet" else SHARED_C).split())
    wanted |= set((SHARED_BASIC if network.block == "basic" else SHARED_BOTTLENECK).split())
    asked = wanted | set(f"{SHARED_I} {SHARED_C} {SHARED_BASIC} {SHARED_BOTTLENECK} {OF_2015}".split())
    assert {clause for clause in asked if spec.clauses[clause].applies_to(network)} == wanted


FAULTS = [
    ("title: Pre-activation ResNet-164\n", "depth: 164", "depth: ¦165", "the blocks make the depth 1 + 3 x 54 + 1"),
    ("title: Pre-activation ResNet-1001\n", "n: 111", "n: 110", "9n+2 makes 992 of n = 110, not 1001"),
    ("# bottlenecks, 9n+2", "output: 16", "output: ¦17", "stride 2 makes 16x16 of 32x32, not 17x17"),
    ("# bottlenecks, 9n+2", "[16, 16, 64]", "¦[16, 64]", "2 widths for the 3 convolutions of a bottleneck block"),
    ("# basic blocks, 6n+2", "cifar10/preresnet110:", "¦imagenet/preresnet110:", "is outside its family"),
    ("# bottlenecks, 9n+2", "K1 resnet-pre-act.lua", "¦K9 resnet-pre-act.lua", "unknown source 'K9'"),
    ("  - family: imagenet", "kernel: 7", "¦kernal: 7", "unknown key 'kernal' (did you mean 'kernel'?)"),
    ("ResNet-1001\n", "quantity: weights", "quantity: ¦weight", "expected parameters, weights or multiply_adds"),
    ("ResNet-110\n", "top1_is: median", "top1_is: ¦mean", "expected best or median, found the text 'mean'"),
    ("ResNet-164\n", "parameters: 1703258", "parameters: ¦1704154", "but the network it describes has 1,703,258"),
    ("ResNet-1001\n", "quantity: weights", "quantity: parameters", "10.2 contradict the computed 10,327,706"),
    ("", "\nfamilies:\n", "\nfamilies: ¦[]\nolder:\n", "this must not be empty"),
    ("", "  - family: cifar10", "  - ¦none\n  - family: cifar10", "expected a mapping"),
]  # fmt: skip


@pytest.mark.parametrize(("after", "old", "new", "words"), FAULTS, ids=[case[3][:40] for case in FAULTS])
def test_a_fault_in_one_of_several_families_is_told_at_its_place(
    spec_copy: SpecCopy, after: str, old: str, new: str, words: str
) -> None:
    spec_copy.refuses(FILE, after, old, new, words)
