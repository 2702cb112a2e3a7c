"""The two building blocks: basic (two 3x3 layers) and bottleneck (1x1, 3x3, 1x1).

Source: He et al. 2015, arXiv:1512.03385, Fig. 2, Fig. 5 and section 3.2 ("We adopt the second
nonlinearity after the addition"); BN after each convolution and before activation from section 3.4.
Written s for ReLU:

    y = s(F(x) + shortcut(x))             a residual block
    y = s(F(x))                           the same block of a plain net, its shortcut left out

No ReLU here works in place: x feeds both F and the shortcut, and an identity shortcut IS x.
"""

from __future__ import annotations

from torch import Tensor, nn, relu

from resnet_impl.choices import ShortcutOption, StrideOn, require_choice
from resnet_impl.layers import batch_norm, conv
from resnet_impl.shortcuts import build_shortcut


class BasicBlockV1(nn.Module):
    """Fig. 5 left: "3x3, width; 3x3, width". A stride stands on the first 3x3 (Fig. 3: "3x3 conv, 128, /2").

    Raises ValueError for an unknown shortcut option.
    """

    def __init__(self, in_channels: int, width: int, stride: int = 1, shortcut: ShortcutOption | None = "A") -> None:
        super().__init__()
        self.out_channels = width
        self.conv1 = conv(3, in_channels, width, stride)
        self.bn1 = batch_norm(width)
        self.conv2 = conv(3, width, width)
        self.bn2 = batch_norm(width)
        self.shortcut = build_shortcut(shortcut, in_channels, width, stride)

    def residual(self, x: Tensor) -> Tensor:
        """F(x) = W2 s(W1 x), each W followed by its BN; nothing stands between BN and the addition."""
        out = relu(self.bn1(self.conv1(x)))
        f_x: Tensor = self.bn2(self.conv2(out))
        return f_x

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, width, ceil(H / stride), ceil(W / stride))."""
        f_x = self.residual(x)
        return relu(f_x) if self.shortcut is None else relu(f_x + self.shortcut(x))


class BottleneckV1(nn.Module):
    """Fig. 5 right: "1x1, width; 3x3, width; 1x1, 4 width": reduce, convolve, restore.

    `stride_on` says which layer carries the stride. The text of the paper does not; "1x1", the first
    one, is what the released models do and what the FLOPs of Table 1 need. "3x3" is the later variant
    known as v1.5 (fb.resnet.torch, torchvision).

    Raises ValueError for an unknown shortcut option or `stride_on`.
    """

    expansion = 4  # Table 1: 64 -> 256, 128 -> 512, 256 -> 1024, 512 -> 2048

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int = 1,
        shortcut: ShortcutOption | None = "B",
        stride_on: StrideOn = "1x1",
    ) -> None:
        super().__init__()
        require_choice("stride_on", stride_on, "1x1", "3x3")
        self.out_channels = self.expansion * width
        self.conv1 = conv(1, in_channels, width, stride if stride_on == "1x1" else 1)
        self.bn1 = batch_norm(width)
        self.conv2 = conv(3, width, width, stride if stride_on == "3x3" else 1)
        self.bn2 = batch_norm(width)
        self.conv3 = conv(1, width, self.out_channels)
        self.bn3 = batch_norm(self.out_channels)
        self.shortcut = build_shortcut(shortcut, in_channels, self.out_channels, stride)

    def residual(self, x: Tensor) -> Tensor:
        """F(x) = W3 s(W2 s(W1 x)), each W followed by its BN; nothing stands between BN and the addition."""
        out = relu(self.bn1(self.conv1(x)))
        out = relu(self.bn2(self.conv2(out)))
        f_x: Tensor = self.bn3(self.conv3(out))
        return f_x

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, 4 width, ceil(H / stride), ceil(W / stride))."""
        f_x = self.residual(x)
        return relu(f_x) if self.shortcut is None else relu(f_x + self.shortcut(x))
