"""The names that torchvision's ResNets give to the weights, and ours.

Table 1 of He et al. 2015 (arXiv:1512.03385) calls the stages conv2_x ... conv5_x; torchvision counts
layer1 ... layer4. Nothing but names differs: torchvision's nets are those of option B, with the
bottleneck's stride on the 3x3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor


def rename_torchvision(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under our names, to load strictly into e.g. `resnet50(shortcut="B", stride_on="3x3")`.

    A key that matches no pattern stays as it is, so that `load_state_dict` reports it.
    """
    return {_rename(name): tensor for name, tensor in state_dict.items()}


def _rename(name: str) -> str:
    name = re.sub(r"^(conv|bn)1\.", r"stem.\1.", name)
    name = re.sub(r"^layer([1-4])\.", lambda match: f"conv{int(match[1]) + 1}_x.", name)
    name = re.sub(r"\.downsample\.0\.", ".shortcut.conv.", name)
    return re.sub(r"\.downsample\.1\.", ".shortcut.bn.", name)
