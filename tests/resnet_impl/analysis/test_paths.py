"""Paths: how many, how long, and that the gradients of all lengths are the gradient."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from itertools import product
from math import comb
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from resnet_impl.analysis.networks import Network, opened
from resnet_impl.analysis.path_gradients import along_one, by_length, norms, record, shortest_lengths
from resnet_impl.analysis.paths import Lengths, counts

from .conftest import Run, silence


@pytest.mark.parametrize("n", [1, 9, 54])
def test_there_are_2_to_the_n_paths_of_n_halves_on_average(n: int) -> None:
    found = counts(n)
    assert sum(found) == 2**n
    assert sum(k * count for k, count in enumerate(found)) * 2 == n * 2**n


def test_lengths_5_to_17_are_the_share_of_54_blocks_paths_that_veit_et_al_print() -> None:
    lengths = Lengths("resnet110", counts(54), [1.0] * 55, [1.0] * 55, 0.0)
    assert round(100 * lengths.share_of_paths(5, 17), 2) == 0.45  # section 5: "only 0.45% of all paths"


@pytest.mark.parametrize("name", ["resnet14", "resnet14-B", "preresnet14"])
def test_the_gradients_of_all_lengths_sum_to_the_gradient(
    name: str, make: Callable[..., Network], x: Tensor, labels: Tensor
) -> None:
    network = make(name)
    parts = by_length(record(network, x, labels))
    images = x.clone().requires_grad_()
    [whole] = torch.autograd.grad(F.cross_entropy(network.net(images), labels, reduction="sum"), images)
    assert parts.shape == (7, *x.shape)
    assert torch.allclose(parts.sum(0), whole, atol=1e-14)
    assert all(float(part.norm()) > 1e-6 for part in parts)


def test_relus_that_work_in_place_change_nothing(x: Tensor, labels: Tensor) -> None:
    models = pytest.importorskip("torchvision.models")
    names = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]
    torch.manual_seed(0)
    network = opened(models.resnet18().double(), names, "resnet18")
    network.settle(x)
    network.survey(x)
    kinds = ["identity", "identity"] + ["downsampling", "identity"] * 2 + ["projection", "identity"]
    assert [block.kind for block in network.blocks] == kinds  # of an image of 16x16, the last maps are 1x1
    parts = by_length(record(network, x, labels))
    images = x.clone().requires_grad_()
    [whole] = torch.autograd.grad(F.cross_entropy(network.net(images), labels, reduction="sum"), images)
    assert torch.allclose(parts.sum(0), whole, atol=1e-10 * float(whole.abs().max()))


def test_the_gradient_of_a_length_is_the_sum_of_its_paths(
    make: Callable[..., Network], x: Tensor, labels: Tensor
) -> None:
    """Each of the 2^3 paths alone, by gates that let the gradient pass one branch."""
    network = make("resnet8")
    parts = by_length(record(network, x, labels))
    summed, single = torch.zeros_like(parts), {}
    for choice in product((False, True), repeat=3):
        for block, takes_f in zip(network.blocks, choice, strict=True):
            block.gate.mode = "through F" if takes_f else "through shortcut"
        images = x.clone().requires_grad_()
        [found] = torch.autograd.grad(F.cross_entropy(network.net(images), labels, reduction="sum"), images)
        summed[sum(choice)] += found
        single[choice] = found
    assert torch.allclose(parts, summed, atol=1e-14)
    # and a drawn path is one of these, for each image
    network.set("open")
    tape = record(network, x, labels)
    drawn = along_one(tape, 1, torch.Generator().manual_seed(0))
    for image, found in enumerate(drawn):
        assert any(torch.allclose(found, path[image]) for choice, path in single.items() if sum(choice) == 1)


def test_drawn_paths_have_the_mean_of_all(make: Callable[..., Network], x: Tensor, labels: Tensor) -> None:
    """All C(n, k) paths of a length are equally likely: their mean, many times, is that of the exact sum."""
    network = make("resnet8")
    tape = record(network, x, labels)
    generator = torch.Generator().manual_seed(0)
    mean = torch.stack([along_one(tape, 2, generator) for _ in range(300)]).mean(0)
    exact = by_length(tape)[2] / comb(3, 2)
    assert float((mean - exact).norm() / exact.norm()) < 0.15


def test_with_f_0_all_gradient_takes_the_shortcuts(make: Callable[..., Network], x: Tensor, labels: Tensor) -> None:
    parts = norms(by_length(record(silence(make("preresnet14")), x, labels)))
    assert (parts[0] > 1e-6).all()
    assert not parts[1:].any()


def test_the_narrowest_range_that_carries_most() -> None:
    assert shortest_lengths([0.0, 1.0, 50.0, 48.0, 1.0]) == (2, 3)
    assert shortest_lengths([1.0]) == (0, 0)
    assert shortest_lengths([1.0, 1.0], share=1.0) == (0, 1)


def test_the_verb(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("paths", "--model", "resnet14", "--images", "2", "--samples", "1") == 0
    rows = list(csv.DictReader((tmp_path / "out" / "paths.csv").read_text().splitlines()))
    assert [int(row["paths"]) for row in rows] == [1, 6, 15, 20, 15, 6, 1]
    for end in (rows[0], rows[-1]):  # a single path: drawn, and exact, it is the same
        assert float(end["one_path"]) == pytest.approx(float(end["exact"]), rel=1e-4)
    about = json.loads((tmp_path / "out" / "paths.json").read_text())
    assert about["networks"][0]["training"] == "untrained: random initial weights"
    assert about["found"][0]["paths"] == 64
    assert about["found"][0]["parts_miss_the_gradient_by"] < 1e-4
    assert (tmp_path / "out" / "paths.png").read_bytes()[:4] == b"\x89PNG"
    assert "resnet14: 2^6 paths, 3 blocks long on average" in capsys.readouterr().err


SIDE_BY_SIDE = """
from resnet_impl.blocks import BasicBlockV1
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.left, self.right = nn.Conv2d(3, 4, 3), BasicBlockV1(4, 4), BasicBlockV1(4, 4)
        self.fc = nn.Linear(4, 10)
    def forward(self, x):
        x = self.stem(x)
        return self.fc((self.left(x) + self.right(x)).mean((2, 3)))
"""


def test_blocks_that_do_not_follow_each_other_are_refused(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nets.py").write_text(SIDE_BY_SIDE)
    given = ("--target", str(tmp_path / "nets.py:Net"), "--blocks", "left,right")
    assert run("paths", *given, "--images", "2", "--samples", "1") == 2
    assert "name in --blocks those that follow each other, in order" in capsys.readouterr().err


def test_a_plain_network_has_one_path(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("paths", "--model", "plain14", "--images", "2") == 2
    assert "there is one path, of length 0" in capsys.readouterr().err
