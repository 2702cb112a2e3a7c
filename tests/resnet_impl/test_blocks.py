"""The building blocks of He et al. 2015 (arXiv:1512.03385), Eqn (1) and (2), Fig. 2, Fig. 5, section 3.4."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_impl.blocks import BasicBlockV1, BottleneckV1

# builder, channels of an identity block
BASIC = pytest.param(BasicBlockV1, 8, id="basic")
BOTTLENECK = pytest.param(BottleneckV1, 32, id="bottleneck")
BOTTLENECK_V1_5 = pytest.param(partial(BottleneckV1, stride_on="3x3"), 32, id="bottleneck-v1.5")
every_block = pytest.mark.parametrize(("block", "channels"), [BASIC, BOTTLENECK, BOTTLENECK_V1_5])


def last_bn(block):
    return [module for module in block.children() if isinstance(module, nn.BatchNorm2d)][-1]


def bn(x, layer):
    return functional.batch_norm(
        x, layer.running_mean, layer.running_var, layer.weight, layer.bias, training=False, eps=1e-5
    )


@every_block
@pytest.mark.parametrize("option", ["A", "B"])
def test_with_f_zero_an_identity_block_is_relu(block, channels, option, randomize):
    net = block(channels, 8, 1, option).eval()
    randomize(net)
    nn.init.zeros_(last_bn(net).weight)
    nn.init.zeros_(last_bn(net).bias)
    x = torch.randn(2, channels, 6, 6)
    assert torch.equal(net(x), x.clamp(min=0))


@every_block
def test_with_f_zero_a_plain_block_is_zero(block, channels):
    net = block(channels, 8, 1, None)
    nn.init.zeros_(last_bn(net).weight)
    assert not net(torch.randn(2, channels, 6, 6)).any()


@pytest.mark.parametrize("option", ["A", "B", "C", None])
def test_a_basic_block_is_eqn_1(option, randomize):
    net = BasicBlockV1(4, 8, 2, option).double().eval()
    randomize(net)
    x = torch.randn(2, 4, 7, 7, dtype=torch.float64)

    out = functional.conv2d(x, net.conv1.weight, stride=2, padding=1)
    out = functional.relu(bn(out, net.bn1))
    f_x = bn(functional.conv2d(out, net.conv2.weight, padding=1), net.bn2)
    if option in ("B", "C"):
        f_x = f_x + bn(functional.conv2d(x, net.shortcut.conv.weight, stride=2), net.shortcut.bn)
    elif option == "A":
        f_x[:, :4] += x[:, :, ::2, ::2]

    torch.testing.assert_close(net(x), functional.relu(f_x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("stride_on", "strides"), [("1x1", (2, 1, 1)), ("3x3", (1, 2, 1))])
@pytest.mark.parametrize("option", ["A", "B", "C", None])
def test_a_bottleneck_is_reduce_convolve_restore(option, stride_on, strides, randomize):
    net = BottleneckV1(8, 4, 2, option, stride_on).double().eval()
    randomize(net)
    x = torch.randn(2, 8, 7, 7, dtype=torch.float64)

    out = functional.relu(bn(functional.conv2d(x, net.conv1.weight, stride=strides[0]), net.bn1))
    out = functional.relu(bn(functional.conv2d(out, net.conv2.weight, stride=strides[1], padding=1), net.bn2))
    f_x = bn(functional.conv2d(out, net.conv3.weight), net.bn3)
    if option in ("B", "C"):
        f_x = f_x + bn(functional.conv2d(x, net.shortcut.conv.weight, stride=2), net.shortcut.bn)
    elif option == "A":
        f_x[:, :8] += x[:, :, ::2, ::2]

    torch.testing.assert_close(net(x), functional.relu(f_x), rtol=1e-12, atol=1e-12)


@every_block
@pytest.mark.parametrize("option", ["A", "B", "C", None])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_input_is_left_alone(block, channels, option, stride):
    """An in-place ReLU in F would write into what an identity shortcut adds."""
    x = torch.randn(2, channels, 6, 6)
    before = x.clone()
    block(channels, 8, stride, option)(x)
    assert torch.equal(x, before)


@every_block
@pytest.mark.parametrize("option", ["A", "B", "C", None])
@pytest.mark.parametrize("size", [7, 8])
def test_stride_2_halves_odd_and_even_maps(block, channels, option, size):
    net = block(8, 8, 2, option)
    assert net.out_channels == channels
    assert net(torch.randn(2, 8, size, size)).shape == (2, channels, 4, 4)


def test_an_unknown_stride_on_is_named_with_the_admitted_ones():
    with pytest.raises(ValueError, match="stride_on must be one of '1x1', '3x3'; got '2x2'"):
        BottleneckV1(64, 64, 2, "B", "2x2")
