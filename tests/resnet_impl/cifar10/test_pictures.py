"""What people see of a run: the bar fits a terminal, pictures can be read."""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from resnet_impl.cifar10 import table6
from resnet_impl.cifar10.curves import draw
from resnet_impl.cifar10.display import watching
from resnet_impl.cifar10.evaluate import draw_confusion
from resnet_impl.cifar10.evaluate import main as evaluate
from resnet_impl.cifar10.evaluation import Answers
from resnet_impl.cifar10.trainer import Row

from .runs_made import made_data


class Shown:
    """A run as the bar sees it, in the middle of the paper's recipe."""

    class trainer:  # noqa: N801 - an attribute of runs
        recipe = argparse.Namespace(model="preresnet1001", iterations=64000, batch=128)
        seed, iteration, rate, done = 10, 32100, 0.01, False
        latest, rows = (0.123, 12.34), [argparse.Namespace(test_error=12.34)]
        first, seconds, before = 0, 1e4, 0.0


@pytest.mark.parametrize("width", [80, 100, 200])
def test_the_bar_fits_the_terminal(width: int) -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=width, color_system=None, legacy_windows=False)
    runs: Sequence[Any] = [Shown()]
    with watching(runs, console) as watch:
        watch(runs)
    last = [line for line in file.getvalue().splitlines() if "preresnet1001" in line][-1]
    assert "…" not in last
    assert all(word in last for word in ("preresnet1001", "32100/64000", "12.3", "" if width == 80 else "411"))
    assert sum(letter in "━╸╺─" for letter in last) >= (3 if width == 80 else 10), last


def rows(*iterations: int) -> list[Row]:
    return [Row(i, i / 391, 0.1, 1.0, 50.0, 1.0, 55.0, 1.0) for i in iterations]


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The figures that are saved from now on."""
    pytest.importorskip("matplotlib")
    figures: list[Any] = []
    for module in ("curves", "evaluate"):
        monkeypatch.setattr(f"resnet_impl.cifar10.{module}.save", lambda figure, path: figures.append(figure))
    return figures


@pytest.mark.parametrize(("last", "label"), [(200, "iterations"), (64000, "iterations (1e4)")])
def test_a_short_run_has_an_axis_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, last: int, label: str
) -> None:
    figures = drawn(monkeypatch)
    draw(tmp_path / "curves.png", {"seed 0": rows(last // 2, last)})
    axes = figures[0].axes[0]
    assert axes.get_xlabel() == label
    assert max(axes.lines[0].get_xdata()) == (last if last < 10_000 else last / 1e4)


def test_mistakes_stand_out_of_the_confusion_matrix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    figures = drawn(monkeypatch)
    answers = Answers(torch.tensor([[90, 9, 1], [3, 95, 2], [0, 40, 60]]), 0.5)
    draw_confusion(answers, made_data(), "resnet20", tmp_path / "confusion.png")
    matrix, *others = figures[0].axes
    mistakes = matrix.images[0].get_array()
    assert mistakes.mask.diagonal().all()  # right answers have no colour that means something
    assert float(mistakes[2, 1]) == 40
    assert others, "a bar says what the colours mean"
    assert others[0].get_ylabel() == "mistakes (% of the class)"
    assert {text.get_text() for text in matrix.texts} >= {"90.0", "9.0", "40.0", "60.0"}


def test_show_needs_no_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert table6.main(["--models", "resnet20", "--seeds", "1", "--output", str(tmp_path / "runs"), "--show"]) == 0
    assert "1 of resnet20" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        table6.main(["--models", "resnet20", "--output", str(tmp_path / "runs")])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_show_writes_nothing_where_there_are_no_runs(tmp_path: Path) -> None:
    table6.main(["--models", "resnet20", "--seeds", "1", "--output", str(tmp_path / "missing"), "--show"])
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("name", ["run.json", "metrics.csv"])
def test_another_file_of_the_run_is_not_the_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / name).write_text("{}")
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    assert evaluate([str(tmp_path / name), "--data", "synthetic"]) == 2
    assert str(tmp_path / "checkpoint.pt") in capsys.readouterr().err


def test_a_run_s_folder_stands_for_its_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"")
    assert evaluate([str(tmp_path), "--data", "synthetic"]) == 2
    assert f"{tmp_path / 'checkpoint.pt'} is no checkpoint" in capsys.readouterr().err
