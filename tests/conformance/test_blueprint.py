"""The blueprint, drawn and measured, gives every exact integer of the project's table of counts.

The rows are typed from FACTS (derived from He et al. 2015, Table 1 and section 4.2), independent of the spec's YAML:
parameters, BN's gamma and beta, multiply-adds, weighted layers, projections; the last column of bottlenecks with the
stride on the 3x3.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from resnet_conformance.anatomy import dissect
from resnet_conformance.architecture import Architecture
from resnet_conformance.blueprint import Choices, draw
from resnet_conformance.measure import measure, parameters_of
from resnet_conformance.spec import load_spec

# name, option: depth, projections, parameters, BN affine, multiply-adds, multiply-adds of v1.5
ROWS = {
    ("imagenet/plain18", "none"): (18, 0, 11_515_688, 7_808, 1_794_805_760, None),
    ("imagenet/resnet18", "A"): (18, 0, 11_515_688, 7_808, 1_794_805_760, None),
    ("imagenet/resnet18", "B"): (18, 3, 11_689_512, 9_600, 1_814_073_344, None),
    ("imagenet/resnet18", "C"): (18, 8, 12_043_816, 11_648, 1_878_298_624, None),
    ("imagenet/plain34", "none"): (34, 0, 21_623_848, 15_232, 3_644_493_824, None),
    ("imagenet/resnet34", "A"): (34, 0, 21_623_848, 15_232, 3_644_493_824, None),
    ("imagenet/resnet34", "B"): (34, 3, 21_797_672, 17_024, 3_663_761_408, None),
    ("imagenet/resnet34", "C"): (34, 16, 22_716_840, 22_784, 3_830_747_136, None),
    ("imagenet/resnet50", "A"): (50, 0, 22_780_456, 45_440, 3_498_311_680, 3_729_522_688),
    ("imagenet/resnet50", "B"): (50, 4, 25_557_032, 53_120, 3_857_973_248, 4_089_184_256),
    ("imagenet/resnet50", "C"): (50, 16, 40_128_552, 75_648, 6_324_224_000, 6_555_435_008),
    ("imagenet/resnet101", "A"): (101, 0, 41_772_584, 97_664, 7_210_532_864, 7_441_743_872),
    ("imagenet/resnet101", "B"): (101, 4, 44_549_160, 105_344, 7_570_194_432, 7_801_405_440),
    ("imagenet/resnet101", "C"): (101, 33, 76_981_288, 162_688, 13_530_300_416, 13_761_511_424),
    ("imagenet/resnet152", "A"): (152, 0, 57_416_232, 143_744, 10_922_754_048, 11_153_965_056),
    ("imagenet/resnet152", "B"): (152, 4, 60_192_808, 151_424, 11_282_415_616, 11_513_626_624),
    ("imagenet/resnet152", "C"): (152, 50, 107_335_720, 239_488, 20_736_376_832, 20_967_587_840),
    ("cifar10/plain20", "none"): (20, 0, 269_722, 1_376, 40_551_040, None),
    ("cifar10/resnet20", "A"): (20, 0, 269_722, 1_376, 40_551_040, None),
    ("cifar10/resnet20", "B"): (20, 2, 272_474, 1_568, 40_813_184, None),
    ("cifar10/resnet32", "A"): (32, 0, 464_154, 2_272, 68_862_592, None),
    ("cifar10/resnet32", "B"): (32, 2, 466_906, 2_464, 69_124_736, None),
    ("cifar10/resnet44", "A"): (44, 0, 658_586, 3_168, 97_174_144, None),
    ("cifar10/resnet44", "B"): (44, 2, 661_338, 3_360, 97_436_288, None),
    ("cifar10/resnet56", "A"): (56, 0, 853_018, 4_064, 125_485_696, None),
    ("cifar10/resnet56", "B"): (56, 2, 855_770, 4_256, 125_747_840, None),
    ("cifar10/resnet110", "A"): (110, 0, 1_727_962, 8_096, 252_887_680, None),
    ("cifar10/resnet110", "B"): (110, 2, 1_730_714, 8_288, 253_149_824, None),
    ("cifar10/resnet1202", "A"): (1202, 0, 19_421_274, 89_632, 2_829_238_912, None),
    ("cifar10/resnet1202", "B"): (1202, 2, 19_424_026, 89_824, 2_829_501_056, None),
}
STAGES = {  # parameters of stem, stages and classifier under option B
    "imagenet/resnet18": (9_536, 147_968, 525_568, 2_099_712, 8_393_728, 513_000),
    "imagenet/resnet34": (9_536, 221_952, 1_116_416, 6_822_400, 13_114_368, 513_000),
    "imagenet/resnet50": (9_536, 215_808, 1_219_584, 7_098_368, 14_964_736, 2_049_000),
    "imagenet/resnet101": (9_536, 215_808, 1_219_584, 26_090_496, 14_964_736, 2_049_000),
    "imagenet/resnet152": (9_536, 215_808, 2_339_840, 40_613_888, 14_964_736, 2_049_000),
}
SIZES = {
    "imagenet/resnet34": [(64, 112, 112), (64, 56, 56), (128, 28, 28), (256, 14, 14), (512, 7, 7)],
    "imagenet/resnet50": [(64, 112, 112), (256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)],
    "cifar10/resnet20": [(16, 32, 32), (16, 32, 32), (32, 16, 16), (64, 8, 8)],
}
CONVOLUTIONS = {50: 53, 101: 104, 152: 155}  # as many BN layers; counted in the released prototxts
RELUS = {18: 17, 34: 33, 50: 49, 101: 100, 152: 151}


def _architecture(name: str, option: str, strided: int = 1) -> Architecture:
    return replace(load_spec().architectures[name], options=(option,), strided=strided)


@pytest.mark.parametrize(("name", "option"), ROWS, ids=str)
def test_exact_integers(name: str, option: str) -> None:
    depth, projections, parameters, affine, operations, later = ROWS[name, option]
    graph = draw(_architecture(name, option))
    measures, anatomy = measure(graph), dissect(graph)
    found = sum(block.shortcut_kind == "projection" for block in anatomy.blocks)
    assert (anatomy.depth, found, measures.parameters) == (depth, projections, parameters)
    assert (measures.batch_norm_affine, measures.multiply_adds) == (affine, operations)
    if later is not None:
        assert measure(draw(_architecture(name, option, strided=2))).multiply_adds == later


@pytest.mark.parametrize("name", STAGES)
def test_parameters_of_each_stage(name: str) -> None:
    graph = draw(_architecture(name, "B"))
    anatomy = dissect(graph)

    def count(nodes: tuple[int, ...]) -> int:
        return parameters_of(graph, tuple(graph[i] for i in nodes))

    stages = [
        sum(count(b.residual.nodes) + count(b.shortcut.nodes if b.shortcut else ()) for b in stage)
        for stage in anatomy.stages
    ]
    assert (count(anatomy.stem), *stages, count(anatomy.head)) == STAGES[name]


@pytest.mark.parametrize("name", SIZES)
def test_sizes(name: str) -> None:
    anatomy = dissect(draw(load_spec().architectures[name]))
    stem = anatomy.stem_convolutions[0]
    found = [(stem.filters, *stem.output), *(stage[-1].output_shape[1:] for stage in anatomy.stages)]
    assert found == SIZES[name]


@pytest.mark.parametrize("depth", RELUS)
def test_layers_as_in_the_released_models(depth: int) -> None:
    measures = measure(draw(load_spec().architectures[f"imagenet/resnet{depth}"]))
    assert measures.relus == RELUS[depth]
    if depth in CONVOLUTIONS:
        assert measures.convolutions == measures.batch_norms == CONVOLUTIONS[depth]


@pytest.mark.parametrize("choice", [(1, False), (0, True)])
@pytest.mark.parametrize(("size", "maps"), [(224, 56), (225, {(1, False): 57, (0, True): 56})])
def test_the_two_pools_agree_at_even_sizes_only(
    choice: tuple[int, bool], size: int, maps: int | dict[tuple[int, bool], int]
) -> None:
    graph = draw(load_spec().architectures["imagenet/resnet18"], Choices(pool=choice), (size, size))
    pool = next(n for n in graph if n.op == "max_pool")
    assert pool.shape[2] == (maps if isinstance(maps, int) else maps[choice])


@pytest.mark.parametrize(("zeros", "before", "after"), [("after", 0, 16), ("before", 16, 0), ("both", 8, 8)])
def test_the_place_of_the_zeros(zeros: str, before: int, after: int) -> None:
    graph = draw(load_spec().architectures["cifar10/resnet20"], Choices(zeros=zeros))
    pad = next(n for n in graph if n.op == "pad")
    assert (pad.attrs["before"][1], pad.attrs["after"][1]) == (before, after)


@pytest.mark.parametrize("size", [(192, 256), (320, 320)])
def test_other_input_sizes(size: tuple[int, int]) -> None:
    anatomy = dissect(draw(load_spec().architectures["imagenet/resnet50"], size=size))
    assert anatomy.blocks[-1].output_shape[2:] == (size[0] // 32, size[1] // 32)


def test_a_generation_without_blueprint_is_refused() -> None:
    with pytest.raises(ValueError, match="no blueprint for generation 'v3'"):
        draw(replace(load_spec().architectures["cifar10/resnet20"], generation="v3"))
