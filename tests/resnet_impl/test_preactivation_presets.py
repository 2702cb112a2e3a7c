"""The pre-activation nets of He et al. 2016 (arXiv:1603.05027) by name: Table 2 to 5, footnote 3 and the appendix.

The paper prints depths, and parameters of two nets (Table 4: 1.7M and 10.2M). The integers here follow by arithmetic:
no convolution bias, no BN behind a projection, BN's gamma and beta counted, fc with bias; a multiply-add of every
convolution and of fc counts one, at 224x224 or 32x32.
"""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn

import resnet_impl as r

pytestmark = pytest.mark.slow

IMAGENET = {"conv2_x": (256, 56), "conv3_x": (512, 28), "conv4_x": (1024, 14), "conv5_x": (2048, 7)}
BASIC = {"maps32": (16, 32), "maps16": (32, 16), "maps8": (64, 8)}
BOTTLENECK = {"maps32": (64, 32), "maps16": (128, 16), "maps8": (256, 8)}


def on_meta(constructor, *args, **options):
    with torch.device("meta"):
        return constructor(*args, **options)


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


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


# constructor, weighted layers, projections, parameters, of them BN affine, multiply-adds
CIFAR10 = [
    (r.cifar_preresnet110, 110, 0, 1_727_962, 8_096, 252_887_680),
    (partial(r.cifar_preresnet110, "B"), 110, 2, 1_730_522, 8_096, 253_149_824),
    (r.cifar_preresnet164, 164, 3, 1_703_258, 24_224, 244_500_992),
    (partial(r.cifar_preresnet164, stride_on="3x3"), 164, 3, 1_703_258, 24_224, 247_646_720),
    (r.cifar_preresnet1001, 1001, 3, 10_327_706, 149_216, 1_487_849_984),
    (partial(r.cifar_preresnet1001, stride_on="3x3"), 1001, 3, 10_327_706, 149_216, 1_490_995_712),
]
CIFAR100 = [
    (partial(r.cifar_preresnet164, num_classes=100), 164, 3, 1_726_388, 24_224, 244_524_032),
    (partial(r.cifar_preresnet1001, num_classes=100), 1001, 3, 10_350_836, 149_216, 1_487_873_024),
]
IMAGENET_1000 = [
    (r.preresnet152, 152, 4, 60_185_128, 143_744, 11_282_415_616),
    (partial(r.preresnet152, stride_on="3x3"), 152, 4, 60_185_128, 143_744, 11_513_626_624),
    (r.preresnet200, 200, 4, 64_666_152, 168_320, 14_776_270_848),
    (partial(r.preresnet200, stride_on="3x3"), 200, 4, 64_666_152, 168_320, 15_007_481_856),
]


@pytest.mark.parametrize(
    ("constructor", "depth", "projections", "total", "affine", "multiply_adds", "size"),
    [(*row, 32) for row in CIFAR10 + CIFAR100] + [(*row, 224) for row in IMAGENET_1000],
)
def test_counts(constructor, depth, projections, total, affine, multiply_adds, size):
    net = on_meta(constructor)
    convolutions = [name for name, module in net.named_modules() if isinstance(module, nn.Conv2d)]
    weighted = [name for name in convolutions if "shortcut" not in name] + ["fc"]
    bns = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(weighted) == depth
    assert len(convolutions) - len(weighted) + 1 == projections
    assert len(bns) == depth - 1  # one before each weight layer but conv1
    assert sum(parameters(bn) for bn in bns) == affine
    assert parameters(net) == total
    assert count_multiply_adds(net, size) == multiply_adds


@pytest.mark.parametrize(("constructor", "millions"), [(r.cifar_preresnet164, 1.7), (r.cifar_preresnet1001, 10.2)])
def test_table_4_counts_parameters_without_bn(constructor, millions):
    net = on_meta(constructor)
    bn = sum(parameters(module) for module in net.modules() if isinstance(module, nn.BatchNorm2d))
    assert round((parameters(net) - bn) / 1e6, 1) == millions


@pytest.mark.parametrize("n", [1, 2, 18])
def test_depth_is_linear_in_n(n):
    for constructor, layers, projections in ((r.cifar_preresnet, 6, 0), (r.cifar_preresnet_bottleneck, 9, 3)):
        modules = on_meta(constructor, n).modules()
        weighted = sum(isinstance(module, nn.Conv2d | nn.Linear) for module in modules)
        assert weighted - projections == layers * n + 2


@pytest.mark.parametrize(
    ("constructor", "stem", "units", "maps", "size"),
    [
        (r.preresnet152, (64, 56), (3, 8, 36, 3), IMAGENET, 224),
        (r.preresnet200, (64, 56), (3, 24, 36, 3), IMAGENET, 224),
        (r.cifar_preresnet110, (16, 32), (18, 18, 18), BASIC, 32),
        (r.cifar_preresnet164, (16, 32), (18, 18, 18), BOTTLENECK, 32),
        (r.cifar_preresnet1001, (16, 32), (111, 111, 111), BOTTLENECK, 32),
    ],
)
def test_every_unit_gives_the_size_of_its_group(constructor, stem, units, maps, size):
    net, seen = on_meta(constructor), []
    watched = [net.stem, *(unit for name in net.stage_names for unit in net.get_submodule(name))]
    for module in watched:
        module.register_forward_hook(lambda module, inputs, output: seen.append(tuple(output.shape[1:3])))
    logits = net(torch.empty(2, 3, size, size, device="meta"))
    rows = [shape for name, count in zip(maps, units, strict=True) for shape in [maps[name]] * count]
    assert tuple(net.stage_names) == tuple(maps)
    assert seen == [stem, *rows]
    assert logits.shape == (2, 1000 if size == 224 else 10)


@pytest.mark.parametrize(
    ("constructor", "options", "carriers"),
    [
        (r.cifar_preresnet, {"n": 2}, {"maps16.0.conv1", "maps8.0.conv1"}),
        (r.cifar_preresnet_bottleneck, {"n": 2}, {"maps16.0.conv1", "maps8.0.conv1"}),
        (r.cifar_preresnet_bottleneck, {"n": 2, "stride_on": "3x3"}, {"maps16.0.conv2", "maps8.0.conv2"}),
        (r.preresnet200, {}, {"stem.conv", *(f"conv{stage}_x.0.conv1" for stage in (3, 4, 5))}),
        (r.preresnet152, {"stride_on": "3x3"}, {"stem.conv", *(f"conv{stage}_x.0.conv2" for stage in (3, 4, 5))}),
    ],
)
def test_only_the_first_units_of_smaller_maps_stride(constructor, options, carriers):
    net = on_meta(constructor, **options)
    strided = {name for name, m in net.named_modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)}
    assert {name for name in strided if "shortcut" not in name} == carriers


# --- the constructors as a user meets them ---

CONSTRUCTORS = [getattr(r, name) for name in r.__all__ if "preresnet" in name]


def test_all_constructors_are_exported():
    cifar = {"cifar_preresnet", "cifar_preresnet_bottleneck", *(f"cifar_preresnet{d}" for d in (110, 164, 1001))}
    assert {constructor.__name__ for constructor in CONSTRUCTORS} == cifar | {"preresnet152", "preresnet200"}


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
def test_every_constructor_works_without_arguments_and_with_the_common_ones(constructor):
    default = on_meta(constructor)
    custom = on_meta(constructor, num_classes=7, in_channels=5, fan="fan_out", shortcut="A")
    assert isinstance(default, r.ResNetV2)
    assert default.fc.out_features == (10 if "cifar" in constructor.__name__ else 1000)
    assert (custom.fc.out_features, custom.stem.conv.in_channels) == (7, 5)
    assert not [m for name, m in custom.named_modules() if "shortcut" in name and isinstance(m, nn.Conv2d)]
    assert all(m.bias is None for m in default.modules() if isinstance(m, nn.Conv2d))
    assert all(m.eps == 1e-5 for m in default.modules() if isinstance(m, nn.BatchNorm2d))


@pytest.mark.parametrize(("fan", "n"), [("fan_in", 16), ("fan_out", 64)])
def test_the_fan_reaches_the_weights(fan, n):
    """The first projection, 1x1 from 16 to 64, within five standard errors; the other fan is a factor of 4 away."""
    torch.manual_seed(0)
    z = r.cifar_preresnet_bottleneck(1, fan=fan).maps32[0].shortcut.weight.detach() / (2 / n) ** 0.5
    assert abs((z**2).mean() - 1) < 5 * (2 / z.numel()) ** 0.5


@pytest.mark.parametrize(
    ("constructor", "options", "message"),
    [
        (r.preresnet152, {"shortcut": "C"}, "shortcut must be one of 'A', 'B'; got 'C'"),
        (r.cifar_preresnet110, {"shortcut": None}, "shortcut must be one of 'A', 'B'; got None"),
        (r.cifar_preresnet164, {"stride_on": "2x2"}, "stride_on must be one of '1x1', '3x3'; got '2x2'"),
        (r.preresnet200, {"pool": "same"}, "pool must be one of 'floor', 'ceil'; got 'same'"),
        (r.cifar_preresnet110, {"fan": "in"}, "fan must be one of 'fan_in', 'fan_out'; got 'in'"),
        (r.cifar_preresnet110, {"num_classes": 0}, "num_classes must be an integer of at least 1; got 0"),
        (r.cifar_preresnet, {"n": 0}, r"n \(of the 6n \+ 2 layers\) must be an integer of at least 1; got 0"),
        (r.cifar_preresnet_bottleneck, {"n": True}, r"n \(of the 9n \+ 2 layers\) must be .* at least 1; got True"),
    ],
)
def test_what_is_not_admitted_is_named(constructor, options, message):
    with pytest.raises(ValueError, match=message):
        on_meta(constructor, **options)
