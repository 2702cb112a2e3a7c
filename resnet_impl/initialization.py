"""The weights that training starts from.

Source: He et al. 2015, arXiv:1512.03385, section 3.4, "We initialize the weights as in [13]", where [13] is
He et al. 2015, *Delving Deep into Rectifiers*, arXiv:1502.01852, section 2.2: a zero-mean Gaussian with

    (10)  std = sqrt(2 / n),  n = k^2 c       fan-in: c channels come in; the forward signal keeps its size
    (14)  std = sqrt(2 / n),  n = k^2 d       fan-out: d filters go out; the backward signal keeps its size

"it is sufficient to use either Eqn.(14) or Eqn.(10) alone". Free choices, for which neither paper gives a
number for these nets: gamma = 1 and beta = 0 in BN (the authors' Caffe), fc weights from N(0, 0.01), read as
std 0.01 (Goyal et al. 2017, arXiv:1706.02677, section 5.1), and fc bias 0.
"""

from __future__ import annotations

from math import sqrt

from torch import nn

from resnet_impl.choices import Fan, require_choice

FC_STD = 0.01


def initialize(net: nn.Module, fan: Fan = "fan_in") -> None:
    """Draw all weights of `net` anew, in place. Raises ValueError for an unknown `fan`.

    On the meta device there is nothing to draw and nothing happens.
    """
    require_choice("fan", fan, "fan_in", "fan_out")
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            filters, channels, height, width = module.weight.shape  # (d, c, k, k)
            n = height * width * (channels if fan == "fan_in" else filters)
            nn.init.normal_(module.weight, mean=0.0, std=sqrt(2 / n))
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, mean=0.0, std=FC_STD)
            nn.init.zeros_(module.bias)
