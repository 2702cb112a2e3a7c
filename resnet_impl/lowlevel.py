"""The networks of 2015 once more, with nothing hidden: tensors, `conv2d` and the formula of batch normalization.

`nn.Conv2d`, `nn.BatchNorm2d` and `nn.Linear` each keep tensors and a formula out of sight. Here the tensors lie in one
flat table, registered by hand, and the formulas are written out. What a network consists of is data (`lowlevel_plan`);
what it computes is this page. With the same weights it gives the values, running statistics and gradients of
`ResNetV1`; `lowlevel_names` translates between the two.

Sources: He et al. 2015, arXiv:1512.03385, Eqn (1) and (2), section 3.3 and 3.4; batch normalization: Ioffe and Szegedy
2015, arXiv:1502.03167, Algorithm 1 and 2; the initial weights: `initialization.py`.
"""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor, nn, relu
from torch.nn.functional import conv2d, max_pool2d, pad

from resnet_impl.choices import Fan, require_choice
from resnet_impl.initialization import FC_STD
from resnet_impl.layers import BN_EPS
from resnet_impl.lowlevel_plan import Block, Convolution, Plan

BN_MOMENTUM = 0.1  # how much of each batch enters the running statistics; the paper gives no number


def batch_norm(
    x: Tensor, gamma: Tensor, beta: Tensor, running_mean: Tensor, running_var: Tensor, training: bool
) -> Tensor:
    """gamma (x - mean) / sqrt(var + eps) + beta, for each channel; keeps the shape (N, C, H, W).

    In training, mean and variance are those of the m = N H W values that each channel has in the batch (Algorithm 1).
    They also enter the running statistics, in place; the variance there with m - 1 in the place of m, the unbiased
    estimate (Algorithm 2, step 10). Otherwise mean and variance are the running statistics.

    Raises ValueError in training where a channel has one value only: it has no variance.
    """
    if training:
        m = x.numel() // x.shape[1]
        if m == 1:
            raise ValueError(f"batch statistics need more than one value per channel; got the shape {tuple(x.shape)}")
        mean = x.mean(dim=(0, 2, 3))
        var = x.var(dim=(0, 2, 3), unbiased=False)  # divides by m
        with torch.no_grad():
            running_mean.copy_((1 - BN_MOMENTUM) * running_mean + BN_MOMENTUM * mean)
            running_var.copy_((1 - BN_MOMENTUM) * running_var + BN_MOMENTUM * var * m / (m - 1))
    else:
        mean, var = running_mean, running_var
    normalized = (x - per_channel(mean)) / torch.sqrt(per_channel(var) + BN_EPS)
    return per_channel(gamma) * normalized + per_channel(beta)


def per_channel(values: Tensor) -> Tensor:
    """(C,) -> (1, C, 1, 1): one value for all images and positions of a channel."""
    return values[None, :, None, None]


def zero_pad(x: Tensor, stride: int, out_channels: int) -> Tensor:
    """Option A: every stride-th row and column, then zeros for the channels that x does not have."""
    sampled = x[:, :, ::stride, ::stride]
    return pad(sampled, (0, 0, 0, 0, 0, out_channels - x.shape[1]))  # last axis first: W, H, then C


class LowLevelResNet(nn.Module):
    """A residual or plain net of 2015 after a `Plan`; all tensors are attributes of the network itself.

    A convolution called "conv3_1_layer2" owns five: `conv3_1_layer2_weight`, `_gamma` and `_beta` are learned,
    `_mean` and `_var` are the running statistics. The classifier owns `fc_weight` and `fc_bias`.

    Raises ValueError for an unknown `fan`.
    """

    def __init__(self, plan: Plan, fan: Fan = "fan_in") -> None:
        super().__init__()
        self.plan = plan
        for c in plan.convolutions():
            weight = torch.empty(c.out_channels, c.in_channels, c.kernel, c.kernel)
            self.register_parameter(f"{c.name}_weight", nn.Parameter(weight))
            self.register_parameter(f"{c.name}_gamma", nn.Parameter(torch.ones(c.out_channels)))
            self.register_parameter(f"{c.name}_beta", nn.Parameter(torch.zeros(c.out_channels)))
            self.register_buffer(f"{c.name}_mean", torch.zeros(c.out_channels))
            self.register_buffer(f"{c.name}_var", torch.ones(c.out_channels))
        self.register_parameter("fc_weight", nn.Parameter(torch.empty(plan.num_classes, plan.out_channels)))
        self.register_parameter("fc_bias", nn.Parameter(torch.zeros(plan.num_classes)))
        self.draw_weights(fan)

    @torch.no_grad()
    def draw_weights(self, fan: Fan = "fan_in") -> None:
        """Zero-mean Gaussians, std sqrt(2 / n) for convolutions (see `initialization.py`) and 0.01 for fc."""
        require_choice("fan", fan, "fan_in", "fan_out")
        for c in self.plan.convolutions():
            n = c.kernel * c.kernel * (c.in_channels if fan == "fan_in" else c.out_channels)
            self.get_parameter(f"{c.name}_weight").normal_(mean=0.0, std=sqrt(2 / n))
        self.get_parameter("fc_weight").normal_(mean=0.0, std=FC_STD)

    def convolve(self, c: Convolution, x: Tensor) -> Tensor:
        """One row of Table 1 and its BN: (N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
        x = conv2d(x, self.get_parameter(f"{c.name}_weight"), stride=c.stride, padding=c.kernel // 2)
        return batch_norm(
            x,
            self.get_parameter(f"{c.name}_gamma"),
            self.get_parameter(f"{c.name}_beta"),
            self.get_buffer(f"{c.name}_mean"),
            self.get_buffer(f"{c.name}_var"),
            self.training,
        )

    def residual(self, block: Block, x: Tensor) -> Tensor:
        """F(x) = W2 s(W1 x) or W3 s(W2 s(W1 x)): a ReLU after each layer but the last."""
        *inner, last = block.layers
        for layer in inner:
            x = relu(self.convolve(layer, x))
        return self.convolve(last, x)

    def transform(self, block: Block, x: Tensor) -> Tensor:
        """Eqn (1) and (2): y = s(F(x) + shortcut(x)); in a plain net y = s(F(x))."""
        f_x = self.residual(block, x)
        if block.shortcut == "missing":
            return relu(f_x)
        if block.shortcut == "projection":
            return relu(f_x + self.convolve(block.projection, x))
        if block.shortcut == "zeros":
            return relu(f_x + zero_pad(x, block.projection.stride, block.projection.out_channels))
        return relu(f_x + x)

    def features(self, x: Tensor) -> Tensor:
        """The maps of the last block, (N, C, h, w), for an image (N, in_channels, H, W) of any size."""
        x = relu(self.convolve(self.plan.stem, x))
        if self.plan.pool == "floor":
            x = max_pool2d(x, 3, stride=2, padding=1)
        elif self.plan.pool == "ceil":
            x = max_pool2d(x, 3, stride=2, ceil_mode=True)
        for block in self.plan.blocks:
            x = self.transform(block, x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, num_classes)."""
        pooled = self.features(x).mean(dim=(2, 3))  # global average pooling: (N, C, h, w) -> (N, C)
        return pooled @ self.get_parameter("fc_weight").t() + self.get_parameter("fc_bias")
