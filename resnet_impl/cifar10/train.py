"""Train a network on CIFAR-10 as He et al. 2015, section 4.2, did.

  python -m resnet_impl.cifar10.train --model resnet20 --data DIR --output runs/resnet20

writes run.json, metrics.csv, curves.png, checkpoint.pt and, where TensorBoard is installed, tensorboard/ into the
output. Without further options that is the paper's recipe; each that departs from it is told in every output. Ctrl-C
and SIGTERM save and say how to go on.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from resnet_impl.cifar10.curves import draw, title_of
from resnet_impl.cifar10.data import load_data
from resnet_impl.cifar10.display import watching
from resnet_impl.cifar10.errors import DataError, TrainingError
from resnet_impl.cifar10.launch import open_runs, slow_here, unlike
from resnet_impl.cifar10.models import NAMES, build
from resnet_impl.cifar10.recipe import LOOK, Recipe, check_recipe, departures, paper
from resnet_impl.cifar10.runs import Run, Stopped, train
from resnet_impl.cifar10.world import World, joined, place

PROGRAM = "python -m resnet_impl.cifar10.train"
FAILED, REFUSED = 1, 2


def read_seeds(text: str) -> tuple[int, ...]:
    """ "3" -> (3,); "0-4" -> (0, 1, 2, 3, 4); "0,7" -> (0, 7)."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        try:
            found += range(int(first), int(last if dash else first) + 1)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of seeds: write 0, 0-4 or 0,3,7") from None
    if not found or len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(f"{text!r} names no seed, or one twice: write 0, 0-4 or 0,3,7")
    return tuple(found)


def read_count(text: str) -> int:
    """A whole number above 0."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return value


def add_data_options(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Where the images are."""
    parser.add_argument(
        "--data",
        required=required,
        metavar="DIR",
        help="folder with the official archive, or with train/CLASS/* and test/CLASS/* images; 'synthetic' for speed",
    )
    parser.add_argument("--download", action="store_true", help="download the official archive into DIR if it lacks it")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="where decoded images are kept (~/.cache/resnet_impl)"
    )


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Ways to depart from the paper."""
    group = parser.add_argument_group("departures from the paper's recipe, told in every output")
    group.add_argument("--iterations", type=read_count, metavar="N", help="64,000 in the paper; drops move along")
    group.add_argument("--batch", type=read_count, metavar="N", help="images in a batch, all devices together (128)")
    group.add_argument("--precision", choices=("fp32", "tf32", "bf16"), help="bf16: autocast; tf32: on GPUs (fp32)")
    group.add_argument("--channels-last", action="store_true", help="memory format, faster with bf16")
    group.add_argument("--compile", action="store_true", help="torch.compile the network")
    group.add_argument("--channel-mean", action="store_true", help="mean and deviation of each channel, not each pixel")
    group.add_argument("--decay-bn", action="store_true", help="gamma, beta and biases decay, too")
    group.add_argument("--ghost", type=read_count, metavar="N", help="normalise N images together (two GPUs: 64)")
    group.add_argument("--sync-bn", action="store_true", help="normalise over all devices together")
    group.add_argument("--choose", action="store_true", help="train on 45k images and test on the other 5k")


def read_recipe(options: argparse.Namespace, model: str) -> Recipe:
    """The paper's recipe for this model with the departures that were asked for."""
    recipe = paper(model)
    if options.iterations is not None:
        scale = options.iterations / recipe.iterations
        drops = tuple(round(drop * scale) for drop in recipe.drops)
        recipe = replace(recipe, iterations=options.iterations, drops=drops)
    return replace(
        recipe,
        batch=options.batch or recipe.batch,
        precision=options.precision or recipe.precision,
        channels_last=options.channels_last,
        compiled=options.compile,
        mean="channel" if options.channel_mean else "pixel",
        decay_bn=options.decay_bn,
        ghost=options.ghost,
        synchronized=options.sync_bn,
        images="part" if options.choose else "all",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """How it is run, which changes no result but by rounding."""
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:1 (a GPU where there is one)")
    often = "iterations, a multiple of 100 (1000)"
    parser.add_argument("--evaluate-every", type=read_count, default=1000, metavar="N", help=often)
    parser.add_argument("--save-every", type=read_count, default=1000, metavar="N", help="iterations (1000)")
    parser.add_argument("--no-graphs", action="store_true", help="no CUDA graphs")
    parser.add_argument("--deterministic", action="store_true", help="the same bits in every run on a GPU, too; slower")


def make_parser() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--model", default="resnet20", metavar="NAME", help=f"{', '.join(NAMES)}, or another depth")
    add_data_options(parser)
    parser.add_argument("--output", required=True, type=Path, metavar="DIR", help="folder of the run")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --output")
    parser.add_argument(
        "--seeds", "--seed", type=read_seeds, default=(0,), metavar="N", help="0; several side by side: 0-4 or 0,3,7"
    )
    add_run_options(parser)
    add_recipe_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0 trained, 1 training failed, 2 refused, 128 + n stopped by signal n."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = make_parser().parse_args(given)
    console = Console(stderr=True, highlight=False)
    try:
        with joined(options.device) as world:
            return _train(options, given, world, console)
    except (DataError, TrainingError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:  # before training, or the second one in it
        print(f"{PROGRAM}: stopped at once; the last checkpoint, if there is one, is kept", file=sys.stderr)
        return 128 + signal.SIGINT
    except RuntimeError as error:
        rank, size = place()
        if size == 1 or isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).strip().splitlines()[-1]
        print(
            f"{PROGRAM}: process {rank} of {size} lost the others and ends ({reason}). Go on from the last"
            " checkpoint with --resume, with any number of processes that divides the batch",
            file=sys.stderr,
        )
        return FAILED


def _train(options: argparse.Namespace, given: Sequence[str], world: World, console: Console) -> int:
    recipe = read_recipe(options, options.model)
    build(recipe.model)  # a name that there is not is told before images are read
    check_recipe(recipe)
    if options.evaluate_every % LOOK:
        raise TrainingError(f"--evaluate-every is a multiple of {LOOK}, not {options.evaluate_every}")
    if not world.writes:
        world.wait()  # the first process downloads and decodes
    console.quiet = not world.writes
    console.print(f"reading the images of {options.data} (a folder of them is decoded once)", soft_wrap=True)
    data = load_data(options.data, download=options.download and world.writes, cache=options.cache)
    if world.writes:
        world.wait()
    runs = open_runs(
        recipe, data, options.seeds, options.output, world, options.resume, not options.no_graphs, options.deterministic
    )
    console.print(f"{recipe.model} on {data.source}; {world.device}, {world.size} process(es)", soft_wrap=True)
    for sentence in (*unlike(data), *(departures(recipe) or ("the paper's recipe",)), *slow_here(recipe, world.device)):
        console.print(f"  {sentence}", soft_wrap=True)
    for run in runs:
        if run.trainer.done:
            console.print(f"{run.folder} is complete: nothing is trained", soft_wrap=True)
        elif options.resume and not run.trainer.iteration:
            console.print(f"nothing to resume in {run.folder}: it begins anew", soft_wrap=True)
    try:
        with watching(runs, console) as watch:
            train(runs, options.evaluate_every, watch, options.save_every)
        for run in runs:
            if run.board is not None:
                run.board.close()
    except Stopped as stopped:
        again = f"{PROGRAM} {shlex.join([*given, *([] if options.resume else ['--resume'])])}"
        if world.size > 1:
            again = "the same torchrun command, and --resume"
        at = ", ".join(str(run.trainer.iteration) for run in runs)
        console.print(f"stopped by {stopped} at iteration {at} and saved. Go on with: {again}", soft_wrap=True)
        return 128 + stopped.signal
    except TrainingError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return FAILED
    if world.writes:
        _conclude(runs, options.output, console)
    return 0


def _conclude(runs: Sequence[Run], output: Path, console: Console) -> None:
    for run in runs:
        row = run.trainer.rows[-1]
        short = "; synthetic images, which say nothing of the network" if run.about["synthetic"] else ""
        console.print(
            f"seed {run.trainer.seed}: test error {row.test_error:.2f}%, training error {row.train_error:.2f}% after"
            f" {row.iteration} iterations in {row.seconds:.0f} s{short}",
            soft_wrap=True,
        )
    recipe = runs[0].trainer.recipe
    title = title_of(recipe.model, (*runs[0].about["unlike"], *departures(recipe)))
    try:
        draw(output / "curves.png", {f"seed {run.trainer.seed}": run.trainer.rows for run in runs}, title)
    except TrainingError as error:
        console.print(f"no curves.png: {error}", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
