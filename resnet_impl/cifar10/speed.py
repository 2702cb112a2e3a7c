"""How long an iteration takes, beside the same iteration fed in other ways; all of them in turns, in one run.

  python -m resnet_impl.cifar10.speed --model resnet20 --data synthetic

Each way trains a network of its own from the same weights. The clock stands still while another one has its turn, and
the figures are ratios of the medians over the turns, with the least and the greatest.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from rich.console import Console
from rich.table import Table
from torch import Tensor

from resnet_impl.cifar10.data import Cifar10, load_data
from resnet_impl.cifar10.errors import DataError, TrainingError
from resnet_impl.cifar10.launch import prepare, set_arithmetic, slow_here
from resnet_impl.cifar10.outputs import environment, write_json
from resnet_impl.cifar10.recipe import Recipe, to_plain
from resnet_impl.cifar10.step import Step
from resnet_impl.cifar10.train import add_data_options, add_recipe_options, read_count, read_recipe
from resnet_impl.cifar10.trainer import Trainer
from resnet_impl.cifar10.world import World, find_device

PROGRAM = "python -m resnet_impl.cifar10.speed"
WORKERS = 2  # processes of the DataLoader: more than the two cores of a small machine would not help there
REFUSED = 2

Take = Callable[[int], None]  # the iteration of that number


@dataclass(frozen=True, slots=True)
class Way:
    """One way to make an iteration. `ready` waits for the device."""

    name: str
    take: Take
    ready: Callable[[], None]


def ways(recipe: Recipe, data: Cifar10, world: World) -> Iterator[Way]:
    """The bundled trainer first; then what it is compared with."""
    graphs = world.device.type == "cuda"
    yield _bundled("bundled, as a CUDA graph" if graphs else "bundled", recipe, data, world, graphs)
    if graphs:
        yield _bundled("bundled, launched one by one", recipe, data, world, graphs=False)
        yield _bundled("bundled, torch.compile", replace(recipe, compiled=True), data, world, graphs=False)
    yield _epoch_at_once(recipe, data, world)
    for workers in (0, WORKERS):
        yield _data_loader(recipe, data, world, workers)


def _trainer(recipe: Recipe, data: Cifar10, world: World, graphs: bool) -> Trainer:
    train, test, views = prepare(recipe, data, world)
    return Trainer(recipe, train, test, views, 0, world, graphs)


def _bundled(name: str, recipe: Recipe, data: Cifar10, world: World, graphs: bool) -> Way:
    trainer = _trainer(recipe, data, world, graphs)
    return Way(name, lambda iteration: trainer.take(), trainer.step.synchronize)


def _fed(name: str, trainer: Trainer, batches: Iterator[tuple[Tensor, Tensor]]) -> Way:
    """The trainer's network and optimizer, fed with network inputs and labels."""
    step = trainer.step

    def take(iteration: int) -> None:
        images, labels = next(batches)
        learn(step, images.to(step.device, non_blocking=True), labels.to(step.device, non_blocking=True))

    return Way(name, take, step.synchronize)


def learn(step: Step, images: Tensor, labels: Tensor) -> None:
    """Forward, backward and update, as people write it."""
    if step.recipe.channels_last:
        images = images.to(memory_format=torch.channels_last)
    with torch.autocast(step.device.type, torch.bfloat16, enabled=step.recipe.precision == "bf16"):
        loss = F.cross_entropy(step.run(images), labels)
    step.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    step.optimizer.step()


def _epoch_at_once(recipe: Recipe, data: Cifar10, world: World) -> Way:
    """All images are cut at the beginning of an epoch, on the device, and then sliced, as airbench does."""
    trainer = _trainer(recipe, data, world, graphs=False)
    step, batch = trainer.step, recipe.batch

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            order = torch.randperm(len(step.train), device=step.device)
            parts = order.split(5000)  # type: ignore[no-untyped-call]
            cut = torch.cat([step.views(step.train.images[part]) for part in parts])
            labels = step.train.labels[order]
            for start in range(0, len(order) - batch + 1, batch):
                yield cut[start : start + batch], labels[start : start + batch]

    return _fed("an epoch cut at once", trainer, batches())


class Images(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """One image after the other through torchvision's transforms, as CIFAR10(transform=...) gives them."""

    def __init__(self, trainer: Trainer) -> None:
        try:
            transforms = importlib.import_module("torchvision.transforms")  # which has no types
        except ImportError:
            raise TrainingError("the comparison needs torchvision: install it (pip install torchvision)") from None
        train = trainer.step.train
        mean = trainer.views.mean.cpu()
        self.images = train.images.cpu().permute(0, 2, 3, 1).contiguous().numpy()
        self.labels = train.labels.tolist()
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Lambda(lambda image: image - mean),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image: Tensor = self.transform(self.images[index])
        return image, self.labels[index]


def _data_loader(recipe: Recipe, data: Cifar10, world: World, workers: int) -> Way:
    trainer = _trainer(recipe, data, world, graphs=False)
    loader = torch.utils.data.DataLoader(
        Images(trainer),
        recipe.batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,
        persistent_workers=workers > 0,
        pin_memory=world.device.type == "cuda",
    )

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield from loader

    name = f"torchvision transforms, DataLoader with {workers} workers" if workers else "torchvision, no workers"
    return _fed(name, trainer, batches())


def measure(chosen: Sequence[Way], turns: int, iterations: int) -> dict[str, list[float]]:
    """Seconds of an iteration in each turn, by way. The first turn warms up and is not counted."""
    seconds: dict[str, list[float]] = {way.name: [] for way in chosen}
    for turn in range(turns + 1):
        for way in chosen:
            way.ready()
            begin = time.perf_counter()
            for iteration in range(iterations):
                way.take(turn * iterations + iteration)
            way.ready()
            if turn:
                seconds[way.name].append((time.perf_counter() - begin) / iterations)
    return seconds


def count_kernels(way: Way, first: int, profile: Callable[..., Any] = torch.profiler.profile) -> int:
    """How many kernels and copies a GPU runs in an iteration, those of a graph one by one.

    The lesser of two iterations, from number `first`: one of them may draw the batches to come as well. To be called
    when everything has been timed, as a profiler that was there once may slow down what follows.
    """
    counts: list[int] = []
    for iteration in (first, first + 1):
        way.ready()
        with profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as seen:
            way.take(iteration)
            way.ready()
        counts.append(sum(event.device_type == torch.profiler.DeviceType.CUDA for event in seen.events()))
    return min(counts)


def render(seconds: Mapping[str, Sequence[float]], kernels: Mapping[str, int], console: Console) -> None:
    """Milliseconds, and how many times the bundled trainer's; kernels where they were counted."""
    first = statistics.median(next(iter(seconds.values())))
    table = Table(box=None)
    for name in ("way", "ms an iteration", "least", "greatest", "ratio", *(["kernels"] if kernels else [])):
        table.add_column(name, justify="left" if name == "way" else "right")
    for name, values in seconds.items():
        figures = [1e3 * value for value in (statistics.median(values), min(values), max(values))]
        counted = [str(kernels[name])] if name in kernels else []
        table.add_row(name, *(f"{value:.2f}" for value in figures), f"{figures[0] / 1e3 / first:.2f}", *counted)
    console.print(table)


def make_parser() -> argparse.ArgumentParser:
    """All options."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--model", default="resnet20", metavar="NAME", help="(resnet20)")
    add_data_options(parser)
    parser.add_argument("--turns", type=read_count, default=5, metavar="N", help="turns of each way (5)")
    parser.add_argument("--each", type=read_count, default=50, metavar="N", help="iterations in a turn (50)")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:1 (a GPU where there is one)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="the figures as JSON")
    add_recipe_options(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code: 0, or 2 where it could not be done."""
    options = make_parser().parse_args(arguments)
    try:
        recipe, world = read_recipe(options, options.model), World(find_device(options.device))
        set_arithmetic(recipe, deterministic=False)
        for sentence in slow_here(recipe, world.device):
            print(sentence, file=sys.stderr)
        data = load_data(options.data, download=options.download, cache=options.cache)
        chosen, done = list(ways(recipe, data, world)), (options.turns + 1) * options.each
        seconds = measure(chosen, options.turns, options.each)
        kernels = {way.name: count_kernels(way, done) for way in chosen if world.device.type == "cuda"}
    except (DataError, TrainingError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return REFUSED
    machine: dict[str, Any] = environment(world.device)
    console = Console(highlight=False)
    console.print(f"{recipe.model}, batches of {recipe.batch}, {recipe.precision}; {data.source}", soft_wrap=True)
    console.print(", ".join(f"{key} {value}" for key, value in machine.items()), soft_wrap=True)
    render(seconds, kernels, console)
    if options.output is not None:
        found: dict[str, Any] = {
            "environment": machine,
            "date": datetime.now(UTC).date().isoformat(),
            "recipe": to_plain(recipe),
        }
        found |= {"model": recipe.model, "batch": recipe.batch, "data": data.source}
        write_json(
            options.output,
            {**found, "turns": options.turns, "iterations": options.each, "seconds": seconds, "kernels": kernels},
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
