"""What people check a network with today, on the same corpus: does it notice, and does it blame what is right?

Each wrong or right network stands beside the faithful one of its architecture. Right ones in unusual clothes have other
names of parameters, and may draw their initial weights in another order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import torch
from torch import nn

from resnet_conformance.anatomy import dissect
from resnet_conformance.capture import capture_candidate
from resnet_conformance.measure import measure
from resnet_conformance.simplify import simplify

from ..mutants import faithful, faithful_preactivation
from ..mutants.test_right import RIGHT
from ..mutants.test_wrong import CORPUS
from . import corpus
from .trial import Outcome

NAME = "rivals"
TITLE = "The same corpus, judged by what people use today"
SEED = 0
RTOL = ATOL = 1e-3  # as the regression tests of model libraries have them

FAITHFUL: dict[str, Callable[[], nn.Module]] = {
    "cifar10/resnet20": faithful.resnet20,
    "cifar10/resnet110": lambda: faithful.resnet20(counts=(18, 18, 18)),
    "cifar10/plain20": lambda: faithful.plain(faithful.resnet20),
    "imagenet/resnet18": faithful.resnet18,
    "imagenet/resnet18-A": lambda: faithful.resnet18(option="A"),
    "imagenet/resnet34-C": lambda: faithful.resnet18(counts=(3, 4, 6, 3), option="C"),
    "imagenet/plain18": lambda: faithful.plain(faithful.resnet18),
    "imagenet/resnet50": faithful.resnet50,
    "imagenet/resnet101": lambda: faithful.resnet50(counts=(3, 4, 23, 3)),
    "cifar10/preresnet110": faithful_preactivation.preresnet110,
    "cifar10/preresnet164": faithful_preactivation.preresnet164,
    "imagenet/preresnet152": faithful_preactivation.preresnet152,
}


@cache
def _input(size: int) -> torch.Tensor:
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(SEED))


def _made(build: Callable[[], nn.Module]) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return build().eval()


def _logits(net: nn.Module, size: int) -> torch.Tensor | str:
    try:
        with torch.no_grad():
            returned = net(_input(size))
    except Exception as error:  # noqa: BLE001 - a wrong network may not run
        return type(error).__name__
    while not isinstance(returned, torch.Tensor):  # people take the logits out of what holds them
        fields = returned if isinstance(returned, (dict, tuple, list)) else vars(returned)
        returned = next(iter(fields.values() if isinstance(fields, dict) else fields))
    return returned


def _figures(net: nn.Module, size: int) -> dict[str, Any]:
    """What one looks at, each under the name of the method."""
    logits = _logits(net, size)
    shape = "none" if isinstance(logits, str) else list(logits.shape)
    found: dict[str, Any] = {"output shape": shape, "logits": logits, "state": net.state_dict()}
    try:
        found["parameter count"] = sum(p.numel() for p in net.parameters())
    except AttributeError as error:  # `parameters` may be anybody's own
        found["parameter count"] = type(error).__name__
    try:
        graph = simplify(capture_candidate(net, shapes=((2, 3, size, size),)).graph)
        found["multiply-adds"] = measure(graph).multiply_adds
        found["stage sizes"] = [[list(b.output_shape[1:]) for b in stage[-1:]] for stage in dissect(graph).stages]
    except Exception as error:  # noqa: BLE001
        found["multiply-adds"] = found["stage sizes"] = type(error).__name__
    return found


METHODS = (
    "output shape",
    "parameter count",
    "load_state_dict(strict=True)",
    "multiply-adds",
    "stage sizes",
    "golden logits",
)


@cache
def _reference(architecture: str) -> dict[str, Any]:
    return _figures(_made(FAITHFUL[architecture]), _size(architecture))


def _size(architecture: str) -> int:
    return 224 if architecture.startswith("imagenet") else 32


def names() -> Sequence[str]:
    """Networks of architectures that have a faithful one of the same names of parameters."""
    return [name for name in corpus.names() if _architecture(name) in FAITHFUL]


def _architecture(name: str) -> str:
    kind, _, network = name.partition("/")
    return RIGHT[network][0] if kind == "right" else CORPUS.mutants[network].architecture


def run(name: str) -> Outcome:
    """Which methods notice a difference: a JSON list of their names, in `told`."""
    kind, _, network = name.partition("/")
    architecture = _architecture(name)
    build = RIGHT[network][1] if kind == "right" else CORPUS.mutants[network].build
    net, size = _made(build), _size(architecture)
    mine, wanted = _figures(net, size), _reference(architecture)
    noticed = [method for method in METHODS if method in mine and mine[method] != wanted[method]]
    if not _loads(net, wanted["state"]):
        noticed.append("load_state_dict(strict=True)")
    if not _same_logits(mine["logits"], wanted["logits"]):
        noticed.append("golden logits")
    bad = kind == "wrong"
    return Outcome(
        ("killed" if bad else "alarm") if noticed else ("survived" if bad else "clean"),
        told=json.dumps([method for method in METHODS if method in noticed]),
    )


def _loads(net: nn.Module, state: dict[str, torch.Tensor]) -> bool:
    try:
        net.load_state_dict(state, strict=True)
    except (RuntimeError, AttributeError, TypeError, ValueError):
        return False
    return True


def _same_logits(mine: torch.Tensor | str, wanted: torch.Tensor | str) -> bool:
    if isinstance(mine, str) or isinstance(wanted, str) or mine.shape != wanted.shape:
        return False
    return torch.allclose(mine, wanted, rtol=RTOL, atol=ATOL)


def explain(name: str) -> str | None:
    """What others do not notice is no weakness of this suite."""
    return "it was judged by what people use today, not by this suite"
