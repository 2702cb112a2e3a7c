"""The residual units and networks of *Identity Mappings in Deep Residual Networks*: pre-activation.

Source: He et al. 2016, arXiv:1603.05027, Fig. 1(b), Fig. 4(e), Eqn (1)-(3) and the appendix. Written s for ReLU:

    2015    y = s(F(x) + shortcut(x))         F: conv, BN, ReLU, conv, BN
    2016    y = F(x) + shortcut(x)            F: BN, ReLU, conv, BN, ReLU, conv; nothing follows the addition

so that x passes through identity units untouched, whatever its sign: x_L = x_l + the sum of all F between (Eqn 4).
Both ends need care, and the appendix says how:

    conv1, BN, ReLU, [pool] | F + shortcut |  F + shortcut | ... |  F + shortcut | BN, ReLU, average pool, fc
                   first unit: no BN-ReLU     BN-ReLU in F           last unit     the extra activation

* First unit: "we adopt the first activation right after conv1 and before splitting into two paths". It is the BN-ReLU
  of the stems of 2015, which serve here unchanged; the unit has none of its own and both its paths read the result.
  In ImageNet's nets the pool stands between, as in fb.resnet.torch.
* Last unit: "we adopt an extra activation right after its element-wise addition".
* Projections are "also with pre-activation": they read BN-ReLU of x, as F does. They have no BN of their own, as in
  the authors' resnet-1k-layers. Of option A's zero-padding the paper does not speak: here it reads x itself, being an
  identity. (fb.resnet.torch in its later versions feeds it with the activation.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from torch import Tensor, nn, relu

from resnet_impl.choices import Fan, StrideOn, require_choice, require_count
from resnet_impl.initialization import initialize
from resnet_impl.layers import batch_norm, conv
from resnet_impl.resnet import Stage
from resnet_impl.shortcuts import ShortcutZeroPad
from resnet_impl.stems import StemCIFAR, StemImageNetV1

ShortcutOptionV2 = Literal["A", "B"]
"""What the paper's pre-activation nets use: identity, with zeros (A) or a projection (B) where dimensions increase."""


class Activation(nn.Module):
    """BN, then ReLU: what precedes every weight layer ("pre-activation"), and what follows the last addition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = batch_norm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape (N, channels, H, W)."""
        return relu(self.bn(x))


class ResidualUnit(nn.Module):
    """The frame of Fig. 4(e) around F: y = F(s(x)) + x, or F(s(x)) + W_s s(x) where a projection increases dimensions.

    Here s stands for BN-ReLU; with `first`, x is activated already and s is left out. Subclasses give `residual`, F
    without its leading activation. Raises ValueError for an unknown shortcut option.
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, shortcut: ShortcutOptionV2, first: bool
    ) -> None:
        super().__init__()
        require_choice("shortcut", shortcut, "A", "B")
        self.out_channels = out_channels
        self.activation1 = nn.Identity() if first else Activation(in_channels)
        same_dimensions = in_channels == out_channels and stride == 1
        self.projects = shortcut == "B" and not same_dimensions
        self.shortcut: nn.Module
        if self.projects:
            self.shortcut = conv(1, in_channels, out_channels, stride)
        elif same_dimensions:
            self.shortcut = nn.Identity()
        else:
            self.shortcut = ShortcutZeroPad(in_channels, out_channels, stride)

    def residual(self, activated: Tensor) -> Tensor:
        """F behind its first BN-ReLU; it ends with a convolution."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        activated = self.activation1(x)
        f_x = self.residual(activated)
        shortcut: Tensor = self.shortcut(activated if self.projects else x)
        return f_x + shortcut


class BasicBlockV2(ResidualUnit):
    """BN, ReLU, "3x3, width", BN, ReLU, "3x3, width". A stride stands on the first 3x3.

    Raises ValueError for an unknown shortcut option.
    """

    def __init__(
        self, in_channels: int, width: int, stride: int = 1, shortcut: ShortcutOptionV2 = "A", first: bool = False
    ) -> None:
        super().__init__(in_channels, width, stride, shortcut, first)
        self.conv1 = conv(3, in_channels, width, stride)
        self.activation2 = Activation(width)
        self.conv2 = conv(3, width, width)

    def residual(self, activated: Tensor) -> Tensor:
        """F = W2 s(W1 s(x)), each s with its BN before it; s(x) is given."""
        f_x: Tensor = self.conv2(self.activation2(self.conv1(activated)))
        return f_x


class BottleneckV2(ResidualUnit):
    """BN, ReLU, "1x1, width", BN, ReLU, "3x3, width", BN, ReLU, "1x1, 4 width".

    `stride_on` says which layer carries the stride. The paper does not; "1x1", the first one, is what the authors'
    resnet-1k-layers does, "3x3" what fb.resnet.torch does.

    Raises ValueError for an unknown shortcut option or `stride_on`.
    """

    expansion = 4  # appendix: [1x1, 16; 3x3, 16; 1x1, 64]

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int = 1,
        shortcut: ShortcutOptionV2 = "B",
        first: bool = False,
        stride_on: StrideOn = "1x1",
    ) -> None:
        super().__init__(in_channels, self.expansion * width, stride, shortcut, first)
        require_choice("stride_on", stride_on, "1x1", "3x3")
        self.conv1 = conv(1, in_channels, width, stride if stride_on == "1x1" else 1)
        self.activation2 = Activation(width)
        self.conv2 = conv(3, width, width, stride if stride_on == "3x3" else 1)
        self.activation3 = Activation(width)
        self.conv3 = conv(1, width, self.out_channels)

    def residual(self, activated: Tensor) -> Tensor:
        """F = W3 s(W2 s(W1 s(x))), each s with its BN before it; s(x) is given."""
        out = self.conv2(self.activation2(self.conv1(activated)))
        f_x: Tensor = self.conv3(self.activation3(out))
        return f_x


BlockV2 = Callable[[int, int, int, ShortcutOptionV2, bool], ResidualUnit]
"""Builds one unit from in_channels, width, stride, shortcut option and whether it is the first."""


class ResNetV2(nn.Module):
    """A pre-activation net: `net.stem`, one attribute for each stage, `net.activation`, `net.fc`.

    Stages are called and counted as in `ResNetV1`: conv3_1 is `net.conv3_x[0]`. The first stage keeps the map size of
    the stem; each later one halves it in its first unit.

    Raises ValueError for an unknown shortcut option or fan, and where a count is below one.
    """

    def __init__(
        self,
        stem: StemImageNetV1 | StemCIFAR,
        block: BlockV2,
        stages: Sequence[Stage],
        shortcut: ShortcutOptionV2 = "B",
        num_classes: int = 1000,
        fan: Fan = "fan_in",
    ) -> None:
        super().__init__()
        require_count("num_classes", num_classes)
        self.stem = stem
        self.stage_names = tuple(stage.name for stage in stages)
        channels = stem.out_channels
        for index, stage in enumerate(stages):
            require_count(f"the number of units of {stage.name}", stage.blocks)
            units = []
            for position in range(stage.blocks):
                stride = 2 if position == 0 and index > 0 else 1
                units.append(block(channels, stage.width, stride, shortcut, position == index == 0))
                channels = units[-1].out_channels
            self.add_module(stage.name, nn.Sequential(*units))
        self.activation = Activation(channels)
        self.fc = nn.Linear(channels, num_classes)
        initialize(self, fan)

    def features(self, x: Tensor) -> Tensor:
        """The activated maps of the last stage, (N, C, h, w), for an image (N, in_channels, H, W) of any size."""
        x = self.stem(x)
        for name in self.stage_names:
            x = self.get_submodule(name)(x)
        activated: Tensor = self.activation(x)
        return activated

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, num_classes)."""
        pooled = self.features(x).mean(dim=(2, 3))  # global average pooling: (N, C, h, w) -> (N, C)
        logits: Tensor = self.fc(pooled)
        return logits
