"""Jacobians, gains, norms and correlations that are known beforehand."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from resnet_impl.analysis.jacobians import cases, jacobian, spectra, spectrum
from resnet_impl.analysis.layer_gradients import along_line, by_lag, cosines, of_all_pairs, weight_gradients
from resnet_impl.analysis.networks import Network, opened

from .conftest import Run, silence


def test_the_jacobian_of_a_linear_map_is_its_matrix() -> None:
    matrix = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(jacobian(lambda x: x.flatten(1) @ matrix.T, torch.randn(2, 2, 2)), matrix)


def test_with_f_0_every_identity_block_has_a_unit_jacobian(make: Callable[..., Network], x: Tensor) -> None:
    for block in silence(make("preresnet14")).blocks:
        values = spectrum(block.module, torch.randn(block.came[0], 2, 2, dtype=torch.float64))
        if block.kind == "identity":
            assert torch.allclose(values, torch.ones_like(values))
        else:  # one of four places, with zeros for the new channels
            assert sorted(values.tolist()) == pytest.approx([0.0] * block.came[0] + [1.0] * block.came[0])


def test_with_f_0_the_blocks_of_2015_pass_what_is_positive(make: Callable[..., Network]) -> None:
    block = silence(make("resnet14")).blocks[0].module
    given = torch.tensor([1.0, 0.0, 2.0, 0.0], dtype=torch.float64).repeat(16).view(16, 2, 2)
    assert sorted(spectrum(block, given).tolist()) == pytest.approx([0.0] * 32 + [1.0] * 32)


def test_the_gradient_is_not_always_at_least_one() -> None:
    found = {(case.f.partition(",")[0], case.block[-5:-1]): (case.least, case.largest) for case in cases()}
    for year in ("2015", "2016"):
        assert found["F = 0", year] == pytest.approx((1, 1))
        assert found["F = -x", year] == pytest.approx((0, 0), abs=1e-9)
        assert found["F = -0.9x", year] == pytest.approx((0.1, 0.1))
    assert found["F = -10", "2015"] == (0, 0)  # though dF/dx is 0, and 1 + dF/dx so 1


def test_gains_with_f_0_are_one_and_spectra_belong_to_their_blocks(
    make: Callable[..., Network], x: Tensor, labels: Tensor
) -> None:
    network = silence(make("preresnet14"))
    found = spectra(network, x, labels, 2)
    assert [(one.name, one.kind) for one in found] == [(block.name, block.kind) for block in network.blocks]
    for one in found:
        if one.kind == "identity":
            assert (one.gain, one.least_gain) == pytest.approx((1, 1))
            assert one.shape[1:] == (2, 2)


def test_norms_are_those_of_the_loss_in_train_mode(make: Callable[..., Network], x: Tensor, labels: Tensor) -> None:
    network = make("resnet14")
    before = {name: value.clone() for name, value in network.net.state_dict().items()}
    found = weight_gradients(network, x, labels)
    assert all(torch.equal(value, before[name]) for name, value in network.net.state_dict().items())
    assert [layer.name for layer in found][:3] == ["stem.conv", "maps32.0.conv1", "maps32.0.conv2"]
    assert len(found) == 13
    network.net.train()
    F.cross_entropy(network.net(x), labels).backward()
    by_hand = {name: float(p.grad.norm()) for name, p in network.net.named_parameters() if p.grad is not None}
    assert {layer.name: layer.norm for layer in found} == pytest.approx(
        {layer.name: by_hand[f"{layer.name}.weight"] for layer in found}
    )


def linear_network() -> Network:
    """No ReLU: its gradients are the same at every input."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
    return opened(net.double(), [], "linear")


def test_gradients_of_a_linear_network_are_the_same_everywhere(x: Tensor) -> None:
    found = along_line(linear_network(), x[0], x[1], 5, torch.ones(10, dtype=torch.float64))
    assert list(found) == ["0", "1"]
    for matrix in found.values():
        assert torch.allclose(matrix, torch.ones_like(matrix))


def test_noise_has_nothing_in_common() -> None:
    matrix = cosines(torch.randn(20, 5000, generator=torch.Generator().manual_seed(0)))
    assert abs(of_all_pairs(matrix)) < 0.005
    assert by_lag(matrix)[0] == pytest.approx(1)
    assert all(abs(value) < 0.06 for value in by_lag(matrix)[1:])


def test_means_of_pairs() -> None:
    matrix = torch.tensor([[1.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.0]])
    assert by_lag(matrix) == [1.0, 0.375, 0.0]
    assert of_all_pairs(matrix) == pytest.approx(0.25)


def test_gradients_of_a_residual_network_have_more_in_common_than_its_twins(
    make: Callable[..., Network], x: Tensor
) -> None:
    """What Balduzzi et al. are about, at initialisation."""
    network = make("resnet32")
    twin = network.twin()
    twin.settle(x)
    direction = torch.randn(10, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours, plain = (
        of_all_pairs(along_line(one, x[0], x[1], 12, direction)["maps32.0.conv1"]) for one in (network, twin)
    )
    assert ours > 5 * abs(plain)


def test_the_verb(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("gradient-flow", "--model", "resnet8", "--images", "8", "--quick") == 0
    out = tmp_path / "out"
    layers = list(csv.DictReader((out / "gradient-flow.csv").read_text().splitlines()))
    assert [row["network"] for row in layers] == ["resnet8"] * 7 + ["resnet8 without shortcuts"] * 7
    assert all(float(row["norm"]) > 0 and -1 <= float(row["correlation"]) <= 1 for row in layers)
    blocks = list(csv.DictReader((out / "gradient-flow-blocks.csv").read_text().splitlines()))
    assert [row["kind"] for row in blocks][:3] == ["identity", "downsampling", "downsampling"]
    assert [row["kind"] for row in blocks][3:] == ["plain", "plain downsampling", "plain downsampling"]
    about = json.loads((out / "gradient-flow.json").read_text())
    assert len(about["counterexamples"]) == 7
    assert (out / "gradient-flow.png").read_bytes()[:4] == b"\x89PNG"
    assert "of the blocks' singular values are below 1" in capsys.readouterr().err
