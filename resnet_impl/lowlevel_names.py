"""The names that `ResNetV1` gives to the weights, and those of `LowLevelResNet`.

Only names differ, and the count: the paper's conv3_1 is `conv3_x.0` among modules, which count from 0.

    stem.conv.weight                 stem_weight
    conv3_x.0.conv2.weight           conv3_1_layer2_weight
    conv3_x.0.bn2.weight, .bias      conv3_1_layer2_gamma, _beta
    conv3_x.0.bn2.running_mean       conv3_1_layer2_mean             (running_var: _var)
    conv3_x.0.shortcut.conv.weight   conv3_1_shortcut_weight
    maps16.0.conv1.weight            maps16_1_layer1_weight
    fc.weight, fc.bias               fc_weight, fc_bias

`num_batches_tracked` has no counterpart: it serves an average over all batches, which no network here uses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

_BLOCK = re.compile(r"(?P<stage>conv\d|maps\d+)(?:_x)?\.(?P<block>\d+)\.(?P<rest>.+)")
_LAYER = re.compile(r"(?P<kind>conv|bn)(?P<number>\d)\.(?P<tensor>\w+)")
_NAMED = re.compile(r"(?P<owner>stem|shortcut)\.(?P<kind>conv|bn)\.(?P<tensor>\w+)")
_BN = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "var"}


def rename_to_lowlevel(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same tensors under low-level names: a `state_dict`, or gradients by parameter name.

    To load strictly into the network of the same options, e.g.
    `lowlevel_resnet50().load_state_dict(rename_to_lowlevel(resnet50().state_dict()))`. A key that matches no pattern
    stays as it is, so that `load_state_dict` reports it.
    """
    return {_rename(name): tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}


def _rename(name: str) -> str:
    if name in ("fc.weight", "fc.bias"):
        return name.replace(".", "_")
    block = _BLOCK.fullmatch(name)
    prefix = f"{block['stage']}_{int(block['block']) + 1}_" if block else ""
    rest = block["rest"] if block else name
    if block and (layer := _LAYER.fullmatch(rest)):
        return f"{prefix}layer{layer['number']}_{_tensor(layer)}"
    if (named := _NAMED.fullmatch(rest)) and (named["owner"] == "shortcut") == bool(block):
        return f"{prefix}{named['owner']}_{_tensor(named)}"
    return name


def _tensor(match: re.Match[str]) -> str:
    return match["tensor"] if match["kind"] == "conv" else _BN.get(match["tensor"], match["tensor"])
