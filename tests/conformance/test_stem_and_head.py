"""Where a stem ends and where a head begins, read from the wiring alone: deep stems, and a convolution in the head."""

from __future__ import annotations

import pytest
from torch import nn

from resnet_conformance import check, identify
from resnet_conformance.anatomy import Anatomy, dissect
from resnet_conformance.capture import capture
from tests.conformance.resnets import layer, network


def anatomy(module: nn.Module) -> Anatomy:
    return dissect(capture(module.eval(), (1, 3, 224, 224)))


PAPER = (layer(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1))
DEEP = (layer(3, 32, 3, 2), layer(32, 32, 3), layer(32, 64, 3), nn.MaxPool2d(3, 2, 1))
# ResNet-RS (Bello et al. 2021) has a convolution of stride 2 in the pool's place
WITHOUT_POOL = (layer(3, 32, 3, 2), layer(32, 32, 3), layer(32, 64, 3), layer(64, 64, 3, 2))
ONLY = (layer(3, 64, 3, 2), layer(64, 64, 3, 2))
STEMS = {"the paper's": (PAPER, 1), "deep": (DEEP, 3), "deep, no pool": (WITHOUT_POOL, 4), "two layers": (ONLY, 2)}


@pytest.mark.parametrize("bottleneck", [True, False], ids=["bottleneck", "basic"])
@pytest.mark.parametrize("name", STEMS)
def test_all_that_stands_before_the_first_block_is_the_stem(name: str, bottleneck: bool) -> None:
    stem, convolutions = STEMS[name]
    found = anatomy(network(list(stem), bottleneck))
    assert len(found.stem_convolutions) == convolutions
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]


@pytest.mark.parametrize("bottleneck", [True, False], ids=["bottleneck", "basic"])
@pytest.mark.parametrize("lost", [0, 3])
def test_a_block_that_lost_its_shortcut_is_no_stem(lost: int, bottleneck: bool) -> None:
    found = anatomy(network(list(PAPER), bottleneck, lost))
    assert len(found.stem_convolutions) == 1
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]
    assert [b.shortcut is None for b in found.blocks] == [position == lost for position in range(16)]


def test_a_first_block_that_lost_its_shortcut_is_no_stem_where_no_pool_stands_before_it() -> None:
    found = anatomy(network([layer(3, 64, 3)], lost=0))
    assert len(found.stem_convolutions) == 1
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]


@pytest.mark.parametrize("bottleneck", [True, False], ids=["bottleneck", "basic"])
def test_a_lost_block_behind_a_deep_stem_without_a_pool_is_told_from_it(bottleneck: bool) -> None:
    found = anatomy(network(list(WITHOUT_POOL), bottleneck, lost=[0, 1]))
    assert len(found.stem_convolutions) == 4
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]
    assert [b.shortcut is None for b in found.blocks[:3]] == [True, True, False]


def test_three_convolutions_that_widen_and_stride_are_a_stem_and_no_basic_block() -> None:
    stem = [layer(3, 32, 3, 2), layer(32, 32, 3), layer(32, 64, 3, 2)]
    assert len(anatomy(network(stem, bottleneck=False)).stem_convolutions) == 3


def test_lost_blocks_of_other_kernels_are_no_stem() -> None:
    """Neither do they stride nor widen, nor is one of 1x1 a stem's."""
    for lost in ([layer(64, 64, 5), layer(64, 64, 5)], [layer(64, 32, 1), layer(32, 64, 3)]):
        found = anatomy(network([layer(3, 64, 3), *lost], bottleneck=False))
        assert len(found.stem_convolutions) == 1
        assert found.blocks[0].shortcut is None


def test_a_network_with_a_deep_stem_without_pool_is_near_the_imagenet_network() -> None:
    found = identify(network(list(WITHOUT_POOL)))
    assert found.architecture == "imagenet/resnet50-v1.5"
    assert "stem-deep" in found.deviations


@pytest.mark.parametrize("bottleneck", [True, False], ids=["bottleneck", "basic"])
def test_a_convolution_before_the_pool_is_the_heads(bottleneck: bool) -> None:
    """timm's resnet33ts and resnet61q widen the last map so; a block that lost its shortcut has a block's kernels."""
    net = network(list(PAPER), bottleneck)
    assert isinstance(net, nn.Sequential)
    net.insert(len(net) - 3, layer(net[-1].in_features, 640, 1))
    net[-1] = nn.Linear(640, 1000)
    found = anatomy(net)
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]
    assert found.ops(found.head)[:3] == ("conv", "batch_norm", "relu")
    assert found.blocks[-1].post  # its ReLU stays its own
    assert check(net, "imagenet/resnet50" if bottleneck else "imagenet/resnet34", only="HD-*").verdict == "violates"


@pytest.mark.parametrize("bottleneck", [True, False], ids=["bottleneck", "basic"])
def test_a_last_block_that_lost_its_shortcut_is_no_head(bottleneck: bool) -> None:
    found = anatomy(network(list(PAPER), bottleneck, lost=15))
    assert [len(stage) for stage in found.stages] == [3, 4, 6, 3]
    assert found.blocks[-1].shortcut is None
