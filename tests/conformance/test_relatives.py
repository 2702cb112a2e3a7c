"""ResNeXt and wide ResNets: networks of other papers, in spec files of their own, judged by the same clauses.

The figures are those that their libraries count or that their papers print (Xie et al. 2017, Table 1; Zagoruyko and
Komodakis 2016, Table 5: 36.5M, 8.9M, 11.0M), typed here and not read from the spec.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_conformance import check
from resnet_conformance.findings import Report
from resnet_conformance.spec import load_spec
from tests.relatives import NETWORKS, Bottleneck, resnext, wrn

PARAMETERS = {
    "imagenet/resnext50-32x4d": 25_028_904,  # as torchvision documents them
    "imagenet/resnext101-32x8d": 88_791_336,
    "imagenet/resnext101-64x4d": 83_455_272,
    "imagenet/wrn50-2": 68_883_240,
    "imagenet/wrn101-2": 126_886_696,
}
PRINTED = {"cifar10/wrn28-10": 36.5, "cifar10/wrn40-4": 8.9, "cifar10/wrn16-8": 11.0}  # millions


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_networks_have_the_parameters_that_are_known_of_them(name: str) -> None:
    assert load_spec().architectures[name].derived["B"].parameters == PARAMETERS[name]


@pytest.mark.parametrize("name", PRINTED)
def test_wide_networks_have_the_parameters_that_their_paper_prints(name: str) -> None:
    assert round(load_spec().architectures[name].derived["B"].parameters / 1e6, 1) == PRINTED[name]


# Clauses that hold of the base and not of them, beside those that hold in their place
RESNEXT = {"CT-05", "CT-08", "BTN-04", "BTN-05", "TI-02", "TI-03"}
# the base has option A and 6n+2 layers, and is trained otherwise
WIDE = {"STG-05", "STG-14", "SC-03", "SC-16", "SC-17", "SC-09", "TC-01", "TC-02", "TC-03", "TC-04", "TC-06", "V2-12"}
SCOPES = {
    "imagenet/resnext50-32x4d": ("imagenet/resnet50", {*RESNEXT, "CB-02"}),
    "imagenet/resnext101-32x8d": ("imagenet/resnet101", RESNEXT),
    "imagenet/wrn50-2": ("imagenet/resnet50", {*RESNEXT, "CB-02"}),
    "cifar10/wrn28-10": ("cifar10/preresnet110", WIDE),
}


@pytest.mark.parametrize("name", SCOPES)
def test_the_clauses_of_the_base_hold_but_for_those_of_other_stride_width_and_depth(name: str) -> None:
    spec, (base, without) = load_spec(), SCOPES[name]

    def applied(to: str) -> set[str]:
        return {c for c, clause in spec.clauses.items() if clause.applies_to(spec.architectures[to])}

    assert applied(base) - applied(name) == without
    assert applied(name) - applied(base) <= {"SC-04", "V2-08"}  # of option B, where the base has A


RIGHT = {name: NETWORKS[name] for name in ("imagenet/resnext50-32x4d", "cifar10/wrn16-8", "imagenet/wrn50-2")}


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_the_right_network_is_found_and_conforms(name: str) -> None:
    report = check(RIGHT[name], seed=1)
    assert (report.architecture, report.verdict) == (name, "conforms"), [f.clause for f in report.failed()]
    assert (report.identified.architecture, report.identified.exact) == (name, True)


def failed(report: Report) -> set[str]:
    return {f.clause for f in report.failed("MUST")}


def test_another_cardinality_violates_the_bottlenecks_clause() -> None:
    """16 groups of eight: as many filters, other groups."""
    with torch.device("meta"):
        net = resnext(50, groups=16)
    report = check(net, "imagenet/resnext50-32x4d", evidence=("structure",))
    [finding] = [f for f in report.failed("MUST") if f.clause == "BTN-01"]
    assert finding.expected.endswith(", 32 groups")
    assert finding.found.startswith("1x1, 128 -> 3x3, 128 -> 1x1, 256 (16 groups); ")


def test_one_group_is_told_where_32_are_due() -> None:
    with torch.device("meta"):
        net = resnext(50, groups=1)
    report = check(net, "imagenet/resnext50-32x4d", evidence=("structure",))
    [finding] = [f for f in report.failed("MUST") if f.clause == "BTN-01"]
    assert "(one group)" in finding.found


def test_a_resnext_is_no_resnet_and_a_resnet_no_resnext() -> None:
    with torch.device("meta"):
        one, other = resnext(50), resnext(50, groups=1, width=64)
    assert {"STG-04", "BTN-01", "BTN-02"} <= failed(check(one, "imagenet/resnet50", evidence=("structure",)))
    assert {"STG-04", "BTN-01"} <= failed(check(other, "imagenet/resnext50-32x4d", evidence=("structure",)))
    assert check(other, evidence=("structure",)).architecture == "imagenet/resnet50-v1.5"


def test_a_resnext_that_is_wider_than_its_output_has_other_widths_and_not_its_layers_in_another_order() -> None:
    """ResNeXt-101 32x16d: 512 filters in 32 groups before 256."""
    with torch.device("meta"):
        found = check(resnext(50, width=512), "imagenet/resnet50", evidence=("structure",))
    assert {"widths", "grouped-conv"} <= set(found.identified.deviations) | {f.deviation for f in found.failed("MUST")}
    assert "bottleneck-order" not in {f.deviation for f in found.failed("MUST")}


def test_bottlenecks_are_near_no_network_of_basic_blocks() -> None:
    """ResNeXt-20 for CIFAR-10 has the stages of WRN-16-8, and other blocks."""
    with torch.device("meta"):
        stem = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        shapes = [(64, 64, 256, 1), (256, 64, 256, 1), (256, 128, 512, 2), (512, 128, 512, 1)]
        shapes += [(512, 256, 1024, 2), (1024, 256, 1024, 1)]
        blocks = [Bottleneck(*shape, groups=16) for shape in shapes]
        net = nn.Sequential(*stem, *blocks, nn.AvgPool2d(8), nn.Flatten(), nn.Linear(1024, 10))
    report = check(net, evidence=("structure",), input=(3, 32, 32))
    assert report.identified.architecture is None


def test_a_wide_network_whose_projection_reads_x_is_blamed() -> None:
    report = check(lambda: wrn(2, 8, raw=True), "cifar10/wrn16-8", seed=1)
    assert report.verdict == "violates"


def test_the_first_line_says_whose_network_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    from resnet_conformance.reports.headline import headline
    from resnet_conformance.reports.identity import sentence
    from resnet_conformance.show import show

    with torch.device("meta"):
        report = check(resnext(50), evidence=("structure",))
    spec = load_spec()
    assert "the network of Xie et al. 2017 and not the paper's network" in headline(report, spec)
    assert sentence(report.identified, spec) == (
        "It is exactly imagenet/resnext50-32x4d: ResNeXt-50 (32x4d), of Xie et al. 2017."
    )
    show(spec.architectures["imagenet/resnext50-32x4d"], Console(width=120))
    assert "variant of imagenet/resnet50, of Xie et al. 2017" in capsys.readouterr().out
