"""Training and test error over iterations, plain networks beside residual ones: do deeper ones train worse?

After He et al. 2015, arXiv:1512.03385, Fig. 6 (p. 8): dashed lines are training error, bold ones testing error, plain
networks on the left ("The error of plain-110 is higher than 60% and not displayed"), residual ones on the right. Read
from runs of `python -m resnet_impl.cifar10.train` (metrics.csv and run.json); of several seeds of a model the one with
the median test error is drawn, and all are counted.

`degradation` of a family is the training error of the deepest network less that of the shallowest, in percent of the
images: above 0, the deeper one is worse at what it was trained for (section 1), below 0, depth pays.

Not as in the paper: it draws the error of each iteration's mini-batches, this the mean since the row before; pre-
activation networks, which the paper does not have, stand among the residual ones.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import add_output_options, follow
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.outputs import claim, write_about, write_table
from resnet_impl.cifar10.curves import UNIT
from resnet_impl.cifar10.outputs import read_metrics
from resnet_impl.cifar10.trainer import Row

FILES = ("degradation.csv", "degradation.json", "degradation.png")
LIMIT = 20.0  # percent, of the axis in Fig. 6


@dataclass(frozen=True, slots=True)
class Curve:
    """One run. `told` is in what it departs from the paper."""

    model: str
    seed: int
    rows: list[Row]
    done: bool
    told: tuple[str, ...]
    data: str

    @property
    def plain(self) -> bool:
        """Has it no shortcuts?"""
        return self.model.startswith("plain")

    @property
    def depth(self) -> int:
        """Layers, from the model's name."""
        found = re.search(r"\d+", self.model)
        return int(found[0]) if found else 0


def read_runs(folders: Sequence[Path], console: Console) -> list[Curve]:
    """The runs in these folders and below. Raises AnalysisError where there is none, TrainingError for a bad one."""
    paths: dict[Path, None] = {}
    for folder in folders:
        below = sorted(folder.rglob("metrics.csv"))
        if not below:
            there = "there is no such folder" if not folder.exists() else "no metrics.csv is in it or below it"
            raise AnalysisError(
                f"no run of the trainer in {folder}: {there}. Train one with python -m resnet_impl.cifar10.train, or"
                " all of Fig. 6 with python -m resnet_impl.cifar10.table6"
            )
        paths |= dict.fromkeys(path.resolve() for path in below)
    return [_read(path) for path in follow(list(paths), "runs", console)]


def _read(path: Path) -> Curve:
    beside = path.with_name("run.json")
    try:
        run = json.loads(beside.read_text("utf-8"))
        model, seed = run["recipe"]["model"], run["seed"]
        done, told, data = run["result"]["done"], tuple(run["departures"]), run["data"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{beside} does not say what {path.name} is of ({error})"
        raise AnalysisError(f"{reason}: give folders of whole runs") from error
    rows = read_metrics(path)
    if not rows:
        raise AnalysisError(f"{path} has no row yet: nothing was measured in this run")
    return Curve(model, seed, rows, done, told, data)


def middle(curves: Sequence[Curve]) -> Curve:
    """The one with the median test error; of an even number, the better of the two."""
    return sorted(curves, key=lambda curve: curve.rows[-1].test_error)[(len(curves) - 1) // 2]


def by_model(curves: Sequence[Curve]) -> dict[str, list[Curve]]:
    """The runs of each model: plain ones first, then by depth."""
    found: dict[str, list[Curve]] = {}
    for curve in sorted(curves, key=lambda curve: (not curve.plain, curve.depth, curve.model, curve.seed)):
        found.setdefault(curve.model, []).append(curve)
    return found


def degradation(models: dict[str, list[Curve]], plain: bool) -> dict[str, Any] | None:
    """Deepest less shallowest of a family: training and test error in percent, means over seeds; None of one depth."""
    family = [curves for curves in models.values() if curves[0].plain == plain]
    if len(family) < 2 or family[0][0].depth == family[-1][0].depth:
        return None
    shallow, deep = family[0], family[-1]
    found: dict[str, Any] = {"shallowest": shallow[0].model, "deepest": deep[0].model}
    for name in ("train_error", "test_error"):
        errors = [statistics.mean(getattr(c.rows[-1], name) for c in curves) for curves in (shallow, deep)]
        found[name] = errors[1] - errors[0]
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folder of a run, or of many")
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code. Raises AnalysisError, TrainingError. --quick changes nothing: it only reads."""
    claim(options.output, FILES, options.overwrite)
    models = by_model(read_runs(options.runs, console))
    rows = [
        {
            "model": model, "seed": curve.seed, "iteration": row.iteration, "train_error": row.train_error,
            "test_error": row.test_error, "done": curve.done,
        }
        for model, curves in models.items()
        for curve in curves
        for row in curve.rows
    ]  # fmt: skip
    write_table(options.output / FILES[0], rows)
    found = {family: degradation(models, family == "plain") for family in ("plain", "residual")}
    runs = [
        {"model": model, "runs": len(curves), "complete": sum(c.done for c in curves)}
        | {n: statistics.mean(getattr(c.rows[-1], n) for c in curves) for n in ("train_error", "test_error")}
        for model, curves in models.items()
    ]
    warning = warning_of(models)
    about = {"runs": runs, "degradation": found, "not_a_result": warning}
    about |= {"data": sorted({c.data for curves in models.values() for c in curves})}
    write_about(options.output / FILES[1], "degradation", options.given, about)
    draw(models, options.output / FILES[2], warning)
    for family, change in found.items():
        if change is None:
            console.print(f"{family}: fewer than two depths, nothing to compare", soft_wrap=True)
        else:
            console.print(
                f"{family}: {change['deepest']} has {change['train_error']:+.2f}% training error and"
                f" {change['test_error']:+.2f}% test error against {change['shallowest']}",
                soft_wrap=True,
            )
    return 0


def warning_of(models: dict[str, list[Curve]]) -> str:
    """What the picture must not be taken for."""
    curves = [curve for curves in models.values() for curve in curves]
    told = list(dict.fromkeys(sentence for curve in curves for sentence in curve.told))
    lengths = sorted({curve.rows[-1].iteration for curve in curves})
    found = []
    if any("iterations" in sentence for sentence in told) or not all(curve.done for curve in curves):
        span = f"{lengths[0]:,}" if len(lengths) == 1 else f"{lengths[0]:,} to {lengths[-1]:,}"
        found.append(f"short runs, of {span} of 64,000 iterations")
    if any("synthetic" in sentence for sentence in told):
        found.append("synthetic images")
    if any(
        "iterations" not in sentence and "synthetic" not in sentence and "divided at" not in sentence
        for sentence in told
    ):
        found.append("other departures: see run.json")
    return "; ".join(found)


@pictures.styled
def draw(models: dict[str, list[Curve]], path: Path, warning: str) -> None:
    """Two panels with one axis of errors: plain on the left, residual on the right. Raises TrainingError."""
    figure, axes = pictures.panels(1, 2, width=6.0, height=4.8)
    shown = [middle(curves) for curves in models.values()]
    long = any(row.iteration >= UNIT for curve in shown for row in curve.rows)
    twins = list(dict.fromkeys(_twin(curve.model) for curve in shown))  # which have one colour in both panels
    lowest = 0.0
    for axis, plain, title in zip(axes[0], (True, False), ("plain networks", "residual networks"), strict=True):
        family = [curve for curve in shown if curve.plain == plain]
        for curve in family:
            number = twins.index(_twin(curve.model))
            x = [row.iteration / UNIT if long else row.iteration for row in curve.rows]
            train, test = [row.train_error for row in curve.rows], [row.test_error for row in curve.rows]
            point = pictures.MARKERS[number % 7] if len(x) < 12 else ""
            colour = pictures.colour(number)
            axis.plot(x, train, "--", color=colour, linewidth=1.2, marker=point, markerfacecolor="white")
            axis.plot(x, test, "-", color=colour, linewidth=2.5, marker=point, label=curve.model)
            lowest = max(lowest, min(train), min(test))
        if not family:
            axis.text(0.5, 0.5, "no runs of these", ha="center", transform=axis.transAxes)
        axis.plot([], [], "--", color="grey", linewidth=1.2, label="training")
        axis.plot([], [], "-", color="grey", linewidth=2.5, label="testing")
        axis.set(xlabel="iterations (1e4)" if long else "iterations", ylabel="error (%)", title=title)
        axis.set_xlim(left=0)
        axis.legend(loc="upper right")
    for axis in axes[0]:
        axis.set_ylim(0, max(LIMIT, min(100.0, 1.5 * lowest)))
    pictures.finish(figure, path, "Degradation (He et al. 2015, Fig. 6)", warning)


def _twin(model: str) -> str:
    """The same word for a plain network and its residual twin."""
    return model.replace("plain", "").replace("resnet", "")
