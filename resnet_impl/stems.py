"""What comes before the first block: conv1 of Table 1, and the first layer of the CIFAR-10 nets.

Source: He et al. 2015, arXiv:1512.03385, Table 1 (ImageNet) and section 4.2 (CIFAR-10); BN and ReLU from
section 3.4.
"""

from __future__ import annotations

from torch import Tensor, nn, relu

from resnet_impl.choices import StemPool, require_choice, require_count
from resnet_impl.layers import batch_norm, conv


class StemImageNetV1(nn.Module):
    """Table 1: "7x7, 64, stride 2", BN, ReLU, then "3x3 max pool, stride 2": 224 -> 112 -> 56.

    The paper does not say how the pool treats the border. Both ways give 56x56, but different numbers:

    * "floor": padding 1, size rounded down, as in fb.resnet.torch and torchvision; window i starts at 2i - 1.
    * "ceil": no padding, size rounded up, as in the authors' Caffe release; window i starts at 2i and the
      last one is clipped.

    Raises ValueError for any other `pool`, and for fewer than one input channel.
    """

    out_channels = 64

    def __init__(self, in_channels: int = 3, pool: StemPool = "floor") -> None:
        super().__init__()
        require_count("in_channels", in_channels)
        require_choice("pool", pool, "floor", "ceil")
        self.conv = conv(7, in_channels, self.out_channels, stride=2)
        self.bn = batch_norm(self.out_channels)
        self.pool = nn.MaxPool2d(3, 2, padding=1) if pool == "floor" else nn.MaxPool2d(3, 2, ceil_mode=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, 224, 224) -> (N, 64, 56, 56)."""
        pooled: Tensor = self.pool(relu(self.bn(self.conv(x))))
        return pooled


class StemCIFAR(nn.Module):
    """Section 4.2: "The first layer is 3x3 convolutions", 16 filters, stride 1, BN, ReLU; no pool.

    `out_channels` is 16 in the paper; 64 serves the variant that puts ImageNet's stages behind this stem.
    Raises ValueError for fewer than one channel in or out.
    """

    def __init__(self, in_channels: int = 3, out_channels: int = 16) -> None:
        super().__init__()
        require_count("in_channels", in_channels)
        require_count("out_channels", out_channels)
        self.out_channels = out_channels
        self.conv = conv(3, in_channels, out_channels)
        self.bn = batch_norm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> (N, out_channels, H, W)."""
        return relu(self.bn(self.conv(x)))
