"""What the contenders do on a GPU, without one: images, weights and answers lie there, and no call waits for it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks import cases, largest, machine
from benchmarks.contest import graph_replay
from benchmarks.roofline import Ceiling
from benchmarks.test_networks import makers
from benchmarks.turns import Method, measure
from tests.fake_gpu import GPU, fake_gpu

CEILING = Ceiling(1e15, 4e12)
METHOD = Method(rounds=2, warmups=1, least=0.0)
SUITE = SimpleNamespace(device=GPU, method=METHOD, ceilings=dict.fromkeys(cases.PRECISIONS, CEILING))
PLANNED = list(cases.plan(cases.Wanted("cuda", models=("resnet20",), batches=(2,))))


@pytest.mark.parametrize("kind", cases.KINDS)
def test_every_contender_works_on_the_device(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gpu(monkeypatch) as waits:
        for case, way in PLANNED:
            if case.kind != kind or (kind != "forward" and way.mode == "graph"):
                continue
            entry = makers(case, [way], SUITE)[str(way)]()
            waits.clear()
            for number in range(3):
                assert entry.call(number).device.type == "cuda"
            assert waits == [], way
            assert entry.task.answer().device.type == entry.wanted().device.type == "cuda"
            assert entry.info(0.01)["percent_of_floor"] > 0
            if entry.capturable:
                assert graph_replay(entry, GPU) == 1.0


def test_rounds_have_the_time_between_two_events(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gpu(monkeypatch) as waits:
        found = measure({"it": lambda number: None}, METHOD, GPU)["it"]
    assert found.events == [1.0 / found.iterations] * 2
    assert set(waits) == {"synchronize"}


def test_a_contest_of_the_largest_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call takes 100 MB and 2 MB for each image: 80% of 10 GB are enough for 2048 images once, for 1024 twice."""
    monkeypatch.setattr(largest, "peak_memory", lambda work, device: 100_000_000 + 2_000_000 * current[0])
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device: (10_000_000_000, 0))
    current = [0]
    needed = largest.needed

    def noted(case: cases.Case, ways: list[cases.Way], device: object) -> int:
        current[0] = case.batch
        return needed(case, ways, device)

    monkeypatch.setattr(largest, "needed", noted)
    case = cases.Case("step", cases.MODELS["resnet20"], cases.LARGEST, 32)
    with fake_gpu(monkeypatch):
        for mode, batch in {"eager": 2048, "fast": 1024}.items():
            assert largest.largest_batch(case, [cases.Way(cases.OURS, "fp32", mode)], GPU) == batch


def test_facts_of_a_gpu_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    properties = SimpleNamespace(name="a GPU", total_memory=2**36, multi_processor_count=132)
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: properties)
    found = machine.facts(GPU)
    assert (found["gpu"], found["gpu_memory_gib"], found["multiprocessors"]) == ("a GPU", 64.0, 132)
