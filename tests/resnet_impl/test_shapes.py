"""Output sizes of He et al. 2015 (arXiv:1512.03385), Table 1 and section 4.2, and where the strides stand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resnet_impl as r

BASIC = {"conv2_x": (64, 56), "conv3_x": (128, 28), "conv4_x": (256, 14), "conv5_x": (512, 7)}
BOTTLENECK = {"conv2_x": (256, 56), "conv3_x": (512, 28), "conv4_x": (1024, 14), "conv5_x": (2048, 7)}
CIFAR = {"maps32": (16, 32), "maps16": (32, 16), "maps8": (64, 8)}


def on_meta(constructor, **options):
    with torch.device("meta"):
        return constructor(**options)


def stage_outputs(net, size, channels=3):
    """(channels, height) after the stem, after every block by stage, and the shape of the logits."""
    seen = {}
    for name in ("stem", *net.stage_names):
        seen[name] = []
        children = [net.stem] if name == "stem" else list(net.get_submodule(name))
        for child in children:
            child.register_forward_hook(
                lambda module, inputs, output, name=name: seen[name].append(tuple(output.shape[1:3]))
            )
    logits = net(torch.empty(2, channels, size, size, device="meta"))
    return seen, tuple(logits.shape)


@pytest.mark.parametrize(
    ("constructor", "blocks", "maps"),
    [
        (r.resnet18, (2, 2, 2, 2), BASIC),
        (r.plain18, (2, 2, 2, 2), BASIC),
        (r.resnet34, (3, 4, 6, 3), BASIC),
        (r.plain34, (3, 4, 6, 3), BASIC),
        (r.resnet50, (3, 4, 6, 3), BOTTLENECK),
        (r.resnet101, (3, 4, 23, 3), BOTTLENECK),
        (r.resnet152, (3, 8, 36, 3), BOTTLENECK),
    ],
)
def test_every_block_of_table_1_gives_the_size_of_its_row(constructor, blocks, maps):
    seen, logits = stage_outputs(on_meta(constructor), 224)
    rows = {name: [maps[name]] * count for name, count in zip(maps, blocks, strict=True)}
    assert seen == {"stem": [(64, 56)], **rows}
    assert logits == (2, 1000)


@pytest.mark.parametrize("constructor", [r.cifar_resnet, r.cifar_plain])
@pytest.mark.parametrize("n", [1, 3])
def test_every_cifar_block_gives_the_size_of_its_group(constructor, n):
    seen, logits = stage_outputs(on_meta(constructor, n=n), 32)
    assert seen == {"stem": [(16, 32)], **{name: [size] * n for name, size in CIFAR.items()}}
    assert logits == (2, 10)


@pytest.mark.parametrize(
    ("constructor", "widths"),
    [
        (r.resnet18_cifar_stem, (64, 128, 256, 512)),
        (r.resnet34_cifar_stem, (64, 128, 256, 512)),
        (r.resnet50_cifar_stem, (256, 512, 1024, 2048)),
        (r.resnet101_cifar_stem, (256, 512, 1024, 2048)),
        (r.resnet152_cifar_stem, (256, 512, 1024, 2048)),
    ],
)
def test_cifar_stem_variants_keep_32_16_8_4(constructor, widths):
    seen, logits = stage_outputs(on_meta(constructor, in_channels=1, num_classes=7), 32, channels=1)
    assert [sizes[-1] for sizes in seen.values()] == [(64, 32), *zip(widths, (32, 16, 8, 4), strict=True)]
    assert logits == (2, 7)


def strided_convolutions(net):
    return {
        name: module.stride
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d) and module.stride != (1, 1)
    }


@pytest.mark.parametrize(
    ("constructor", "options", "stem", "stages", "carriers"),
    [
        (r.resnet34, {}, True, (3, 4, 5), ("conv1",)),
        (r.plain34, {}, True, (3, 4, 5), ("conv1",)),
        (r.resnet34, {"shortcut": "B"}, True, (3, 4, 5), ("conv1", "shortcut.conv")),
        (r.resnet50, {}, True, (3, 4, 5), ("conv1", "shortcut.conv")),
        (r.resnet50, {"stride_on": "3x3"}, True, (3, 4, 5), ("conv2", "shortcut.conv")),
        (r.resnet18_cifar_stem, {}, False, (3, 4, 5), ("conv1", "shortcut.conv")),
        (r.resnet50_cifar_stem, {}, False, (3, 4, 5), ("conv2", "shortcut.conv")),
    ],
)
def test_only_the_first_blocks_of_conv3_to_conv5_stride(constructor, options, stem, stages, carriers):
    expected = {f"conv{stage}_x.0.{layer}" for stage in stages for layer in carriers}
    strided = strided_convolutions(on_meta(constructor, **options))
    assert set(strided) == expected | ({"stem.conv"} if stem else set())
    assert set(strided.values()) == {(2, 2)}


def test_only_the_first_blocks_of_the_smaller_maps_stride():
    assert set(strided_convolutions(on_meta(r.cifar_resnet))) == {"maps16.0.conv1", "maps8.0.conv1"}


@pytest.mark.parametrize("size", [64, 97, 320])
def test_other_input_sizes_are_accepted(size):
    net = on_meta(r.resnet50)
    assert net(torch.empty(1, 3, size, size + 3, device="meta")).shape == (1, 1000)


def test_the_head_is_the_mean_over_positions_then_fc(randomize):
    net = r.cifar_resnet(1).eval()
    randomize(net)
    x = torch.randn(2, 3, 20, 28)
    maps = net.features(x)
    assert maps.shape == (2, 64, 5, 7)
    expected = maps.sum((2, 3)) / 35 @ net.fc.weight.T + net.fc.bias
    torch.testing.assert_close(net(x), expected, rtol=1e-4, atol=1e-5)
