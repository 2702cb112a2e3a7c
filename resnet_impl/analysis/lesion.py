"""What becomes of a network when blocks are deleted or swapped at test time, without training it again.

After Veit, Wilber and Belongie 2016, arXiv:1605.06431, sections 4.1 to 4.3 (Veit et al.). Deleting a block deletes its
F: its shortcut remains, with a
projection or zeros where it has them. Error in percent of the images, cross entropy in `loss`.
  each      every block alone; identity blocks and downsampling blocks told apart ("modest impact" of the latter)
  random    k blocks at once, drawn anew several times
  swaps     k swaps of two blocks of one shape; error over Kendall's rank correlation of the order

Not as in the paper: its network has 54 blocks and its plain one is a VGG, of which single layers are deleted. Here the
plain twin loses the two or three layers of a block at once, and where a block changes shape its input is sampled and
padded with zeros, as option A would. Without --checkpoint networks are untrained and all errors those of guessing:
that shows that it runs, and nothing else.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import (
    add_image_options,
    add_network_options,
    add_output_options,
    follow,
    read_scene,
)
from resnet_impl.analysis.lesions import (
    Shown,
    delete,
    draw_swaps,
    evaluate,
    kendall_tau,
    reordered,
    swappable,
)
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.outputs import claim, write_about, write_table
from resnet_impl.cifar10.train import read_count

FILES = ("lesion.csv", "lesion.json", "lesion.png")


@dataclass(frozen=True, slots=True)
class Lesion:
    """One measurement. `what` is none, each, random or swaps; `blocks` are the names of those deleted, or the order."""

    network: str
    what: str
    count: int
    blocks: str
    kind: str
    tau: float
    error: float
    loss: float


def study(
    network: Network, x: Tensor, labels: Tensor, repeats: int, most: int, seed: int, console: Console
) -> list[Lesion]:
    """All measurements of one network, the whole one first; `most` blocks are deleted at once, and as many swapped."""
    label, blocks = network.label, network.blocks
    generator = torch.Generator().manual_seed(seed)

    def told(what: str, count: int, names: str, kind: str, tau: float, shown: Shown) -> Lesion:
        return Lesion(label, what, count, names, kind, tau, shown.error, shown.loss)

    found = [told("none", 0, "", "", 1.0, evaluate(network, x, labels))]
    for block in follow(blocks, f"{label}, blocks deleted", console):
        found.append(told("each", 1, block.name, block.kind, 1.0, delete(network, [block], x, labels)))
    counts = range(2, min(most, len(blocks)) + 1)
    for count in follow(counts, f"{label}, numbers of blocks deleted at once", console):
        for _ in range(repeats):
            chosen = sorted(torch.randperm(len(blocks), generator=generator)[:count].tolist())
            names = " ".join(blocks[i].name for i in chosen)
            found.append(told("random", count, names, "", 1.0, delete(network, [blocks[i] for i in chosen], x, labels)))
    pairs = swappable(blocks)
    for count in follow(range(1, most + 1) if pairs else (), f"{label}, numbers of swaps", console):
        for _ in range(repeats):
            order = draw_swaps(pairs, count, len(blocks), generator)
            with reordered(network, order):
                shown = evaluate(network, x, labels)
            found.append(told("swaps", count, " ".join(map(str, order)), "", kendall_tau(order), shown))
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    add_network_options(parser)
    add_image_options(parser, usual=10_000, quick=50)
    parser.add_argument("--repeats", type=read_count, metavar="N", help="draws of each number (10; --quick: 2)")
    parser.add_argument("--most", type=read_count, metavar="N", help="of blocks deleted, and of swaps (20; --quick: 4)")
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code. Raises AnalysisError, DataError, TrainingError."""
    claim(options.output, FILES, options.overwrite)
    scene = read_scene(options, console)
    repeats, most = options.repeats or (2 if options.quick else 10), options.most or (4 if options.quick else 20)
    found = [
        study(network, scene.images.of(network), scene.images.labels, repeats, most, options.seed, console)
        for network in scene.networks
    ]
    write_table(options.output / FILES[0], [asdict(lesion) for lesions in found for lesion in lesions])
    about = {**scene.about, "repeats": repeats, "most": most, "found": [summary(lesions) for lesions in found]}
    write_about(options.output / FILES[1], "lesion", options.given, about)
    draw(found, options.output / FILES[2], pictures.warning_of(scene.networks, scene.images))
    for lesions in found:
        told = summary(lesions)
        by_kind = ", ".join(f"{error:.1f}% without one {kind} block" for kind, error in told["mean_error"].items())
        console.print(f"{told['network']}: error {told['error']:.1f}%; {by_kind} (means)", soft_wrap=True)
    return 0


def summary(lesions: list[Lesion]) -> dict[str, Any]:
    """The whole network's error in percent, and the mean over blocks of each kind when one of them is deleted."""
    by_kind: dict[str, list[float]] = {}
    for lesion in lesions:
        if lesion.what == "each":
            by_kind.setdefault(lesion.kind, []).append(lesion.error)
    means = {kind: sum(errors) / len(errors) for kind, errors in by_kind.items()}
    return {"network": lesions[0].network, "error": lesions[0].error, "mean_error": means}


@pictures.styled
def draw(found: list[list[Lesion]], path: Path, warning: str) -> None:
    """Three panels: one block deleted, several, swapped. Raises TrainingError."""
    figure, axes = pictures.panels(1, 3, width=5.6)
    one, several, swaps = axes[0]
    for number, lesions in enumerate(found):
        look, colour = pictures.looks(number), pictures.colour(number)
        each = [lesion for lesion in lesions if lesion.what == "each"]
        at = range(1, len(each) + 1)
        one.plot(at, [lesion.error for lesion in each], **{**look, "marker": ""})
        for place, lesion in zip(at, each, strict=True):
            hollow = "white" if "downsampling" in lesion.kind else colour
            one.plot(place, lesion.error, look["marker"], color=colour, markerfacecolor=hollow, markeredgewidth=1.5)
        one.axhline(lesions[0].error, color=colour, linewidth=1, linestyle=look["linestyle"], alpha=0.6)
        _ranges(several, [x for x in lesions if x.what in ("each", "random")], look, lesions[0].network)
        moved = [lesion for lesion in lesions if lesion.what == "swaps"]
        swaps.plot([x.tau for x in moved], [x.error for x in moved], look["marker"], color=colour, alpha=0.7)
    one.plot([], [], "o", color="grey", markerfacecolor="white", label="downsampling block")
    one.plot([], [], color="grey", linewidth=1, label="nothing deleted")
    one.set(xlabel="deleted block, in order", ylabel="error (%)", title="One block deleted")
    several.set(xlabel="number of blocks deleted", ylabel="error (%)", title="Several deleted (least, mean, most)")
    swaps.set(xlabel="Kendall's tau of the order (1: as trained)", ylabel="error (%)", title="Blocks swapped")
    swaps.invert_xaxis()
    for axis in (one, several, swaps):
        axis.set_ylim(0, 104)
    for axis in (one, several):
        axis.xaxis.get_major_locator().set_params(integer=True)
    names = ", ".join(lesions[0].network for lesions in found)
    handles, labels = (a + b for a, b in zip(*(x.get_legend_handles_labels() for x in (several, one)), strict=True))
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=12)
    pictures.finish(figure, path, f"Lesions at test time: {names}", warning)


def _ranges(axes: Any, lesions: list[Lesion], look: dict[str, Any], label: str) -> None:
    """Least, mean and most of each number of blocks."""
    counts = sorted({lesion.count for lesion in lesions})
    errors = [[lesion.error for lesion in lesions if lesion.count == count] for count in counts]
    means = [sum(e) / len(e) for e in errors]
    axes.plot(counts, means, **look, label=label)
    axes.fill_between(counts, [min(e) for e in errors], [max(e) for e in errors], color=look["color"], alpha=0.18)
