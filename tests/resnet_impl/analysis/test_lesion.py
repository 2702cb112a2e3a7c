"""Deleting what does nothing changes nothing; a plain network loses its signal; orders and their correlation."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from resnet_impl.analysis.lesions import delete, draw_swaps, evaluate, kendall_tau, reordered, swappable
from resnet_impl.analysis.networks import Network
from resnet_impl.cifar10 import train

from ..cifar10.runs_made import made_data
from .conftest import Run, silence


@pytest.mark.parametrize("name", ["resnet14", "resnet14-B", "preresnet14"])
def test_deleting_a_block_with_f_0_changes_nothing(
    name: str, make: Callable[..., Network], x: Tensor, labels: Tensor
) -> None:
    network = silence(make(name))
    whole, logits = evaluate(network, x, labels), network.net(x)
    for block in network.blocks:
        assert delete(network, [block], x, labels) == whole
    with network.mode("deleted", network.blocks):
        assert torch.equal(network.net(x), logits)


def test_deleting_blocks_that_do_something_changes_something(
    make: Callable[..., Network], x: Tensor, labels: Tensor
) -> None:
    network = make("resnet14")
    whole = evaluate(network, x, labels)
    for block in network.blocks:
        assert delete(network, [block], x, labels).loss != pytest.approx(whole.loss)
    assert evaluate(network, x, labels) == whole  # and all are back


def test_error_and_loss_are_those_of_the_answers(make: Callable[..., Network], x: Tensor) -> None:
    network = make("resnet8")
    logits = network.net(x).detach()
    right = logits.argmax(1)
    assert evaluate(network, x, right).error == 0
    wrong = torch.cat((right[:3], (right[3:] + 1) % 10))
    shown = evaluate(network, x, wrong)
    assert shown.error == 25
    assert shown.loss == pytest.approx(float(F.cross_entropy(logits, wrong)))


def with_small_f(network: Network) -> Network:
    """F a twentieth of its size: responses of residual networks are small (He et al. 2015, Fig. 7)."""
    for name, module in network.net.named_modules():
        if name.endswith("bn2") and isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.weight, 0.05)
    return network


def test_a_plain_twin_loses_its_signal_where_a_residual_network_keeps_it(
    make: Callable[..., Network], x: Tensor
) -> None:
    """A deleted block moves the logits of the plain network by more than their own size, about."""
    network = with_small_f(make("resnet14"))
    network.settle(x)
    twin = network.twin()
    twin.settle(x)
    moved = {}
    for which in (network, twin):
        whole = which.net(x).detach()
        centred = whole - whole.mean(0)
        changes = []
        for block in which.blocks:
            if block.came == block.went:
                with which.mode("deleted", [block]):
                    lost = which.net(x).detach()
                changes.append(float((lost - whole).norm() / centred.norm()))
        moved[which.label] = changes
    ours, plain = moved["resnet14"], moved["resnet14 without shortcuts"]
    assert max(ours) < 0.5
    assert min(plain) > 1


def test_pairs_that_can_be_swapped(make: Callable[..., Network]) -> None:
    assert swappable(make("resnet20").blocks) == [(0, 1), (0, 2), (1, 2), (4, 5), (7, 8)]
    assert swappable(make("resnet8").blocks) == []


def test_kendalls_tau() -> None:
    assert kendall_tau([0, 1, 2, 3]) == 1
    assert kendall_tau([3, 2, 1, 0]) == -1
    assert kendall_tau([1, 0, 2]) == pytest.approx(1 / 3)


def test_a_swap_is_the_network_with_the_weights_swapped(make: Callable[..., Network], x: Tensor) -> None:
    network, other = make("resnet14"), make("resnet14")
    first, second = (block.module for block in other.blocks[:2])
    weights = {name: value.clone() for name, value in first.state_dict().items()}
    first.load_state_dict(second.state_dict())
    second.load_state_dict(weights)
    before = network.net(x)
    with reordered(network, [1, 0, 2, 3, 4, 5]):
        assert torch.equal(network.net(x), other.net(x))
    assert torch.equal(network.net(x), before)
    assert not torch.equal(before, other.net(x))


def test_drawn_orders_keep_to_the_pairs() -> None:
    generator = torch.Generator().manual_seed(0)
    orders = [draw_swaps([(0, 1), (2, 3)], 3, 5, generator) for _ in range(50)]
    assert all(sorted(order[:2]) == [0, 1] and sorted(order[2:4]) == [2, 3] and order[4] == 4 for order in orders)
    assert all(sum(i > j for i, j in (order[:2], order[2:4])) == 1 for order in orders)  # an odd number of swaps


@pytest.mark.slow
def test_the_verb_on_a_trained_network(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())
    monkeypatch.setattr("resnet_impl.analysis.images.synthesize", lambda *counts: made_data())
    short = ("--batch", "16", "--device", "cpu", "--data", "made", "--iterations", "60", "--channel-mean")
    for name in ("resnet14", "plain14"):
        assert train.main(["--model", name, *short, "--output", str(tmp_path / name)]) == 0
    given = ("--checkpoint", str(tmp_path / "resnet14"), "--beside", str(tmp_path / "plain14"))
    assert run("lesion", *given, "--images", "60", "--repeats", "1", "--most", "2") == 0
    rows = list(csv.DictReader((tmp_path / "out" / "lesion.csv").read_text().splitlines()))
    assert [(r["what"], r["count"]) for r in rows if r["network"] == "resnet14"] == (
        [("none", "0")] + [("each", "1")] * 6 + [("random", "2"), ("swaps", "1"), ("swaps", "2")]
    )
    whole = {r["network"]: float(r["error"]) for r in rows if r["what"] == "none"}
    assert whole["resnet14"] < 30  # of three classes; it was trained
    about = json.loads((tmp_path / "out" / "lesion.json").read_text())
    assert [set(found["mean_error"]) for found in about["found"]] == [
        {"identity", "downsampling"}, {"plain", "plain downsampling"},
    ]  # fmt: skip
    assert about["found"][0]["error"] == pytest.approx(whole["resnet14"], rel=1e-5)
    assert (tmp_path / "out" / "lesion.png").read_bytes()[:4] == b"\x89PNG"
