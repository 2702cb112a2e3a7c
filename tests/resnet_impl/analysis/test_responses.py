"""Standard deviations that are known beforehand: gamma is one, wherever statistics are those of the images."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from resnet_impl.analysis import responses
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.responses import measure

from .conftest import Run


@pytest.mark.parametrize("name", ["resnet14", "resnet14-C", "plain14"])
def test_where_gamma_is_g_and_beta_equal_the_deviation_is_g(name: str, make: Callable[..., Network], x: Tensor) -> None:
    network = make(name)
    wanted = []
    for own, module in network.net.named_modules():
        if isinstance(module, nn.BatchNorm2d) and "shortcut" not in own:
            wanted.append(0.5 + 0.1 * len(wanted))
            nn.init.constant_(module.weight, wanted[-1])
            nn.init.constant_(module.bias, -0.3)
    network.settle(x)
    found = measure(network, x)
    assert len(found) == 13  # the stem, and 6 n
    assert all(response.after_bn for response in found)
    assert [response.std for response in found] == pytest.approx(wanted, rel=1e-4)  # but for eps


def test_channels_of_different_means_count(make: Callable[..., Network], x: Tensor) -> None:
    network = make("resnet8")
    nn.init.zeros_(network.net.stem.bn.weight)
    with torch.no_grad():
        network.net.stem.bn.bias.copy_(torch.tensor([1.0, -1.0]).repeat(8))
    assert measure(network, x)[0].std == pytest.approx(1)


def test_a_layer_without_bn_behind_it_is_measured_itself(make: Callable[..., Network], x: Tensor) -> None:
    network = make("preresnet14")
    found = measure(network, x)
    assert [response.after_bn for response in found] == [True] + [True, False] * 6
    last: list[Tensor] = []
    network.blocks[-1].module.conv2.register_forward_hook(lambda _, given, out: last.append(out.detach()))  # type: ignore[union-attr,operator]
    network.net(x)
    assert found[-1].std == pytest.approx(float(last[0].std(correction=0)))


def test_batches_do_not_matter(make: Callable[..., Network], x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    network = make("resnet8")
    whole = measure(network, x)
    monkeypatch.setattr(responses, "BATCH", 3)
    assert [one.std for one in measure(network, x)] == pytest.approx([one.std for one in whole])


def test_the_verb(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("responses", "--model", "resnet14", "--beside", "resnet8", "--beside", "plain8", "--images", "20") == 0
    rows = list(csv.DictReader((tmp_path / "out" / "responses.csv").read_text().splitlines()))
    assert [row["network"] for row in rows] == ["resnet14"] * 13 + ["resnet8"] * 7 + ["plain8"] * 7
    ours = [row for row in rows if row["network"] == "resnet14"]
    by_rank = sorted(ours, key=lambda row: int(row["rank"]))
    assert [int(row["rank"]) for row in by_rank] == list(range(1, 14))
    stds = [float(row["std"]) for row in by_rank]
    assert stds == sorted(stds, reverse=True)
    about = json.loads((tmp_path / "out" / "responses.json").read_text())
    assert about["mean_std"]["resnet14"] == pytest.approx(sum(stds) / 13, rel=1e-5)
    assert (tmp_path / "out" / "responses.png").read_bytes()[:4] == b"\x89PNG"
