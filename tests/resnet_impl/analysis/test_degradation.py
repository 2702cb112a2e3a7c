"""Curves are read from the trainer's own files; the degradation is the difference of what stands in them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from resnet_impl.analysis.degradation import Curve, by_model, degradation, middle, warning_of
from resnet_impl.cifar10.outputs import write_json, write_metrics
from resnet_impl.cifar10.trainer import Row

from .conftest import Run


def rows(train: float, test: float, iterations: int = 64_000) -> list[Row]:
    return [
        Row(iterations // 2, 1, 0.1, 1, 2 * train, 1, 2 * test, 1), Row(iterations, 2, 0.001, 1, train, 1, test, 2),
    ]  # fmt: skip


def curve(model: str, train: float, test: float, seed: int = 0, **more: object) -> Curve:
    return Curve(model, seed, rows(train, test), **{"done": True, "told": (), "data": "made", **more})  # type: ignore[arg-type]


# Errors as Fig. 6 has them, about: plain nets get worse with depth, in training too, ResNets better.
RUNS = [
    curve("plain20", 4.0, 9.1), curve("plain56", 8.0, 13.0),
    curve("resnet20", 2.0, 8.75), curve("resnet20", 2.2, 8.95, 1), curve("resnet20", 1.8, 8.55, 2),
    curve("resnet56", 0.5, 6.97),
]  # fmt: skip


def write(folder: Path, one: Curve) -> None:
    folder.mkdir(parents=True)
    write_metrics(folder / "metrics.csv", one.rows)
    result = {"done": one.done, "iteration": one.rows[-1].iteration}
    about = {"recipe": {"model": one.model}, "seed": one.seed, "departures": one.told, "data": one.data}
    write_json(folder / "run.json", {**about, "result": result})


def test_degradation_is_deepest_less_shallowest() -> None:
    models = by_model(list(reversed(RUNS)))
    assert list(models) == ["plain20", "plain56", "resnet20", "resnet56"]
    plain, residual = degradation(models, plain=True), degradation(models, plain=False)
    assert plain == {
        "shallowest": "plain20", "deepest": "plain56",
        "train_error": pytest.approx(4), "test_error": pytest.approx(3.9),
    }  # fmt: skip
    assert residual is not None
    assert (residual["train_error"], residual["test_error"]) == pytest.approx((-1.5, -1.78))
    assert degradation(by_model(RUNS[:1]), plain=True) is None


def test_the_run_with_the_median_error_is_drawn() -> None:
    assert middle(RUNS[2:5]).seed == 0
    assert middle(RUNS[2:4]).rows[-1].test_error == 8.75


def test_short_runs_are_told() -> None:
    assert warning_of(by_model(RUNS)) == ""
    told = (
        "200 iterations, not 64000: no result of the paper's recipe",
        "the rate is divided at 100, 150, not at 1, 2",
    )
    short = Curve("plain8", 0, rows(50, 60, 200), True, (*told, "synthetic images: errors mean nothing"), "made")
    assert warning_of({"plain8": [short]}) == "short runs, of 200 of 64,000 iterations; synthetic images"
    assert warning_of({"plain8": [curve("plain8", 1, 2, done=False)]}).startswith("short runs")
    other = curve("plain8", 1, 2, told=("arithmetic in bf16, not in fp32",))
    assert warning_of({"plain8": [other]}) == "other departures: see run.json"


def test_the_verb(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    for one in RUNS:
        write(tmp_path / "runs" / one.model / f"seed{one.seed}", one)
    assert run("degradation", str(tmp_path / "runs"), str(tmp_path / "runs" / "plain20")) == 0
    found = list(csv.DictReader((tmp_path / "out" / "degradation.csv").read_text().splitlines()))
    assert len(found) == 12  # a run that is named twice counts once
    assert found[1]["train_error"] == "4"
    about = json.loads((tmp_path / "out" / "degradation.json").read_text())
    assert about["degradation"]["plain"]["train_error"] == 4
    assert {line["model"]: line["runs"] for line in about["runs"]}["resnet20"] == 3
    assert (tmp_path / "out" / "degradation.png").read_bytes()[:4] == b"\x89PNG"
    assert "plain56 has +4.00% training error and +3.90% test error against plain20" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("no folder", "there is no such folder"),
        ("no json", "does not say what metrics.csv is of"),
        ("text", "cannot read"),
    ],
)
def test_what_is_no_run(damage: str, told: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "runs"
    if damage != "no folder":
        write(folder, RUNS[0])
    if damage == "no json":
        (folder / "run.json").unlink()
    if damage == "text":
        (folder / "metrics.csv").write_text("iteration,epoch\na,b\n")
    assert run("degradation", str(folder)) == 2
    assert told in capsys.readouterr().err
