"""What the trainer does on a GPU, without one: all tensors lie there, and no iteration waits for it."""

from __future__ import annotations

import pytest
import torch

from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.recipe import Recipe
from resnet_impl.cifar10.trainer import Trainer
from resnet_impl.cifar10.views import Views
from resnet_impl.cifar10.world import World
from tests.fake_gpu import GPU, fake_gpu


def trainer(recipe: Recipe, graphs: bool = True) -> Trainer:
    images = torch.zeros(1000, 3, 32, 32, dtype=torch.uint8, device=GPU)
    train = Split(images, torch.zeros(1000, dtype=torch.int64, device=GPU))
    return Trainer(recipe, train, train, Views(torch.zeros(3, 32, 32)).to(GPU), 0, World(GPU), graphs)


@pytest.mark.parametrize(
    "departures",
    [{}, {"precision": "bf16", "channels_last": True}, {"ghost": 64}, {"compiled": True}, {"precision": "tf32"}],
    ids=str,
)
def test_an_iteration_stays_on_the_device_and_waits_for_nothing(departures, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gpu(monkeypatch) as waits:
        run = trainer(Recipe("resnet20", **departures), graphs=False)
        waits.clear()
        for _ in range(3):
            run.take()
        assert waits == []
        assert {p.device.type for p in run.net.parameters()} == {"cuda"}
        assert {b.device.type for b in run.net.buffers()} == {"cuda"}
        assert run.step.sums.device.type == "cuda"


def test_after_the_rehearsals_an_iteration_is_a_graph_which_a_new_rate_makes_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with fake_gpu(monkeypatch) as waits:
        run = trainer(Recipe("resnet20", iterations=20, drops=(8,)))
        waits.clear()
        graphs = []
        for _ in range(12):
            run.take()
            graphs.append(run.step.graph)
    assert graphs[:3] == [None] * 3
    first, second = graphs[7], graphs[11]
    assert graphs[3:8] == [first] * 5
    assert graphs[8:] == [second] * 4
    assert first is not second
    assert (first.replays, second.replays) == (5, 4)
    assert waits == ["synchronize"] * 2  # before each capture


def test_a_mixture_of_devices_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gpu(monkeypatch):
        run = trainer(Recipe("resnet20"))
        run.step.offsets = run.step.offsets.cpu()
        with pytest.raises(RuntimeError, match="device"):
            run.take()


def test_a_value_that_is_read_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_gpu(monkeypatch) as waits:
        run = trainer(Recipe("resnet20"))
        waits.clear()
        run.step.run = lambda images: run.net(images * float(images.max()))
        run.take()
    assert waits == ["__float__"]
