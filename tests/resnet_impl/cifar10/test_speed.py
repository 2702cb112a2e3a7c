"""`python -m resnet_impl.cifar10.speed`: every way learns, turns are fair, figures are ratios."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest
import torch
from rich.console import Console

from resnet_impl.cifar10 import speed
from resnet_impl.cifar10.recipe import Recipe
from resnet_impl.cifar10.world import World

from .runs_made import made_data


def test_every_way_learns_and_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speed, "load_data", lambda where, **options: made_data())
    file = tmp_path / "speed.json"
    arguments = [
        "--model",
        "resnet8",
        "--batch",
        "16",
        "--turns",
        "2",
        "--each",
        "3",
        "--device",
        "cpu",
        "--data",
        "made",
    ]
    assert speed.main([*arguments, "--output", str(file)]) == 0
    out = capsys.readouterr().out
    assert "made images" in out
    found = json.loads(file.read_text())
    assert list(found["seconds"]) == [
        "bundled",
        "an epoch cut at once",
        "torchvision, no workers",
        "torchvision transforms, DataLoader with 2 workers",
    ]
    assert {len(values) for values in found["seconds"].values()} == {2}
    assert found["environment"]["torch"] == torch.__version__
    assert (found["recipe"]["precision"], found["recipe"]["batch"]) == ("fp32", 16)
    assert found["date"] == datetime.now(UTC).date().isoformat()


def test_all_ways_train_their_network() -> None:
    for way in speed.ways(Recipe("resnet8", batch=16), made_data(), World(torch.device("cpu"))):
        step = way.ready.__self__  # type: ignore[attr-defined]
        before = [p.detach().clone() for p in step.net.parameters()]
        way.take(0)
        assert all(not torch.equal(p, b) for p, b in zip(step.net.parameters(), before, strict=True) if p.ndim > 1), way


def test_turns_alternate_and_the_first_is_not_counted() -> None:
    order: list[str] = []
    chosen = [speed.Way(name, lambda iteration, name=name: order.append(name), lambda: None) for name in "ab"]  # type: ignore[misc]
    seconds = speed.measure(chosen, turns=2, iterations=2)
    assert "".join(order) == "aabb" * 3
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}


def test_ratios_are_of_medians(capsys: pytest.CaptureFixture[str]) -> None:
    speed.render({"ours": [0.1, 0.1, 0.7], "theirs": [0.2, 0.25, 0.3]}, {}, Console(width=100, highlight=False))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["ours", "100.00", "100.00", "700.00", "1.00"] in lines
    assert ["theirs", "250.00", "200.00", "300.00", "2.50"] in lines


def test_kernels_are_counted_and_shown_where_there_is_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    on = {"cpu": torch.profiler.DeviceType.CPU, "gpu": torch.autograd.DeviceType.CUDA}
    taken: list[int] = []

    class Seen:
        """What a profiler sees: two launches and 30 kernels, in the iteration that refills the tables 32."""

        def __init__(self, activities: list[object]) -> None:
            assert activities == [torch.profiler.ProfilerActivity.CUDA]

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *problem: object) -> None:
            pass

        def events(self) -> list[SimpleNamespace]:
            kernels = 32 if taken[-1] % 500 == 0 else 30
            return [SimpleNamespace(device_type=on[name]) for name in ["cpu"] * 2 + ["gpu"] * kernels]

    way = speed.Way("ours", taken.append, lambda: None)
    assert speed.count_kernels(way, 500, Seen) == 30
    assert taken == [500, 501]
    speed.render({"ours": [0.1]}, {"ours": 30}, Console(width=100, highlight=False))
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "kernels"
    assert row.split()[-1] == "30"
