"""Options that all verbs share, and what they stand for: networks, images, a folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import track

from resnet_impl.analysis import sources
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.images import Images, prepare, show
from resnet_impl.analysis.networks import Network
from resnet_impl.cifar10.train import read_count

Item = TypeVar("Item")


def add_output_options(parser: argparse.ArgumentParser) -> None:
    """Where results go, and how carefully they are measured."""
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder of numbers and picture")
    parser.add_argument("--overwrite", action="store_true", help="replace the results in it")
    parser.add_argument("--quick", action="store_true", help="fewer images and samples: under a minute on a CPU")


def add_network_options(parser: argparse.ArgumentParser) -> None:
    """Which network, and what it is compared with."""
    group = parser.add_argument_group("the network (resnet20 where none is named)")
    group.add_argument("--model", metavar="NAME", help="resnet20, plain56, preresnet110, resnet50, ...")
    group.add_argument("--target", metavar="ADDRESS", help="package.module:factory or path/to/file.py:factory instead")
    group.add_argument("--blocks", metavar="NAMES", help="of a --target: the modules that are its blocks, in order")
    group.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="of the trainer (a run's folder does as well), or weights"
    )
    group.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="another bundled network or checkpoint to show beside it; may be repeated (the plain twin of an untrained"
        " residual network)",
    )
    group.add_argument("--seed", type=int, default=0, metavar="N", help="of initial weights and of all draws (0)")


def add_image_options(parser: argparse.ArgumentParser, usual: int, quick: int) -> None:
    """What it is shown."""
    parser.add_argument(
        "--data",
        default="synthetic",
        metavar="DIR",
        help="folder with CIFAR-10, as the trainer takes it; or the word synthetic, for random images (%(default)s)",
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="of decoded images (~/.cache/resnet_impl)")
    parser.add_argument("--images", type=read_count, metavar="N", help=f"test images ({usual:,}; --quick: {quick:,})")
    parser.set_defaults(usual_images=usual, quick_images=quick)


@dataclass(slots=True)
class Scene:
    """Networks, the first of which is the one that was asked for, and the images that they are shown."""

    networks: list[Network]
    images: Images

    @property
    def about(self) -> dict[str, object]:
        """For JSON."""
        networks = [
            {"label": n.label, "training": n.training, "blocks": [{"name": b.name, "kind": b.kind} for b in n.blocks]}
            for n in self.networks
        ]
        return {"networks": networks, "images": self.images.source, "synthetic": self.images.synthetic}


def read_scene(options: argparse.Namespace, console: Console, with_twin: bool = True) -> Scene:
    """What was asked for, and an untrained network's plain twin. Raises AnalysisError, TrainingError, DataError."""
    network = _network(options)
    networks = [network, *(_beside(word, options.seed) for word in options.beside)]
    residual = any(block.residual for block in network.blocks)
    if with_twin and not options.beside and network.fresh and residual:
        networks.append(network.twin())
    elif with_twin and not options.beside and residual:
        console.print(f"{network.label} alone: --beside names a plain network that was trained, too", soft_wrap=True)
    count = options.images or (options.quick_images if options.quick else options.usual_images)
    images = show(options.data, count, options.seed, options.cache)
    prepare(networks, images)
    for shown in networks:
        console.print(f"{shown.label}: {len(shown.blocks)} blocks, {shown.training}", soft_wrap=True)
    console.print(images.source, soft_wrap=True)
    return Scene(networks, images)


def _network(options: argparse.Namespace) -> Network:
    if options.target is not None:
        if options.model is not None:
            raise AnalysisError("--model and --target both name a network: give one of them")
        if options.blocks is None:
            raise AnalysisError(
                "--target needs --blocks: the modules that are its blocks, in order, such as layer1.0,layer1.1"
            )
        names = [name.strip() for name in options.blocks.split(",")]
        return sources.foreign(options.target, names, options.checkpoint, options.seed)
    if options.blocks is not None:
        raise AnalysisError("--blocks belong to a --target: the blocks of bundled networks are known")
    if options.checkpoint is not None:
        return sources.trained(options.checkpoint, options.model)
    return sources.bundled(options.model or "resnet20", options.seed)


def _beside(word: str, seed: int) -> Network:
    if Path(word).exists():
        return sources.trained(Path(word))
    try:
        return sources.bundled(word, seed)
    except AnalysisError as error:
        raise AnalysisError(f"--beside {word} is no checkpoint that is there, and no name: {error}") from error


def follow(items: Sequence[Item], what: str, console: Console) -> Iterable[Item]:
    """The items, with a bar on a terminal and a line elsewhere."""
    if console.is_terminal:
        return track(items, what, console=console)
    console.print(f"{what}: {len(items)}", soft_wrap=True)
    return items
