"""The shortcuts of He et al. 2015 (arXiv:1512.03385), Eqn (1) and (2), section 3.3 and 4.1."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_impl.shortcuts import ShortcutProjection, ShortcutZeroPad, build_shortcut


@pytest.mark.parametrize("size", [(8, 8), (7, 7), (5, 8), (1, 1)])
@pytest.mark.parametrize(("channels_in", "channels_out", "stride"), [(3, 6, 2), (2, 8, 1), (2, 8, 2), (4, 4, 2)])
def test_option_a_is_an_exact_subsampling_followed_by_zeros(size, channels_in, channels_out, stride):
    x = torch.randn(2, channels_in, *size)

    y = ShortcutZeroPad(channels_in, channels_out, stride)(x)

    rows, columns = range(0, size[0], stride), range(0, size[1], stride)
    assert y.shape == (2, channels_out, len(rows), len(columns))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            assert torch.equal(y[:, :channels_in, i, j], x[:, :, row, column])
    assert not y[:, channels_in:].any()


def test_half_of_the_zeros_stand_before_where_they_are_split():
    x = torch.randn(2, 3, 7, 7)
    y = build_shortcut("A-split", 3, 8, 2)(x)
    assert torch.equal(y[:, 2:5], x[:, :, ::2, ::2])
    assert not y[:, :2].any()
    assert not y[:, 5:].any()
    assert isinstance(build_shortcut("A-split", 8, 8, 1), nn.Identity)


def test_option_a_has_no_parameters_and_no_buffers():
    assert not ShortcutZeroPad(16, 32, 2).state_dict()


def test_option_a_refuses_to_drop_channels():
    with pytest.raises(ValueError, match="64 in, 32 out"):
        ShortcutZeroPad(64, 32, 2)


def test_projection_is_a_strided_1x1_convolution_with_bn_and_no_relu(randomize):
    projection = ShortcutProjection(3, 5, 2).eval()
    randomize(projection)
    x = torch.randn(2, 3, 7, 7)

    w_s_x = torch.einsum("dc,nchw->ndhw", projection.conv.weight[:, :, 0, 0], x[:, :, ::2, ::2])
    bn = projection.bn
    scale = (bn.weight / (bn.running_var + 1e-5).sqrt())[:, None, None]
    expected = (w_s_x - bn.running_mean[:, None, None]) * scale + bn.bias[:, None, None]

    torch.testing.assert_close(projection(x), expected, rtol=1e-4, atol=1e-5)
    assert expected.min() < 0, "a ReLU would not show in this sample"


IDENTITY, ZEROS, PROJECTION = nn.Identity, ShortcutZeroPad, ShortcutProjection


@pytest.mark.parametrize(
    ("option", "same", "wider", "smaller", "both"),
    [
        ("A", IDENTITY, ZEROS, ZEROS, ZEROS),
        ("B", IDENTITY, PROJECTION, PROJECTION, PROJECTION),
        ("C", PROJECTION, PROJECTION, PROJECTION, PROJECTION),
        (None, type(None), type(None), type(None), type(None)),
        ("none", type(None), type(None), type(None), type(None)),
    ],
)
def test_each_option_builds_its_shortcut(option, same, wider, smaller, both):
    assert type(build_shortcut(option, 64, 64, 1)) is same
    assert type(build_shortcut(option, 64, 256, 1)) is wider
    assert type(build_shortcut(option, 64, 64, 2)) is smaller
    assert type(build_shortcut(option, 64, 128, 2)) is both


@pytest.mark.parametrize("option", ["a", "D", "", 1, ["A"]])
def test_an_unknown_option_is_named_with_the_admitted_ones(option):
    with pytest.raises(
        ValueError, match=r"shortcut must be one of 'A', 'A-split', 'B', 'C', 'none', None; got "
    ) as caught:
        build_shortcut(option, 64, 64, 1)
    assert repr(option) in str(caught.value)
