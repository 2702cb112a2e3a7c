"""From a recipe, images and a folder to runs that are ready to train: new ones, or those that were interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.cache import checksum
from resnet_impl.cifar10.data import Cifar10, Split, split
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.files import sweep
from resnet_impl.cifar10.outputs import Board, environment
from resnet_impl.cifar10.recipe import Recipe, check_recipe
from resnet_impl.cifar10.runs import Run, resume
from resnet_impl.cifar10.trainer import Trainer
from resnet_impl.cifar10.views import Views, per_channel_mean, per_channel_std, per_pixel_mean
from resnet_impl.cifar10.world import World
from resnet_impl.processor import multiplies_bf16


def prepare(recipe: Recipe, data: Cifar10, world: World) -> tuple[Split, Split, Views]:
    """Training and test images on the device, and the views of them. The mean is of the training images alone.

    Raises TrainingError for a batch of more images than there are.
    """
    train, test = split(data.train) if recipe.images == "part" else (data.train, data.test)
    if recipe.batch > len(train):
        raise TrainingError(
            f"a batch of {recipe.batch} is more than the {len(train):,} images to train on: take a smaller --batch"
        )
    if recipe.mean == "pixel":
        views = Views(per_pixel_mean(train.images))
    else:
        views = Views(per_channel_mean(train.images), per_channel_std(train.images))
    return train.to(world.device), test.to(world.device), views.to(world.device)


def set_arithmetic(recipe: Recipe, deterministic: bool) -> None:
    """Full precision unless the recipe says otherwise: torch rounds convolutions to TF32 of its own accord."""
    tf32 = recipe.precision == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cudnn.deterministic = deterministic


def open_runs(
    recipe: Recipe,
    data: Cifar10,
    seeds: Sequence[int],
    output: Path,
    world: World,
    go_on: bool = False,
    graphs: bool = True,
    deterministic: bool = False,
) -> list[Run]:
    """A run for each seed, in `output` or, where there are several, in seed0, seed1, ... there.

    `go_on`: those with a checkpoint are resumed; without it a checkpoint that is there is an error, as nothing is
    overwritten. Raises TrainingError.
    """
    check_recipe(recipe)
    _check_ghosts(recipe, world)
    set_arithmetic(recipe, deterministic)
    train, test, views = prepare(recipe, data, world)
    digest = digest_of(data)
    found = []
    for seed in seeds:
        folder = output / f"seed{seed}" if len(seeds) > 1 else output
        path = folder / checkpoint.NAME
        if path.exists() and not go_on:
            raise TrainingError(f"{folder} holds a run: go on with it (--resume), or give another --output")
        _make(folder, world)
        about: dict[str, Any] = {"data": data.source, "digest": digest, "synthetic": data.synthetic}
        about["unlike"] = list(unlike(data))
        run = Run(Trainer(recipe, train, test, views, seed, world, graphs), folder, about)
        # the first process's, for all: on several nodes the others may not see its disk
        state = world.agreed(checkpoint.load(path) if world.writes and path.exists() else None)
        if state is not None:
            resume(run, state)
        now = environment(world.device) | {"processes": world.size}
        # of a run that is complete the record stays what it was, or is made again where a process died before it
        run.about = state["about"] if state and run.trainer.done else {**about, **_environments(now, state)}
        if run.trainer.done:
            run.tell()
        if world.writes:
            run.board = Board(folder / "tensorboard", run.trainer.iteration + 1)
        found.append(run)
    return found


def _environments(now: dict[str, Any], state: Mapping[str, Any] | None) -> dict[str, Any]:
    """Where the run goes on, and where parts of it ran before that."""
    before = state["about"] if state else {}
    listed = [*before.get("earlier", ()), *([before["environment"]] if "environment" in before else [])]
    earlier = [place for i, place in enumerate(listed) if place != now and place not in listed[:i]]
    return {"environment": now, **({"earlier": earlier} if earlier else {})}


def digest_of(data: Cifar10) -> str:
    """What tells these images and labels from others, wherever they lie: SHA-256, the first 16 digits."""
    tensors = {
        "train.images": data.train.images, "train.labels": data.train.labels,
        "test.images": data.test.images, "test.labels": data.test.labels,
    }  # fmt: skip
    return checksum({name: tensor.cpu().contiguous() for name, tensor in tensors.items()})[:16]


def unlike(data: Cifar10) -> Iterator[str]:
    """In what these are not the images of the paper, a sentence each."""
    if data.synthetic:
        yield "synthetic images: errors mean nothing"
    elif (len(data.train), len(data.test), len(data.classes)) != (50_000, 10_000, 10):
        yield (
            f"{len(data.train):,} + {len(data.test):,} images of {len(data.classes)} classes, not the 50,000 + 10,000"
            " of CIFAR-10"
        )


def slow_here(recipe: Recipe, device: torch.device) -> Iterator[str]:
    """What takes longer on this device than it need, a sentence each: no departure, as the results are the same."""
    if recipe.precision == "bf16" and not multiplies_bf16(device):
        kind = "GPU" if device.type == "cuda" else "processor"
        yield f"SLOW: this {kind} has no instructions for bf16; in fp32 (no --precision) it is several times as fast"


def _check_ghosts(recipe: Recipe, world: World) -> None:
    """Raise TrainingError where other numbers of images would be normalised together than the recipe says."""
    if recipe.ghost is None:
        return
    mine = world.share(recipe.batch)
    images = mine.stop - mine.start
    if images % recipe.ghost:
        raise TrainingError(
            f"{recipe.ghost} images cannot be normalised together where each of {world.size} processes has {images} of"
            f" a batch: take a divisor of {images}, or fewer processes"
        )


def _make(folder: Path, world: World) -> None:
    """The folder of a run, without what a killed process left half-written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if world.writes:
            sweep(folder)
    except OSError as error:
        raise TrainingError(f"cannot make or clear the folder {folder}: {error.strerror or error}") from error
