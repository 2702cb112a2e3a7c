"""The stems of He et al. 2015 (arXiv:1512.03385): Table 1 and section 4.2."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from resnet_impl.stems import StemCIFAR, StemImageNetV1


def max_pool_by_hand(x, first):
    """The maxima of the 3x3 windows that start at 2i + first, clipped to a map of even size."""
    windows = [slice(max(2 * i + first, 0), 2 * i + first + 3) for i in range(x.shape[-1] // 2)]
    return torch.stack([torch.stack([x[:, :, r, c].amax((2, 3)) for c in windows], -1) for r in windows], -2)


def conv_bn_relu(stem, x, stride, padding):
    out = functional.conv2d(x, stem.conv.weight, stride=stride, padding=padding)
    bn = stem.bn
    return functional.batch_norm(out, bn.running_mean, bn.running_var, bn.weight, bn.bias, eps=1e-5).relu()


@pytest.mark.parametrize(("pool", "first"), [("floor", -1), ("ceil", 0)])
@pytest.mark.parametrize("size", [32, 48])
def test_imagenet_stem_is_conv_bn_relu_pool(pool, first, size, randomize):
    stem = StemImageNetV1(pool=pool).double().eval()
    randomize(stem)
    x = torch.randn(2, 3, size, size, dtype=torch.float64)

    expected = max_pool_by_hand(conv_bn_relu(stem, x, stride=2, padding=3), first)

    assert expected.shape == (2, 64, size // 4, size // 4)
    torch.testing.assert_close(stem(x), expected, rtol=1e-12, atol=1e-12)


def test_the_two_pools_differ_in_size_on_an_odd_map():
    """conv1 makes 113 of 225; from there 57 or 56, as caffe's ceil and fb.resnet.torch's floor do."""
    x = torch.empty(1, 3, 225, 225, device="meta")
    with torch.device("meta"):
        sizes = {pool: StemImageNetV1(pool=pool)(x).shape[-1] for pool in ("floor", "ceil")}
    assert sizes == {"floor": 57, "ceil": 56}


@pytest.mark.parametrize("pool", ["floor", "ceil"])
def test_imagenet_stem_gives_56_at_224(pool):
    with torch.device("meta"):
        stem = StemImageNetV1(pool=pool)
        assert stem.conv(torch.empty(1, 3, 224, 224)).shape == (1, 64, 112, 112)
        assert stem(torch.empty(1, 3, 224, 224)).shape == (1, 64, 56, 56)


@pytest.mark.parametrize("channels", [16, 64])
def test_cifar_stem_is_conv_bn_relu_without_pool(channels, randomize):
    stem = StemCIFAR(out_channels=channels).double().eval()
    randomize(stem)
    x = torch.randn(2, 3, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(stem(x), conv_bn_relu(stem, x, stride=1, padding=1), rtol=1e-12, atol=1e-12)
    assert stem(x).shape == (2, channels, 9, 9)


def test_an_unknown_pool_is_named_with_the_admitted_ones():
    with pytest.raises(ValueError, match="pool must be one of 'floor', 'ceil'; got 'same'"):
        StemImageNetV1(pool="same")


@pytest.mark.parametrize("stem", [StemImageNetV1, StemCIFAR])
@pytest.mark.parametrize("channels", [0, -1, 2.0, True])
def test_a_stem_needs_an_input_channel(stem, channels):
    with pytest.raises(ValueError, match="in_channels must be an integer of at least 1; got"):
        stem(in_channels=channels)
