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

import resnet_impl
from resnet_conformance import check

from .conftest import SUITE, Suite, entrant, report
from .networks import Unavailable

# What other libraries say of themselves when they are imported is not what is measured.
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")

NETWORKS = {
    "resnet50": ("imagenet/resnet50", 224),
    "cifar_resnet20": ("cifar10/resnet20", 32),
}
WORKS = ("forward pass", "torchinfo", "fvcore", "torch.export", "check, structure", "check, complete")


def group(network: str) -> str:
    """The table's title."""
    return f"cost of a check, {network}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each work on each network; what must be quick takes the small one."""
    suite = metafunc.config.stash[SUITE]
    small = suite.wanted.quick or suite.wanted.smoke
    networks = ["cifar_resnet20" if small else "resnet50"]
    works = ("forward pass", "check, structure") if suite.wanted.smoke else WORKS
    metafunc.parametrize(("network", "work"), [entrant(group(n), work, n, work) for n in networks for work in works])


def test_check(network: str, work: str, suite: Suite, benchmark: Any, request: pytest.FixtureRequest) -> None:
    works = WORKS[:1] + WORKS[4:5] if suite.wanted.smoke else WORKS
    outcomes = suite.outcomes(group(network), lambda: {w: partial(Work, network, w) for w in works})
    report(outcomes[work], benchmark, request)


class Work:
    """Something done with a network; on the CPU, as one image."""

    limit, capturable = 0.0, False

    def __init__(self, network: str, work: str) -> None:
        self.architecture, size = NETWORKS[network]
        self.factory = getattr(resnet_impl, network)
        self.net, self.images = self.factory().eval(), torch.randn(1, 3, size, size)
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
        }[work]

    def call(self, number: int) -> None:
        """The work; what libraries print is not shown."""
        with torch.no_grad(), contextlib.redirect_stdout(io.StringIO()):
            self.found = self.do()

    def error(self) -> float | None:
        """A complete check must find that the network conforms, a look at the structure that nothing is wrong."""
        if self.work == "check, complete":
            return float(self.found.verdict != "conforms")
        if self.work == "check, structure":
            return float(bool(self.found.failed("MUST")))
        return None

    def info(self, seconds: float) -> dict[str, Any]:
        """Nothing more."""
        return {}


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Unavailable(f"{name.partition('.')[0]} is not installed") from None
