"""Networks by name: resnet20, plain56, preresnet110 and every other depth of the form 6n + 2."""

from __future__ import annotations

import difflib
import re
from typing import Literal, cast

from torch import nn

from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.preactivation_presets import cifar_preresnet, cifar_preresnet_bottleneck
from resnet_impl.presets import cifar_plain, cifar_resnet

NAMES: tuple[str, ...] = ("resnet20", "resnet32", "resnet44", "resnet56", "resnet110", "resnet1202")
NAMES += ("plain20", "plain32", "plain44", "plain56", "plain110")
NAMES += ("preresnet110", "preresnet164", "preresnet1001")
BOTTLENECKS = (164, 1001)  # of the form 9n + 2 (He et al. 2016)

Option = Literal["A", "A-split", "B", "C"]


def build(name: str, num_classes: int = 10) -> nn.Module:
    """The network of that name, initialised. Raises TrainingError for a name or a depth that there is not."""
    found = re.fullmatch(r"(resnet|plain|preresnet)(\d+)(?:-(A-split|[ABC]))?", name)
    kind, depth, option = (found[1], int(found[2]), found[3]) if found else ("", 0, None)
    if kind == "preresnet" and depth in BOTTLENECKS and option is None:
        return cifar_preresnet_bottleneck((depth - 2) // 9, num_classes=num_classes)
    if not kind or depth < 8 or depth % 6 != 2 or (option and kind != "resnet"):
        near = _nearest(name, kind, depth)
        raise TrainingError(
            f"there is no model {name!r}" + (f" (did you mean {near!r}?)" if near else "") + ": write resnet, plain"
            " or preresnet and a depth of 6n + 2, such as resnet20, plain56 or preresnet110 (164 and 1001, too);"
            " resnet20-B has projections, resnet20-A-split half of its zeros before the channels"
        )
    n = (depth - 2) // 6
    if kind == "resnet":
        return cifar_resnet(n, cast(Option, option or "A"), num_classes=num_classes)
    if kind == "plain":
        return cifar_plain(n, num_classes=num_classes)
    return cifar_preresnet(n, num_classes=num_classes)


def _nearest(name: str, kind: str, depth: int) -> str:
    """The nearest depth that there is, or the name that looks most alike; "" where none does."""
    if kind:
        usual = 6 * max(round((depth - 2) / 6), 1) + 2
        return kind + str(min((usual, *(BOTTLENECKS if kind == "preresnet" else ())), key=lambda n: abs(n - depth)))
    close = difflib.get_close_matches(name, NAMES)
    return min(close, key=lambda known: known[:-1] != name[:-1], default="")  # of equally close ones
