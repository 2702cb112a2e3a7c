"""What Table 1 and Table 6 of He et al. 2015 (arXiv:1512.03385) fix: depth, parameters, multiply-adds.

The paper prints depths and rounded FLOPs and, for CIFAR-10, rounded parameters. The integers here follow
from its tables by arithmetic: no convolution bias, BN's gamma and beta counted, fc with bias; a
multiply-add of every convolution and of fc counts one, at 224x224 and 1000 classes or 32x32 and 10.
"""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

import resnet_impl as r


def count_multiply_adds(net, size):
    total = 0

    def add(layer, inputs, output):
        nonlocal total
        total += layer.weight[0].numel() * output.numel()

    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(add)
    net(torch.empty(1, 3, size, size, device="meta"))
    return total


def on_meta(constructor, *args, **kwargs):
    with torch.device("meta"):
        return constructor(*args, **kwargs)


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


# constructor, weighted layers, projections, parameters, of them BN affine, multiply-adds
IMAGENET = [
    (r.plain18, 18, 0, 11_515_688, 7_808, 1_794_805_760),
    (r.resnet18, 18, 0, 11_515_688, 7_808, 1_794_805_760),
    (partial(r.resnet18, "B"), 18, 3, 11_689_512, 9_600, 1_814_073_344),
    (partial(r.resnet18, "C"), 18, 8, 12_043_816, 11_648, 1_878_298_624),
    (r.plain34, 34, 0, 21_623_848, 15_232, 3_644_493_824),
    (r.resnet34, 34, 0, 21_623_848, 15_232, 3_644_493_824),
    (partial(r.resnet34, "B"), 34, 3, 21_797_672, 17_024, 3_663_761_408),
    (partial(r.resnet34, "C"), 34, 16, 22_716_840, 22_784, 3_830_747_136),
    (partial(r.resnet50, "A"), 50, 0, 22_780_456, 45_440, 3_498_311_680),
    (partial(r.resnet50, "A", "3x3"), 50, 0, 22_780_456, 45_440, 3_729_522_688),
    (r.resnet50, 50, 4, 25_557_032, 53_120, 3_857_973_248),
    (partial(r.resnet50, "B", "3x3"), 50, 4, 25_557_032, 53_120, 4_089_184_256),
    (partial(r.resnet50, "C"), 50, 16, 40_128_552, 75_648, 6_324_224_000),
    (partial(r.resnet50, "C", "3x3"), 50, 16, 40_128_552, 75_648, 6_555_435_008),
    (partial(r.resnet101, "A"), 101, 0, 41_772_584, 97_664, 7_210_532_864),
    (r.resnet101, 101, 4, 44_549_160, 105_344, 7_570_194_432),
    (partial(r.resnet101, "B", "3x3"), 101, 4, 44_549_160, 105_344, 7_801_405_440),
    (partial(r.resnet101, "C"), 101, 33, 76_981_288, 162_688, 13_530_300_416),
    (partial(r.resnet152, "A"), 152, 0, 57_416_232, 143_744, 10_922_754_048),
    (r.resnet152, 152, 4, 60_192_808, 151_424, 11_282_415_616),
    (partial(r.resnet152, "B", "3x3"), 152, 4, 60_192_808, 151_424, 11_513_626_624),
    (partial(r.resnet152, "C"), 152, 50, 107_335_720, 239_488, 20_736_376_832),
]
CIFAR = [
    (r.cifar_plain20, 20, 0, 269_722, 1_376, 40_551_040),
    (r.cifar_resnet20, 20, 0, 269_722, 1_376, 40_551_040),
    (partial(r.cifar_resnet20, "B"), 20, 2, 272_474, 1_568, 40_813_184),
    (r.cifar_plain32, 32, 0, 464_154, 2_272, 68_862_592),
    (r.cifar_resnet32, 32, 0, 464_154, 2_272, 68_862_592),
    (partial(r.cifar_resnet32, "B"), 32, 2, 466_906, 2_464, 69_124_736),
    (r.cifar_plain44, 44, 0, 658_586, 3_168, 97_174_144),
    (r.cifar_resnet44, 44, 0, 658_586, 3_168, 97_174_144),
    (partial(r.cifar_resnet44, "B"), 44, 2, 661_338, 3_360, 97_436_288),
    (r.cifar_plain56, 56, 0, 853_018, 4_064, 125_485_696),
    (r.cifar_resnet56, 56, 0, 853_018, 4_064, 125_485_696),
    (partial(r.cifar_resnet56, "B"), 56, 2, 855_770, 4_256, 125_747_840),
    (r.cifar_plain110, 110, 0, 1_727_962, 8_096, 252_887_680),
    (r.cifar_resnet110, 110, 0, 1_727_962, 8_096, 252_887_680),
    (partial(r.cifar_resnet110, "B"), 110, 2, 1_730_714, 8_288, 253_149_824),
]
DEEPEST = (r.cifar_resnet1202, 1202, 0, 19_421_274, 89_632, 2_829_238_912)


@pytest.mark.parametrize(
    ("constructor", "depth", "projections", "total", "affine", "multiply_adds", "size"),
    [(*row, 224) for row in IMAGENET]
    + [(*row, 32) for row in CIFAR]
    + [pytest.param(*DEEPEST, 32, marks=pytest.mark.slow)],
)
def test_counts(constructor, depth, projections, total, affine, multiply_adds, size):
    net = on_meta(constructor)
    layers = dict(net.named_modules())
    convolutions = [name for name, module in layers.items() if isinstance(module, nn.Conv2d)]
    bns = [module for module in layers.values() if isinstance(module, nn.BatchNorm2d)]
    weighted = [name for name in convolutions if "shortcut" not in name] + ["fc"]

    assert len(weighted) == depth
    assert len(convolutions) - len(weighted) + 1 == projections
    assert len(bns) == len(convolutions)
    assert sum(parameters(bn) for bn in bns) == affine
    assert parameters(net) == total
    assert count_multiply_adds(net, size) == multiply_adds


@pytest.mark.parametrize("n", [1, 2, 4, 18])
def test_cifar_depth_and_parameters_are_linear_in_n(n):
    net, plain = on_meta(r.cifar_resnet, n), on_meta(r.cifar_plain, n)
    assert sum(isinstance(module, nn.Conv2d | nn.Linear) for module in net.modules()) == 6 * n + 2
    assert parameters(net) == parameters(plain) == 97_216 * n - 21_926


@pytest.mark.parametrize(
    ("net", "plain"),
    [
        (r.resnet18, r.plain18),
        (r.resnet34, r.plain34),
        (r.cifar_resnet20, r.cifar_plain20),
        (r.cifar_resnet110, r.cifar_plain110),
    ],
)
def test_plain_twin_has_the_state_of_the_option_a_net(net, plain):
    """Section 4.1: "no extra parameter compared to the plain counterparts" - same names, same shapes."""
    shapes = [{k: v.shape for k, v in on_meta(build).state_dict().items()} for build in (net, plain)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    ("constructor", "total"),
    [
        # option B's totals above, less 7,680 (conv1: 9,408 -> 1,728) and less 990 fc rows of 513 or 2,049
        (r.resnet18_cifar_stem, 11_173_962),
        (r.resnet34_cifar_stem, 21_282_122),
        (r.resnet50_cifar_stem, 23_520_842),
        (r.resnet101_cifar_stem, 42_512_970),
        (r.resnet152_cifar_stem, 58_156_618),
    ],
)
def test_cifar_stem_variants(constructor, total):
    assert parameters(on_meta(constructor)) == total
