"""Variants are trained alike, resumed, never mixed; parameters and multiply-adds are those of the tables."""

from __future__ import annotations

import csv
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from resnet_impl import processor
from resnet_impl.analysis import ablation
from resnet_impl.analysis.complexity import multiply_adds, parameters
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.variants import variants
from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.trainer import Trainer

from ..cifar10.runs_made import made_data
from .conftest import Run

TINY = ("--depth", "8", "--iterations", "12", "--batch", "8", "--device", "cpu", "--data", "made")


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ablation, "load_data", lambda where, **options: made_data())


def test_parameters_and_multiply_adds() -> None:
    found = {v.key: v for v in variants(["A", "B", "C", "none", "pre"], 20)}
    assert {key: v.parameters for key, v in found.items() if key in ["A", "none", "pre"]} == dict.fromkeys(
        ("A", "none", "pre"), 97_216 * 3 - 21_926
    )
    # by hand: stem, then 6, 5 and 5 layers of one width, two with half the channels coming in, the fc
    by_hand = 1024 * 27 * 16 + (6 + 5 + 5) * 1024 * 9 * 256 + 2 * 1024 * 9 * 128 + 640
    assert by_hand == 40_551_040
    assert [found[key].multiply_adds for key in ("A", "none", "pre")] == [by_hand] * 3
    projections = 256 * 16 * 32 + 64 * 32 * 64
    assert found["B"].multiply_adds - found["A"].multiply_adds == projections
    assert found["B"].parameters - found["A"].parameters == 16 * 32 + 32 * 64 + 2 * (32 + 64)
    identities = 3 * 1024 * 256 + 2 * (256 * 1024 + 64 * 4096)
    assert found["C"].multiply_adds - found["B"].multiply_adds == identities


def test_counting_leaves_a_network_as_it_was() -> None:
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 1, bias=False), torch.nn.BatchNorm2d(2))
    assert (multiply_adds(net, 4), parameters(net)) == (16 * 6, 6 + 4)
    assert net.training
    assert int(net[1].num_batches_tracked) == 0  # type: ignore[arg-type]


def test_printed_errors_are_those_of_110_layers() -> None:
    assert {v.key: v.printed for v in variants(["A", "B", "C", "none", "pre"], 110)} == {
        "A": "6.61", "B": None, "C": "12.22", "none": "fail", "pre": "6.37",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "depth", "told"), [(["D"], 20, "no variant 'D'"), (["A", "A"], 20, "twice"), (["A"], 21, "6n")]
)
def test_what_is_no_variant(keys: list[str], depth: int, told: str) -> None:
    with pytest.raises(AnalysisError, match=told):
        variants(keys, depth)


def records(folder: Path) -> dict[str, Any]:
    return {p.parent.parent.name + p.parent.name: json.loads(p.read_text()) for p in folder.rglob("run.json")}


def test_that_bf16_does_not_pay_here_is_told(run: Run, monkeypatch, capsys) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(processor, "bf16_flags", lambda info: [])
    assert run("ablation", *TINY, "--variants", "A", "--precision", "bf16") == 0
    assert "SLOW: this processor has no instructions for bf16" in capsys.readouterr().err


@pytest.mark.slow
def test_all_variants_are_trained_alike(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("ablation", *TINY, "--seeds", "0-1") == 0
    out = tmp_path / "out"
    found = records(out / "runs")
    assert sorted(found) == sorted(
        f"{name}seed{seed}" for name in ("resnet8", "resnet8-B", "resnet8-C", "plain8", "preresnet8") for seed in (0, 1)
    )
    recipes = [{**record["recipe"], "model": ""} for record in found.values()]
    assert all(recipe == recipes[0] for recipe in recipes)  # warm-up, too, which the trainer gives preresnets alone
    rows = list(csv.DictReader((out / "ablation.csv").read_text().splitlines()))
    assert [row["variant"] for row in rows] == ["A", "B", "C", "none", "pre"]
    errors = [found[f"resnet8seed{seed}"]["result"]["test_error"] for seed in (0, 1)]
    assert float(rows[0]["error_mean"]) == pytest.approx(sum(errors) / 2, rel=1e-5)
    assert float(rows[0]["error_deviation"]) == pytest.approx(abs(errors[0] - errors[1]) / 2**0.5, abs=1e-5)
    assert (out / "ablation.png").read_bytes()[:4] == b"\x89PNG"
    assert "12 iterations, not 64000: no result of the paper's recipe" in capsys.readouterr().err
    # again, with one seed more: nothing is trained twice, and the results are written anew
    times = {path: path.stat().st_mtime_ns for path in out.rglob("checkpoint.pt")}
    assert run("ablation", *TINY, "--seeds", "0-2", "--variants", "A,none") == 0
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())
    assert "resnet8 seed 1 is complete" in capsys.readouterr().err
    assert json.loads((out / "ablation.json").read_text())["variants"][0]["runs"] == 3


def test_it_goes_on_after_a_signal(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    assert run("ablation", *TINY, "--variants", "A,none", folder="whole") == 0
    take = Trainer.take

    def take_and_signal(self: Trainer) -> None:
        take(self)
        if self.recipe.model == "plain8" and self.iteration == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Trainer, "take", take_and_signal)
    assert run("ablation", *TINY, "--variants", "A,none", folder="parts") == 128 + signal.SIGTERM
    assert "the same command goes on" in capsys.readouterr().err
    assert not (tmp_path / "parts" / "ablation.csv").exists()
    plain = Path("runs") / "plain8" / "seed0"
    assert checkpoint.load(tmp_path / "parts" / plain / "checkpoint.pt")["iteration"] == 5
    monkeypatch.setattr(Trainer, "take", take)
    assert run("ablation", *TINY, "--variants", "A,none", folder="parts") == 0
    whole, parts = (checkpoint.load(tmp_path / name / plain / "checkpoint.pt")["net"] for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_runs_of_another_recipe_are_not_mixed_in(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run("ablation", *TINY, "--variants", "A") == 0
    assert run("ablation", *TINY, "--variants", "A", "--decay-bn") == 2
    assert "holds a run of another recipe (decay_bn)" in capsys.readouterr().err
