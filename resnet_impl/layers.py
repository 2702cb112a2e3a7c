"""The two layers that every table of the paper is made of: "3x3, 64" and the batch normalisation behind it.

Source: He et al. 2015, arXiv:1512.03385, section 3.4: "batch normalization (BN) right after each
convolution and before activation". Not in the paper: the padding (k // 2 keeps the map size, as Table 1
needs), the absence of a convolution bias (BN's beta takes its place), and eps = 1e-5 (the default of the
authors' Caffe).
"""

from __future__ import annotations

from torch import nn

BN_EPS = 1e-5


def conv(kernel: int, in_channels: int, out_channels: int, stride: int = 1) -> nn.Conv2d:
    """A kernel x kernel convolution: (N, in, H, W) -> (N, out, ceil(H / stride), ceil(W / stride))."""
    return nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2, bias=False)


def batch_norm(channels: int) -> nn.BatchNorm2d:
    """BN with one gamma and one beta for each channel; keeps the shape (N, channels, H, W)."""
    return nn.BatchNorm2d(channels, eps=BN_EPS)
