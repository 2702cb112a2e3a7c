"""The blueprints of He et al. 2016, drawn and measured, and where their activations stand.

The rows are typed from FACTS (derived from the paper's tables and appendix), independent of the spec's YAML:
weighted layers, projections, parameters, BN's gamma and beta, multiply-adds; the last column with the stride on the
3x3.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_conformance.anatomy import Anatomy, dissect
from resnet_conformance.architecture import Architecture
from resnet_conformance.blueprint import Choices, draw
from resnet_conformance.choices import adopt
from resnet_conformance.measure import measure
from resnet_conformance.spec import load_spec

PRE101 = "imagenet/preresnet101"  # of no paper's table; its counts are known
# name, option, classes: depth, projections, parameters, BN affine, multiply-adds, with the stride on the 3x3
ROWS = {
    ("cifar10/preresnet110", "A", 10): (110, 0, 1_727_962, 8_096, 252_887_680, None),
    ("cifar10/preresnet110", "B", 10): (110, 2, 1_730_522, 8_096, 253_149_824, None),
    ("cifar10/preresnet110", "A", 100): (110, 0, 1_733_812, 8_096, 252_893_440, None),
    ("cifar10/preresnet164", "B", 10): (164, 3, 1_703_258, 24_224, 244_500_992, 247_646_720),
    ("cifar10/preresnet164", "B", 100): (164, 3, 1_726_388, 24_224, 244_524_032, None),
    ("cifar10/preresnet1001", "B", 10): (1001, 3, 10_327_706, 149_216, 1_487_849_984, 1_490_995_712),
    ("cifar10/preresnet1001", "B", 100): (1001, 3, 10_350_836, 149_216, 1_487_873_024, None),
    (PRE101, "B", 1000): (101, 4, 44_541_480, 97_664, 7_570_194_432, 7_801_405_440),
    ("imagenet/preresnet152", "B", 1000): (152, 4, 60_185_128, 143_744, 11_282_415_616, 11_513_626_624),
    ("imagenet/preresnet200", "B", 1000): (200, 4, 64_666_152, 168_320, 14_776_270_848, 15_007_481_856),
}
WEIGHTS = {"cifar10/preresnet164": 1_679_034, "cifar10/preresnet1001": 10_178_490}  # printed as 1.7M and 10.2M
AT_320 = {
    PRE101: 15_447_244_800,
    "imagenet/preresnet152": 23_023_206_400,
    "imagenet/preresnet200": 30_153_523_200,
}
NAMES = tuple(dict.fromkeys(name for name, _, _ in ROWS if name != PRE101))
WIDTHS = {"cifar10/preresnet110": 64, "cifar10/preresnet164": 256, "cifar10/preresnet1001": 256}  # else 2048


def architecture(name: str, option: str = "", classes: int = 0, strided: int = 1) -> Architecture:
    found = load_spec().architectures[name if name != PRE101 else "imagenet/preresnet152"]
    if name == PRE101:
        counts = zip(found.stages, (3, 4, 23, 3), strict=True)
        found = replace(found, depth=101, stages=tuple(replace(s, blocks=n) for s, n in counts))
    options = (option,) if option else found.options
    return replace(found, options=options, classes=classes or found.classes, strided=strided)


@pytest.mark.parametrize(("name", "option", "classes"), ROWS, ids=str)
def test_exact_integers(name: str, option: str, classes: int) -> None:
    depth, projections, parameters, affine, operations, later = ROWS[name, option, classes]
    graph = draw(architecture(name, option, classes))
    measures, anatomy = measure(graph), dissect(graph)
    found = sum(block.shortcut_kind == "projection" for block in anatomy.blocks)
    assert (anatomy.depth, found, measures.parameters) == (depth, projections, parameters)
    assert (measures.batch_norm_affine, measures.multiply_adds) == (affine, operations)
    if later is not None:
        strided = draw(architecture(name, option, classes, strided=2))
        assert measure(strided).multiply_adds == later
        chosen = Choices(strided=(2,) * len(anatomy.stages))
        assert measure(draw(architecture(name, option, classes), chosen)).multiply_adds == later


@pytest.mark.parametrize("classes", [10, 100, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_classes_change_the_classifier_alone(name: str, classes: int) -> None:
    base = architecture(name)
    more = classes - base.classes
    width = WIDTHS.get(name, 2048)
    derived, measures = base.derived[base.option], measure(draw(architecture(name, classes=classes)))
    assert measures.parameters == derived.parameters + more * (width + 1)
    assert measures.multiply_adds == derived.multiply_adds + more * width


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_as_table_4_counts_them(name: str) -> None:
    network = architecture(name)
    assert network.derived["B"].weights == WEIGHTS[name]
    assert (network.printed[0].quantity, network.printed[0].rule) == ("weights", "rounds")


@pytest.mark.parametrize("name", AT_320)
def test_multiply_adds_at_320(name: str) -> None:
    assert measure(draw(architecture(name), size=(320, 320))).multiply_adds == AT_320[name]


def shape_of(anatomy: Anatomy) -> tuple[tuple[str, ...], set[tuple[object, ...]], tuple[str, ...]]:
    """Stem, the distinct units, head."""
    units = {
        (
            anatomy.ops(b.pre),
            b.residual.ops,
            b.shortcut.ops if b.shortcut else None,
            anatomy.ops(b.post),
        )
        for b in anatomy.blocks
    }
    return anatomy.ops(anatomy.stem), units, anatomy.ops(anatomy.head)


PRE = ("batch_norm", "relu")
BASIC, BOTTLENECK = ("conv", *PRE, "conv"), ("conv", *PRE, "conv", *PRE, "conv")
HEAD = (*PRE, "global_avg_pool", "linear")


@pytest.mark.parametrize("name", NAMES)
def test_where_the_activations_stand(name: str) -> None:
    anatomy = dissect(draw(architecture(name)))
    stem, units, head = shape_of(anatomy)
    assert anatomy.preactivation
    assert stem == ("conv", *PRE, *(("max_pool",) if name.startswith("imagenet/") else ()))
    assert head == HEAD
    if name == "cifar10/preresnet110":
        grown = ((), (*PRE, *BASIC), ("slice", "pad"), ())
        assert units == {((), BASIC, (), ()), ((), (*PRE, *BASIC), (), ()), grown}
    else:  # the first unit shares the stem's activation; the others that increase dimensions have their own
        assert units == {
            ((), BOTTLENECK, ("conv",), ()),
            (PRE, BOTTLENECK, ("conv",), ()),
            ((), (*PRE, *BOTTLENECK), (), ()),
        }
        first = anatomy.blocks[0]
        assert not first.pre
        assert all(block.pre for block in anatomy.blocks[1:] if block.increases)


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("cifar10/preresnet110", Choices()),
        ("cifar10/preresnet110", Choices(zero_pad_reads="pre-activation")),
        ("cifar10/preresnet164", Choices(strided=(1, 2, 1))),
        ("cifar10/preresnet164", Choices(strided=(1, 2, 2), projection_bn=frozenset({0, 2}))),
        ("imagenet/preresnet152", Choices(pool=(0, True), strided=(1, 2, 2, 2))),
    ],
)
def test_the_choices_that_were_drawn_are_found(name: str, choices: Choices) -> None:
    network = architecture(name)
    found = adopt(network, dissect(draw(network, choices)))
    assert found.zero_pad_reads == choices.zero_pad_reads
    assert found.projection_bn == choices.projection_bn
    assert found.strided == (choices.strided or (1,) * len(network.stages))
    assert choices.pool in (None, found.pool)


def test_the_choices_of_zero_padding_shortcuts_change_no_count() -> None:
    network = architecture("cifar10/preresnet110")
    other = draw(network, Choices(zero_pad_reads="pre-activation"))
    assert measure(other) == measure(draw(network))
    grown = [b for b in dissect(other).blocks if b.increases]
    assert [dissect(other).ops(b.pre) for b in grown] == [PRE, PRE]


def test_a_network_of_2015_has_no_choices_of_2016() -> None:
    network = load_spec().architectures["imagenet/resnet50"]
    found = adopt(network, dissect(draw(replace(network, strided=2), Choices(pool=(0, True)))))
    assert found == Choices(pool=(0, True))
