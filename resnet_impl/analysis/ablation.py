"""Shortcut options A, B, C and none, and pre- against post-activation, trained alike: which one errs least?

After He et al. 2015, arXiv:1512.03385, section 4.1 and Table 3 (options A, B, C of ResNet-34 on ImageNet: 25.03, 24.52
and 24.19% top-1 error, differences that it calls small), and He et al. 2016, arXiv:1603.05027, Table 1 and 2 (110
layers on CIFAR-10: identity 6.61, projections everywhere 12.22, no shortcut fails, pre-activation 6.37%).

All variants have one depth, recipe, images and seeds; `pre` has option A's shortcuts, as A has. Measured: error in
percent of the test images after the last iteration, its mean and standard deviation over seeds, parameters, and
multiply-adds of one 32x32 image. Runs lie in OUTPUT/runs/MODEL/seedN, as the trainer writes them; the same command goes
on with what is not complete, and trains nothing twice.

Not as in the paper: Table 3 is of ImageNet; section 4.2 trains options B and C on no network of CIFAR-10; the recipe is
that of section 4.2 for all variants, where that of 2016 begins with 400 iterations at a rate of 0.01.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import add_output_options
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.outputs import claim, write_about, write_table
from resnet_impl.analysis.variants import MODELS, Variant, variants
from resnet_impl.cifar10 import train as trainer
from resnet_impl.cifar10.data import Cifar10, load_data
from resnet_impl.cifar10.display import watching
from resnet_impl.cifar10.launch import open_runs, slow_here, unlike
from resnet_impl.cifar10.recipe import LOOK, Recipe, departures, to_plain
from resnet_impl.cifar10.runs import Stopped
from resnet_impl.cifar10.runs import train as train_runs
from resnet_impl.cifar10.synthetic import synthesize
from resnet_impl.cifar10.world import World, joined

FILES = ("ablation.csv", "ablation.json", "ablation.png")
QUICK = {"iterations": 10, "batch": 16}
QUICK_TEST = 100  # images


@dataclass(frozen=True, slots=True)
class Result:
    """A variant's complete runs: errors in percent after the last iteration, by seed."""

    variant: Variant
    test: dict[int, float]
    train: dict[int, float]

    @property
    def mean(self) -> float:
        """Of the test errors."""
        return statistics.mean(self.test.values())

    @property
    def deviation(self) -> float:
        """Of the test errors, with divisor n - 1; not a number where there is one run."""
        return statistics.stdev(self.test.values()) if len(self.test) > 1 else float("nan")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    parser.add_argument("--depth", type=int, default=20, metavar="N", help="layers, 6n + 2 (20)")
    parser.add_argument("--variants", default=",".join(MODELS), metavar="LIST", help="of %(default)s")
    parser.add_argument("--seeds", type=trainer.read_seeds, default=(0,), metavar="N", help="0; several: 0-4 or 0,3,7")
    trainer.add_data_options(parser)
    trainer.add_run_options(parser)
    trainer.add_recipe_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code, 128 + n where signal n stopped it. Raises AnalysisError, DataError, TrainingError."""
    if options.evaluate_every % LOOK:
        raise AnalysisError(f"--evaluate-every is a multiple of {LOOK}, not {options.evaluate_every}")
    own = _is_ours(options.output / FILES[1])
    claim(options.output, FILES, options.overwrite or own)
    compared = variants(options.variants.split(","), options.depth)
    recipe = _recipe(options)
    with joined(options.device) as world:
        data = _images(options)
        told = (*unlike(data), *departures(recipe))
        for sentence in (data.source, *(told or ("the paper's recipe",)), *slow_here(recipe, world.device)):
            console.print(f"  {sentence}", soft_wrap=True)
        try:
            for seed in options.seeds:  # seed by seed: what is there early compares all variants
                for variant in compared:
                    _train(variant, seed, recipe, data, world, options, console)
        except Stopped as stopped:
            console.print(f"stopped by {stopped}, all is saved: the same command goes on", soft_wrap=True)
            return 128 + stopped.signal
    results = [_collect(variant, options) for variant in compared]
    _write(results, recipe, data, told, options)
    for result in results:
        spread = f" +- {result.deviation:.2f}" if len(result.test) > 1 else " (one run)"
        console.print(f"{result.variant.key}: error {result.mean:.2f}%{spread}; {result.variant.what}", soft_wrap=True)
    return 0


def _is_ours(path: Path) -> bool:
    """Did this verb write it? Then it may be written again, with more runs."""
    try:
        command = json.loads(path.read_text("utf-8"))["command"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(command, str) and " ablation " in command


def _recipe(options: argparse.Namespace) -> Recipe:
    """One for all variants, but for the name of the model."""
    if options.quick:
        options.iterations, options.batch = (options.iterations or QUICK["iterations"], options.batch or QUICK["batch"])
    return trainer.read_recipe(options, MODELS["A"].format(options.depth))


def _images(options: argparse.Namespace) -> Cifar10:
    if options.quick and options.data == "synthetic":
        return synthesize(1000, QUICK_TEST)
    data = load_data(options.data, download=options.download, cache=options.cache)
    if options.quick:
        chosen = torch.randperm(len(data.test), generator=torch.Generator().manual_seed(0))[:QUICK_TEST]
        return replace(data, test=data.test.take(chosen), source=f"{data.source}, {len(chosen)} of them tested")
    return data


def _folder(variant: Variant, seed: int, options: argparse.Namespace) -> Path:
    folder: Path = options.output / "runs" / variant.model / f"seed{seed}"
    return folder


def _train(
    variant: Variant,
    seed: int,
    recipe: Recipe,
    data: Cifar10,
    world: World,
    options: argparse.Namespace,
    console: Console,
) -> None:
    """Train it to the end, from where it stands. Raises Stopped; AnalysisError for a complete run of another recipe."""
    folder, wanted = _folder(variant, seed, options), replace(recipe, model=variant.model)
    done = _read(folder / "run.json")
    if done is not None:
        if done["recipe"] != to_plain(wanted):
            names = [name for name, value in to_plain(wanted).items() if done["recipe"].get(name) != value]
            raise AnalysisError(
                f"{folder} holds a run of another recipe ({', '.join(names)}): give the options that it was started"
                " with, or another --output"
            )
        console.print(f"{variant.model} seed {seed} is complete", soft_wrap=True)
        return
    graphs = not options.no_graphs
    runs = open_runs(wanted, data, (seed,), folder, world, True, graphs, options.deterministic)
    with watching(runs, console) as watch:
        train_runs(runs, options.evaluate_every, watch, options.save_every)
    if runs[0].board is not None:
        runs[0].board.close()


def _read(path: Path) -> dict[str, Any] | None:
    """The record of a complete run; None where there is none. Raises AnalysisError for a damaged one."""
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return found if found["result"]["done"] and isinstance(found["recipe"], dict) else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnalysisError(f"{path} is no record of a run ({error}): remove its folder to train it anew") from error


def _collect(variant: Variant, options: argparse.Namespace) -> Result:
    test, train = {}, {}
    for seed in options.seeds:
        found = _read(_folder(variant, seed, options) / "run.json")
        assert found is not None
        test[seed], train[seed] = found["result"]["test_error"], found["result"]["train_error"]
    return Result(variant, test, train)


def _write(
    results: Sequence[Result], recipe: Recipe, data: Cifar10, told: Sequence[str], options: argparse.Namespace
) -> None:
    rows = [
        {
            **result.variant.about(), "runs": len(result.test), "error_mean": result.mean,
            "error_deviation": result.deviation, "error_best": min(result.test.values()),
            "train_error_mean": statistics.mean(result.train.values()),
        }
        for result in results
    ]  # fmt: skip
    write_table(options.output / FILES[0], rows)
    runs = {result.variant.key: {"test_error": result.test, "train_error": result.train} for result in results}
    about = {"depth": options.depth, "recipe": to_plain(recipe), "departures": list(told), "data": data.source}
    about |= {"synthetic": data.synthetic, "variants": rows, "runs": runs}
    write_about(options.output / FILES[1], "ablation", options.given, about)
    short = f"short runs, of {recipe.iterations:,} of 64,000 iterations" if recipe.iterations < 64_000 else ""
    warning = "; ".join(word for word in (short, "synthetic images" if data.synthetic else "") if word)
    draw(results, options.depth, options.output / FILES[2], warning)


@pictures.styled
def draw(results: Sequence[Result], depth: int, path: Path, warning: str) -> None:
    """Each run a point, mean and standard deviation beside them. Raises TrainingError."""
    figure, axes = pictures.panels(1, 1, width=9.0, height=4.6)
    axis = axes[0, 0]
    for number, result in enumerate(results):
        colour, errors = pictures.colour(number), list(result.test.values())
        axis.plot([number - 0.08] * len(errors), errors, pictures.MARKERS[number], color=colour, alpha=0.6)
        if len(errors) > 1:
            look = {"fmt": "_", "color": colour, "markersize": 18, "capsize": 5, "linewidth": 2}
            axis.errorbar(number + 0.08, result.mean, yerr=result.deviation, **look)
    names = [
        f"{r.variant.key}\n{r.variant.parameters / 1e6:.3f}M parameters\n{r.variant.multiply_adds / 1e6:.1f}M mult-adds"
        for r in results
    ]
    axis.set_xticks(range(len(results)), names, fontsize=11)
    axis.set_xlim(-0.5, len(results) - 0.5)
    axis.set(ylabel="test error (%)")
    axis.grid(visible=False, axis="x")
    runs = len(results[0].test)
    title = f"{depth} layers: shortcuts A, B, C, none; pre-activation. {runs} run{'s' if runs > 1 else ''} of each"
    pictures.finish(figure, path, title + (", mean and deviation" if runs > 1 else ""), warning)
