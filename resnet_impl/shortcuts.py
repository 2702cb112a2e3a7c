"""What a block adds to F(x): the shortcut, options A, B and C.

Source: He et al. 2015, arXiv:1512.03385, Eqn (1) and (2), section 3.3 (options A, B) and 4.1 (option C):

    (1)  y = F(x, {W_i}) + x              the dimensions agree: identity, here `nn.Identity`
    (2)  y = F(x, {W_i}) + W_s x          they do not: W_s is `ShortcutProjection` (B), or zeros are added (A)

"For both options, when the shortcuts go across feature maps of two sizes, they are performed with a
stride of 2."
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import pad

from resnet_impl.choices import ShortcutOption, require_choice
from resnet_impl.layers import batch_norm, conv


class ShortcutZeroPad(nn.Module):
    """Option A: "identity mapping, with extra zero entries padded for increasing dimensions"; no parameters.

    The paper says neither how the stride samples the map nor where the zeros stand. As in
    fb.resnet.torch, this keeps every stride-th row and column and appends the zeros after the input's
    channels.

    Raises ValueError where the channels would decrease: there is nothing to pad.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        if out_channels < in_channels:
            raise ValueError(f"option A pads channels and cannot drop them; got {in_channels} in, {out_channels} out")
        self.extra_channels = out_channels - in_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        sampled = x[:, :, :: self.stride, :: self.stride]
        return pad(sampled, (0, 0, 0, 0, 0, self.extra_channels))  # last axis first: W, H, then C


class ShortcutProjection(nn.Module):
    """W_s of Eqn (2), "done by 1x1 convolutions": the convolution carries the stride, BN follows, no ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv = conv(1, in_channels, out_channels, stride)
        self.bn = batch_norm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        w_s_x: Tensor = self.bn(self.conv(x))
        return w_s_x


class ShortcutZeroPadSplit(ShortcutZeroPad):
    """Option A with half of the zeros before the input's channels, as in akamaster/pytorch_resnet_cifar10."""

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        before = self.extra_channels // 2
        sampled = x[:, :, :: self.stride, :: self.stride]
        return pad(sampled, (0, 0, 0, 0, before, self.extra_channels - before))


def build_shortcut(option: ShortcutOption | None, in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    """The shortcut of one block, or None for a block of a plain net (option None or "none").

    A: identity, zeros where dimensions increase; A-split: half of them before the channels, half after. B: identity,
    a projection where dimensions increase. C: "all shortcuts are projections". Raises ValueError for any other option.
    """
    require_choice("shortcut", option, "A", "A-split", "B", "C", "none", None)
    same_dimensions = in_channels == out_channels and stride == 1
    if option is None or option == "none":
        return None
    if option == "C" or (option == "B" and not same_dimensions):
        return ShortcutProjection(in_channels, out_channels, stride)
    if same_dimensions:
        return nn.Identity()
    zeros = ShortcutZeroPadSplit if option == "A-split" else ShortcutZeroPad
    return zeros(in_channels, out_channels, stride)
