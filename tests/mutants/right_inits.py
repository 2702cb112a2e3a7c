"""Networks that start as the paper says, drawn in other ways; and networks that start the same each time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping

import numpy as np

from .corpus import RESNET18, RESNET20, RESNET50
from .faithful import nn, resnet18, resnet20, resnet50, torch
from .wrong_inits import BiasedStem, Draw, drawing

RIGHT_INITS: dict[str, tuple[str, Callable[[], nn.Module], str]] = {}  # architecture, network, its n
FIXED_INITS: dict[str, Callable[[], nn.Module]] = {}  # ResNet-20s


def from_numpy(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
    weight.copy_(torch.from_numpy(np.random.normal(0, math.sqrt(2 / fan_in), tuple(weight.shape))))


def own_generator(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
    generator = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
    weight.normal_(0, math.sqrt(2 / fan_out), generator=generator)


def one_by_one(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
    if weight.numel() > 20_000:  # Python's draws take their time
        weight.normal_(0, math.sqrt(2 / fan_in))
    else:
        numbers = [random.gauss(0, math.sqrt(2 / fan_in)) for _ in range(weight.numel())]
        weight.copy_(torch.tensor(numbers).view_as(weight))


def mixed(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
    weight.normal_(0, math.sqrt(2 / (fan_out if weight.shape[1] == 3 else fan_in)))


def draws_of(rule: str) -> Mapping[str, Draw]:
    """Ways to draw with that n."""
    side = 0 if rule == "fan-in" else 1
    return {
        f"normal-{rule}": lambda w, *n: w.normal_(0, math.sqrt(2 / n[side])),
        f"scaled-{rule}": lambda w, *n: w.copy_(torch.randn_like(w) * math.sqrt(2 / n[side])),
    }


for _rule in ("fan-in", "fan-out"):
    for _name, _draw in draws_of(_rule).items():
        RIGHT_INITS[f"20-{_name}"] = (RESNET20, lambda d=_draw: resnet20(net=drawing(d)), _rule)
        RIGHT_INITS[f"18-{_name}"] = (RESNET18, lambda d=_draw: resnet18(net=drawing(d)), _rule)
RIGHT_INITS |= {
    "numpy": (RESNET20, lambda: resnet20(net=drawing(from_numpy)), "fan-in"),
    "own-generator": (RESNET18, lambda: resnet18(net=drawing(own_generator)), "fan-out"),
    "one-by-one": (RESNET20, lambda: resnet20(net=drawing(one_by_one)), "fan-in"),
    "mixed": (RESNET20, lambda: resnet20(net=drawing(mixed)), "fan-in in 2 (blocks.3.convs.0 ...)"),
    "bias-of-conv1": (RESNET50, lambda: resnet50(stem=BiasedStem), "fan-in"),
}


def seeded() -> nn.Module:
    """The factory seeds torch."""
    torch.manual_seed(0)
    return resnet20()


def seeded_layers() -> nn.Module:
    """Each layer has a generator with a seed of its own, always the same."""
    seeds = iter(range(100))

    def draw(weight: torch.Tensor, fan_in: int, fan_out: int) -> None:
        weight.normal_(0, math.sqrt(2 / fan_in), generator=torch.Generator().manual_seed(next(seeds)))

    return resnet20(net=drawing(draw))


FIXED_INITS |= {"seeded": seeded, "seeded-layers": seeded_layers}
