"""A compiled contender is compiled for its own case, whatever was compiled before it in the same process."""

from __future__ import annotations

from functools import partial

import pytest
import torch

from benchmarks import cases, networks
from benchmarks.contest import contest

CPU = torch.device("cpu")
WAYS = [cases.Way(cases.OURS, "fp32", mode) for mode in ("compiled", "fast")]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[list[torch.Size]]:
    """The shapes of the inputs of each graph that torch.compile is given from now on, in the place of a compiler."""
    found: list[list[torch.Size]] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]):
        found.append([x.shape if isinstance(x, torch.Tensor) else x for x in inputs])
        return graph.forward

    real = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda net, **chosen: real(net, backend=backend, dynamic=chosen.get("dynamic"))
    )
    torch._dynamo.reset()
    return found


def hold(way: cases.Way, batch: int) -> None:
    case = cases.Case("forward", cases.MODELS["resnet20"], batch, 32)
    net = networks.networks({cases.OURS}, case.model)[cases.OURS]
    inputs = networks.make_inputs(case, CPU)

    class Entry:
        limit, capturable = 0.0, False

        def __init__(self) -> None:
            self.call = networks.Task(case, way, net, inputs, smoke=False).call

        def error(self) -> None:
            return None

    contest({"it": Entry}, None, CPU)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_each_batch_has_code_of_its_own(way: cases.Way, compiled) -> None:
    for batch in (2, 3, 4):
        hold(way, batch)
    batches = [{shape[0] for shape in shapes if shape[1:] == (3, 32, 32)} for shapes in compiled]
    assert batches == [{2}, {3}, {4}]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_what_was_compiled_is_freed_with_its_contest(way: cases.Way, compiled) -> None:
    run = partial(hold, way, 2)
    run()
    run()
    assert len(compiled) == 2
