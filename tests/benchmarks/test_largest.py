"""The largest batch: as much as memory allows, less where it was too much, and said in the tables."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from benchmarks import cases, largest, results
from benchmarks.conftest import Suite
from benchmarks.contest import contest
from benchmarks.test_networks import tries
from benchmarks.turns import Method

CPU = torch.device("cpu")
STEP = cases.Case("step", cases.MODELS["resnet20"], cases.LARGEST, 32)
WAY = cases.Way(cases.OURS, "fp32")


@pytest.mark.parametrize(("bound", "batch"), [(0, 1), (99, 1), (300, 16), (1000, 64), (1999, 128), (1e12, 65536)])
def test_it_is_the_largest_power_of_two_within_the_bound(bound: float, batch: int) -> None:
    found = largest.extrapolated({16: 260, 64: 740}, bound)  # 100, and 10 for each image
    assert found == batch
    assert found in (1, largest.MOST) or 100 + 10 * found <= bound < 100 + 10 * 2 * found


@pytest.mark.parametrize(("mode", "times"), [("eager", 1), ("channels_last", 1), ("fast", 2), ("graph", 2)])
def test_what_runs_as_a_graph_keeps_its_memory(mode: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(largest, "peak_memory", lambda work, device: 1_000_000)
    case = cases.Case("step", STEP.model, 2, 32)
    images = 4 * 2 * 3 * 32 * 32 * 4  # four sets of two images in float32
    assert largest.needed(case, [cases.Way(cases.OURS, "fp32", mode)], CPU) == images + times * 1_000_000


def test_half_of_a_batch_that_was_too_large_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.test_networks.largest_batch", lambda *_: 64)
    asked: list[int] = []

    def makers(case: cases.Case, ways: list[cases.Way], suite: Suite) -> dict[str, object]:
        def make() -> SimpleNamespace:
            asked.append(case.batch)
            if case.batch > 16:
                raise torch.OutOfMemoryError("CUDA out of memory")
            info = lambda seconds: {"batch": case.batch}  # noqa: E731
            return SimpleNamespace(call=lambda _: None, error=lambda: None, info=info, limit=0.0, capturable=False)

        return {"it": make}

    monkeypatch.setattr("benchmarks.test_networks.makers", makers)
    suite = Suite(cases.Wanted(), Method(rounds=1, warmups=1, least=0.0))
    suite._ceilings = {"fp32": None}  # type: ignore[dict-item]  # not measured
    found = suite.outcomes(str(STEP), *tries(STEP, [WAY], suite))
    assert asked == [64, 32, 16]
    assert found["it"].info["batch"] == 16


def test_a_reference_that_does_not_fit_is_no_figure() -> None:
    def error() -> float:
        raise torch.OutOfMemoryError("CUDA out of memory")

    entry = SimpleNamespace(call=lambda _: None, error=error, info=lambda _: {}, limit=0.0, capturable=False)
    found = contest({"it": lambda: entry}, Method(rounds=1, warmups=1, least=0.0), CPU)["it"]
    assert found.skipped == "its reference in float64: does not fit into the memory of the cpu"
    assert found.too_large
    assert found.timing is None


def test_a_gpu_has_one_by_default_in_one_precision() -> None:
    planned = [(case, way) for case, way in cases.plan(cases.Wanted("cuda")) if case.batch == cases.LARGEST]
    assert {str(case) for case, _ in planned} == {"training step, resnet50 at 224, largest batch"}
    assert {way.precision for _, way in planned} == {"bf16"}


def test_tables_say_which_batch_it_was(tmp_path) -> None:
    row = {"group": str(STEP), "param": f"{STEP}: it", "stats": {"data": [1.0], "iterations": 1}}
    content = {"benchmarks": [row | {"extra_info": {"batch": 512}}], "machine_info": {}, "datetime": "2026-11-30T12"}
    path = tmp_path / "now.json"
    path.write_text(json.dumps(content), "utf-8")
    (found,) = results.read(path).rows
    assert (found.group, found.name) == ("training step, resnet20 at 32, largest batch, 512", "it")
