"""What a check costs, beside what people do with the same network anyway: run it, export it, print a summary of it."""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import resnet_impl
from resnet_conformance import check, identify

from .cases import MODELS, Model, Wanted
from .conftest import WANTED, Suite, entrant, report
from .networks import Unavailable

# What other libraries say of themselves when they are imported is not what is measured.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

WORKS = (
    "forward pass",
    "torchinfo",
    "fvcore",
    "torch.export",
    "check, structure",
    "check, complete",
    "identify, of all architectures",
)


def group(network: str) -> str:
    """The table's title."""
    return f"cost of a check, {network}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each work on ResNet-20, where `--models` names none; a complete check of ResNet-50 takes long on two cores."""
    wanted = metafunc.config.stash[WANTED]
    networks = wanted.models or ("resnet20",)
    works = works_of(wanted)
    metafunc.parametrize(("network", "work"), [entrant(group(n), work, n, work) for n in networks for work in works])


def works_of(wanted: Wanted) -> tuple[str, ...]:
    """All, or two in a smoke test."""
    return ("forward pass", "check, structure") if wanted.smoke else WORKS


def test_check(network: str, work: str, suite: Suite, benchmark: Any, request: pytest.FixtureRequest) -> None:
    outcomes = suite.outcomes(
        group(network), lambda: {other: partial(Work, network, other) for other in works_of(suite.wanted)}
    )
    report(outcomes[work], benchmark, request)


def of_the_papers(model: Model) -> tuple[Callable[[], nn.Module], str]:
    """The network of that name as the papers have it (not as the libraries do), and its architecture in the spec."""
    if model.size == 32:
        return getattr(resnet_impl, f"cifar_{model.name}"), f"cifar10/{model.name}"
    return getattr(resnet_impl, model.name), f"imagenet/{model.name}"


class Work:
    """Something done with a network; on the CPU, as one image."""

    limit, capturable = 0.0, False

    def __init__(self, network: str, work: str) -> None:
        model = MODELS[network]
        self.factory, self.architecture = of_the_papers(model)
        self.net, self.images = self.factory().eval(), torch.randn(1, 3, model.size, model.size)
        self.work = work
        self.do = self._chosen(work)
        self.found: Any = None

    def _chosen(self, work: str) -> Callable[[], Any]:
        if work == "torchinfo":
            summary = _library("torchinfo").summary
            return lambda: summary(self.net, input_data=self.images, verbose=0)
        if work == "fvcore":
            count = _library("fvcore.nn").FlopCountAnalysis
            return lambda: count(self.net, self.images).unsupported_ops_warnings(False).total()
        return {
            "forward pass": lambda: self.net(self.images),
            "torch.export": lambda: torch.export.export(self.net, (self.images,)),
            "check, structure": lambda: check(self.factory, self.architecture, evidence="structure"),
            "check, complete": lambda: check(self.factory, self.architecture),
            "identify, of all architectures": lambda: identify(self.factory),
        }[work]

    def call(self, number: int) -> None:
        """The work; what libraries print is not shown."""
        with torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
            self.found = self.do()

    def error(self) -> float | None:
        """A complete check must find that the network conforms, a look at the structure that nothing is wrong.

        Of all architectures the network is exactly its own.
        """
        if self.work == "check, complete":
            return float(self.found.verdict != "conforms")
        if self.work == "check, structure":
            return float(bool(self.found.failed("MUST")))
        if self.work.startswith("identify"):
            return float(not self.found.exact or self.found.architecture != self.architecture)
        return None

    def info(self, seconds: float) -> dict[str, Any]:
        """Nothing more."""
        return {}


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Unavailable(f"{name.partition('.')[0]} is not installed") from None
