"""Forward passes, gradients and training steps: torchvision, timm and resnet_impl side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from typing import Any

import pytest

from resnet_conformance.blueprint import draw
from resnet_conformance.graph import Graph
from resnet_conformance.measure import measure
from resnet_conformance.spec import load_spec

from . import networks, roofline
from .cases import LARGEST, OURS, Case, Model, Way, plan
from .conftest import WANTED, Suite, entrant, report
from .contest import Maker
from .largest import largest_batch
from .machine import set_arithmetic

HALVINGS = 4  # tries of a batch that should fit, and of half of it, and so on


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One benchmark for each contender, those of a case one behind the other."""
    planned = [entrant(str(case), str(way), case, way) for case, way in plan(metafunc.config.stash[WANTED])]
    metafunc.parametrize(("case", "way"), planned)


def test_network(case: Case, way: Way, suite: Suite, benchmark: Any, request: pytest.FixtureRequest) -> None:
    chosen = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]  # by -k as well
    ways = [params["way"] for params in chosen if params.get("case") == case]
    outcomes = suite.outcomes(str(case), *tries(case, ways, suite))
    report(outcomes[str(way)], benchmark, request)


def tries(case: Case, ways: list[Way], suite: Suite) -> Iterator[Callable[[], dict[str, Maker]]]:
    """The contenders of a case; where its batch is to be found, of the one that should fit, then of smaller ones."""
    if case.batch != LARGEST:
        yield lambda: makers(case, ways, suite)
        return
    batch = cache(lambda: largest_batch(case, ways, suite.device))
    for halvings in range(HALVINGS):
        yield lambda k=halvings: makers(replace(case, batch=max(1, batch() >> k)), ways, suite)  # type: ignore[misc]


def makers(case: Case, ways: list[Way], suite: Suite) -> dict[str, Maker]:
    """The contenders of a case: equal weights, the same images."""
    nets = networks.networks({way.library for way in ways} | {OURS}, case.model)
    inputs = networks.make_inputs(case, suite.device)
    wanted = cache(lambda: networks.reference(case, nets[OURS].to(suite.device), inputs))

    def make(way: Way) -> NetworkEntry:
        if way.library not in nets:
            raise networks.Unavailable(f"{way.library} is not installed")
        task = networks.Task(case, way, nets[way.library], inputs, suite.method is None)
        return NetworkEntry(task, way, wanted, suite)

    return {str(way): partial(make, way) for way in ways}


class NetworkEntry:
    """A Task with its reference and its floors."""

    def __init__(self, task: networks.Task, way: Way, wanted: Any, suite: Suite) -> None:
        self.task, self.way, self.wanted, self.suite = task, way, wanted, suite
        self.limit = networks.limit(task.case, way)
        self.capturable = not task.training and way.mode in ("eager", "channels_last")

    def call(self, number: int) -> Any:
        """The work."""
        set_arithmetic(self.way.precision)
        return self.task.call(number)

    def error(self) -> float:
        """Distance from float64."""
        set_arithmetic(self.way.precision)
        return networks.difference(self.task.case, self.task.answer(), self.wanted())

    def info(self, seconds: float) -> dict[str, Any]:
        """Images a second, TFLOP/s, bytes, and the floor."""
        case, ceiling = self.task.case, self.suite.ceilings[self.way.precision]
        found = floors(case, 2 if self.way.precision == "bf16" else 4, ceiling)
        least = found["fused" if self.task.training else "eval"]
        info = {
            "library": self.way.library,
            "precision": self.way.precision,
            "mode": self.way.mode,
            "batch": case.batch,
            "images_per_s": case.batch / seconds,
            "tflop_per_s": least.flops / seconds / 1e12,
            "bytes": least.bytes,
            "floor_ms": least.seconds * 1e3,
            "percent_of_floor": 100 * least.seconds / seconds,
        }
        if self.task.training:
            info["floor_separate_bn_ms"] = found["separate"].seconds * 1e3
        return info


def floors(case: Case, element: int, ceiling: roofline.Ceiling) -> dict[str, roofline.Floor]:
    """By mode; a training step updates the weights as well."""
    graph = blueprint(case.model, case.size)
    if case.kind == "forward":
        return {"eval": roofline.floor(graph, "eval", case.batch, element, ceiling)}
    update = roofline.update_floor(measure(graph).parameters if case.kind == "step" else 0, ceiling)
    found = {}
    for mode in ("separate", "fused"):
        passes = roofline.floor(graph, mode, case.batch, element, ceiling)
        found[mode] = roofline.Floor(passes.flops, passes.bytes + update.bytes, passes.seconds + update.seconds)
    return found


@cache
def blueprint(model: Model, size: int) -> Graph:
    """The spec's network at that size."""
    return draw(load_spec().architectures[model.architecture], size=(size, size))
