"""Table 6 of He et al. 2015, measured: what is missing is trained, what was interrupted goes on, the rest is read.

  python -m resnet_impl.cifar10.table6 --models resnet20,resnet32 --seeds 5 --data DIR --output runs

trains each model with seeds 0 to 4 into runs/MODEL/seedN and writes runs/table6.json and runs/table6.md: parameters and
printed error of the paper beside what was measured, "best (mean+-std)", and curves.png in the style of Fig. 6. A run
that is not complete is never shown as a result; --show trains nothing and says what is left.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from resnet_impl.cifar10 import train as trainer
from resnet_impl.cifar10.curves import draw, title_of
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.outputs import read_metrics, write, write_json
from resnet_impl.cifar10.recipe import Recipe, changes, paper, to_plain
from resnet_impl.cifar10.world import place

PROGRAM = "python -m resnet_impl.cifar10.table6"
REFUSED = 2
# Table 6, error in percent on the test set; for 110 layers "we run it 5 times and show best (mean+-std)". The plain
# nets' errors are not printed: Fig. 6 draws them.
PRINTED: Mapping[str, str] = {
    "resnet20": "8.75",
    "resnet32": "7.51",
    "resnet44": "7.17",
    "resnet56": "6.97",
    "resnet110": "6.43 (6.61+-0.16)",
    "resnet1202": "7.93",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One model: its complete runs, and how many are not."""

    model: str
    parameters: int
    runs: tuple[dict[str, Any], ...]
    missing: int

    @property
    def errors(self) -> list[float]:
        """Test errors in percent, after the last iteration."""
        return [run["result"]["test_error"] for run in self.runs]

    @property
    def void(self) -> bool:
        """Are there synthetic images or fewer iterations than the paper's? Then nothing was measured."""
        whole = paper(self.model).iterations
        return any(run.get("synthetic") or run["recipe"]["iterations"] < whole for run in self.runs)

    @property
    def measured(self) -> str:
        """As the paper writes it: best (mean+-std)."""
        if not self.errors:
            return "-"
        if self.void:
            return "no result: see below"
        if len(self.errors) == 1:
            return f"{self.errors[0]:.2f} (one run)"
        mean, deviation = statistics.mean(self.errors), statistics.stdev(self.errors)
        return f"{min(self.errors):.2f} ({mean:.2f}+-{deviation:.2f}, {len(self.errors)} runs)"


def read_line(folder: Path, model: str, seeds: int) -> Line:
    """What stands in the folder of a model. Raises TrainingError for a run.json that cannot be read."""
    runs = [run for seed in range(seeds) if (run := _complete(folder / model / f"seed{seed}" / "run.json"))]
    parameters = sum(p.numel() for p in build(model).parameters())
    return Line(model, parameters, tuple(runs), seeds - len(runs))


def _complete(path: Path) -> dict[str, Any] | None:
    """The run, if it came to its end."""
    try:
        found = json.loads(path.read_text("utf-8"))
        complete = found["result"]["done"]
        found["date"] = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is no record of a run ({error}): remove its folder, or train it anew") from error
    return found if complete else None


def check_alike(lines: Sequence[Line], folder: Path, recipes: Mapping[str, Recipe] | None) -> None:
    """Raise TrainingError for complete runs that cannot stand in one table: of other images, or of another recipe.

    `recipes` are those asked for, by model; None: the runs of a model need only be of the same one.
    """
    seen = next((run for line in lines for run in line.runs), {})
    for line in lines:
        for run in line.runs:
            first = line.runs[0]["recipe"] if recipes is None else to_plain(recipes[line.model])
            changed = changes(run["recipe"], first)
            if run.get("digest") != seen.get("digest"):
                changed.append(f"the images were others: {run['data']}, and are {seen['data']}")
            if changed:
                place = folder / line.model / f"seed{run['seed']}"
                raise TrainingError(
                    f"{place} is of another run ({'; '.join(changed)}): give the options that it was trained with, or"
                    " another --output"
                )


def render(lines: Sequence[Line]) -> str:
    """The table in Markdown, with what departs from the paper under it."""
    rows = ["| model | parameters | printed error (%) | measured error (%) | training error (%) | minutes a run |"]
    rows.append("|---|--:|--:|--:|--:|--:|")
    for line in lines:
        minutes = [run["result"]["seconds"] / 60 for run in line.runs]
        train = [] if line.void else [run["result"]["train_error"] for run in line.runs]
        rows.append(
            f"| {line.model} | {line.parameters:,} | {PRINTED.get(line.model, '-')} | {line.measured} |"
            f" {f'{statistics.mean(train):.2f}' if train else '-'} |"
            f" {f'{statistics.mean(minutes):.1f}' if minutes else '-'} |"
        )
    return "\n".join([*rows, "", *_notes(lines), ""])


def _notes(lines: Sequence[Line]) -> Iterator[str]:
    runs = [run for line in lines for run in line.runs]
    for data in dict.fromkeys(run["data"] for run in runs):
        yield f"* {data}"
    for sentence in dict.fromkeys(s for run in runs for s in run["departures"]):
        yield f"* Not as in the paper: {sentence}."
    machines = [one for run in runs for one in (*run.get("earlier", ()), run["environment"])]
    for machine in dict.fromkeys(json.dumps(one, sort_keys=True) for one in machines):
        yield "* " + ", ".join(f"{key} {value}" for key, value in json.loads(machine).items())
    if dates := sorted({run["date"] for run in runs}):
        yield f"* Ended on {', '.join(dates)}."
    if left := [f"{line.missing} of {line.model}" for line in lines if line.missing]:
        yield f"* Not complete, and not shown: {', '.join(left)}."


def make_parser() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--models", default=",".join(list(PRINTED)[:5]), metavar="NAMES", help="(%(default)s)")
    parser.add_argument("--seeds", type=trainer.read_count, default=5, metavar="N", help="runs of each (5)")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of the runs and the table")
    parser.add_argument("--show", action="store_true", help="train nothing")
    parser.add_argument("--side-by-side", action="store_true", help="all seeds of a model at once, for a GPU")
    trainer.add_data_options(parser, required=False)
    trainer.add_run_options(parser)
    trainer.add_recipe_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0, or that of the run that did not come to its end."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = make_parser()
    options = parser.parse_args(given)
    if options.data is None and not options.show:
        parser.error("the following arguments are required: --data (or --show, which trains nothing)")
    if place()[1] > 1:
        parser.error("one process fills the table; train single runs with torchrun, and it reads them")
    models = options.models.split(",")
    try:
        lines = [read_line(options.output, model, options.seeds) for model in models]
        recipes = None if options.show else recipes_of(options, models)
        check_alike(lines, options.output, recipes)
        for line in () if options.show else lines:
            for seeds in _missing(line, options):
                if code := trainer.main([*_arguments(given), *_of_run(line.model, seeds, options.output)]):
                    print(f"{PROGRAM}: not complete; the same command goes on with it", file=sys.stderr)
                    return code
        models += _others(options.output, models)
        lines = [read_line(options.output, model, options.seeds) for model in models]
        check_alike(lines, options.output, None if recipes is None else recipes_of(options, models))
        if not options.show or any(line.runs for line in lines):
            _write(lines, options.output)
    except TrainingError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return REFUSED
    Console(highlight=False).print(render(lines), markup=False, soft_wrap=True)
    return 0


def recipes_of(options: argparse.Namespace, models: Sequence[str]) -> dict[str, Recipe]:
    """The recipe that was asked for, by model. Raises TrainingError for a model that there is not."""
    return {model: trainer.read_recipe(options, model) for model in models}


def _others(folder: Path, models: Sequence[str]) -> list[str]:
    """Models with complete runs in the folder that were not asked for: a table of the asked alone would lose them."""
    found = dict.fromkeys(path.parents[1].name for path in sorted(folder.glob("*/seed*/run.json")) if _complete(path))
    order = list(PRINTED)
    left = [model for model in found if model not in models]
    return sorted(left, key=lambda model: order.index(model) if model in order else len(order))


def _missing(line: Line, options: argparse.Namespace) -> Iterator[tuple[int, ...]]:
    """The seeds to train, together or one after the other."""
    have = {run["seed"] for run in line.runs}
    left = tuple(seed for seed in range(options.seeds) if seed not in have)
    if options.side_by_side and left:
        yield left
    elif not options.side_by_side:
        yield from ((seed,) for seed in left)


def _of_run(model: str, seeds: Sequence[int], output: Path) -> list[str]:
    """Where a run goes: seeds side by side make their own folders."""
    place = output / model if len(seeds) > 1 else output / model / f"seed{seeds[0]}"
    return ["--model", model, "--seeds", ",".join(map(str, seeds)), "--output", str(place), "--resume"]


OWN = {"--models": 2, "--seeds": 2, "--output": 2, "--show": 1, "--side-by-side": 1}  # with their values


def _arguments(given: Sequence[str]) -> list[str]:
    """What is said to this program and is for the runs."""
    found, skip = [], 0
    for word in given:
        if skip:
            skip -= 1
            continue
        name, equals, _ = word.partition("=")
        if name in OWN:
            skip = 0 if equals else OWN[name] - 1
            continue
        found.append(word)
    return found


def _write(lines: Sequence[Line], output: Path) -> None:
    rows = [
        {"model": line.model, "parameters": line.parameters, "printed": PRINTED.get(line.model), "runs": line.runs}
        for line in lines
    ]
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / "table6.json", {"models": rows})
    write(output / "table6.md", render(lines).encode())
    curves = {}
    for line in lines:
        if line.runs:  # Fig. 6 shows one run of each; here it is the one with the median error
            middle = sorted(line.runs, key=lambda run: run["result"]["test_error"])[(len(line.runs) - 1) // 2]
            curves[line.model] = read_metrics(output / line.model / f"seed{middle['seed']}" / "metrics.csv")
    if curves:
        try:
            told = [sentence for line in lines for run in line.runs for sentence in run["departures"]]
            draw(output / "curves.png", curves, title_of("", told).lstrip(", "))
        except TrainingError as error:
            print(f"no curves.png: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
