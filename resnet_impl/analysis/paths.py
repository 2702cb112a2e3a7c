"""How many paths lead through a network, how long they are, and what gradient each length carries.

After Veit, Wilber and Belongie 2016, arXiv:1605.06431, sections 3 and 5. n blocks with shortcuts make 2^n paths; the
length of a path is the number of blocks whose F it takes, and is binomially distributed: C(n, k) paths of length k,
n/2 on average.

Measured, in units of the loss (cross entropy) per unit of input, as the mean over images of the L2 norm:
  one_path     the gradient at the images along one drawn path of length k (section 5)
  all_paths    the same times C(n, k): as if all paths of one length pointed the same way
  exact        the norm of the sum of the gradients of all paths of length k, which is what training adds up; the exact
               vectors of all lengths sum to the gradient, checked in every run

Not as in the paper: `exact` is not there; gradients are those at the images, in eval mode, where the images of a batch
do not mix. Veit's network has 54 blocks and is trained; a plain network has one path.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from math import comb, sqrt
from pathlib import Path

import torch
from rich.console import Console
from torch import Tensor

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import (
    Scene,
    add_image_options,
    add_network_options,
    add_output_options,
    follow,
    read_scene,
)
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.outputs import claim, write_about, write_table
from resnet_impl.analysis.path_gradients import along_one, by_length, norms, record, shortest_lengths
from resnet_impl.cifar10.train import read_count

FILES = ("paths.csv", "paths.json", "paths.png")
ROUNDING = 1e-3  # of the gradient's norm, in single precision


@dataclass(frozen=True, slots=True)
class Lengths:
    """One entry for each length 0..n. `defect` is how far the exact parts miss the gradient, of its size."""

    label: str
    counts: list[int]
    one_path: list[float]
    exact: list[float]
    defect: float

    @property
    def n(self) -> int:
        """Blocks with a shortcut."""
        return len(self.counts) - 1

    @property
    def all_paths(self) -> list[float]:
        """C(n, k) times the gradient of one path."""
        return [count * one for count, one in zip(self.counts, self.one_path, strict=True)]

    def share_of_paths(self, first: int, last: int) -> float:
        """How many of all paths have a length within these, both included, 0..1."""
        return float(sum(self.counts[first : last + 1]) / 2**self.n)


def counts(n: int) -> list[int]:
    """C(n, k) for k = 0..n: the paths of each length through n blocks with shortcuts."""
    return [comb(n, k) for k in range(n + 1)]


def measure(network: Network, x: Tensor, labels: Tensor, samples: int, seed: int, console: Console) -> Lengths:
    """Gradients of each length, for images (N, 3, H, W). Raises AnalysisError for a network without shortcuts."""
    n = sum(block.residual for block in network.blocks)
    if not n:
        raise AnalysisError(f"{network.label} has no shortcuts: there is one path, of length 0")
    tape = record(network, x, labels)
    console.print(f"{network.label}: the gradient of {n + 1} lengths, backward through {n} blocks", soft_wrap=True)
    parts = by_length(tape)
    [whole] = torch.autograd.grad(tape.loss, tape.images, retain_graph=True)
    defect = float((parts.sum(0) - whole).norm() / whole.norm().clamp(min=1e-30))
    if defect > ROUNDING:
        raise AnalysisError(
            f"the gradient of {network.label} cannot be parted by paths: all lengths together miss it by"
            f" {100 * defect:.3g}%. Blocks that lie side by side or within each other do that: name in --blocks those"
            " that follow each other, in order"
        )
    generator, drawn = torch.Generator().manual_seed(seed), []
    for length in follow(range(n + 1), "lengths of which paths are drawn", console):
        found = torch.stack([norms(along_one(tape, length, generator)) for _ in range(samples)])
        drawn.append(float(found.mean()))
    return Lengths(network.label, counts(n), drawn, norms(parts).mean(1).tolist(), defect)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    add_network_options(parser)
    add_image_options(parser, usual=32, quick=8)
    parser.add_argument(
        "--samples", type=read_count, metavar="N", help="paths of each length and image (10; --quick: 2)"
    )
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code. Raises AnalysisError, DataError, TrainingError."""
    claim(options.output, FILES, options.overwrite)
    scene = read_scene(options, console, with_twin=False)
    samples = options.samples or (2 if options.quick else 10)
    found = [
        measure(network, scene.images.of(network), scene.images.labels, samples, options.seed, console)
        for network in scene.networks
    ]
    _write(found, scene, samples, options)
    for lengths in found:
        first, last = shortest_lengths(lengths.exact)
        console.print(
            f"{lengths.label}: 2^{lengths.n} paths, {lengths.n / 2:g} blocks long on average; lengths {first} to {last}"
            f" carry 95% of the gradient and are {100 * lengths.share_of_paths(first, last):.3g}% of all paths",
            soft_wrap=True,
        )
    return 0


def _write(found: list[Lengths], scene: Scene, samples: int, options: argparse.Namespace) -> None:
    rows = [
        {
            "network": lengths.label, "length": k, "paths": lengths.counts[k],
            "share_of_paths": lengths.counts[k] / 2**lengths.n, "one_path": lengths.one_path[k],
            "all_paths": lengths.all_paths[k], "exact": lengths.exact[k],
        }
        for lengths in found
        for k in range(lengths.n + 1)
    ]  # fmt: skip
    write_table(options.output / FILES[0], rows)
    summary = [
        {
            "label": lengths.label,
            "blocks": lengths.n,
            "paths": 2**lengths.n,
            "mean_length": lengths.n / 2,
            "deviation_of_length": sqrt(lengths.n) / 2,
            "lengths_with_95_percent": {
                "exact": shortest_lengths(lengths.exact),
                "all_paths": shortest_lengths(lengths.all_paths),
            },
            "parts_miss_the_gradient_by": lengths.defect,
        }
        for lengths in found
    ]
    write_about(
        options.output / FILES[1], "paths", options.given, {**scene.about, "samples": samples, "found": summary}
    )
    draw(found, options.output / FILES[2], pictures.warning_of(scene.networks, scene.images))


@pictures.styled
def draw(found: list[Lengths], path: Path, warning: str) -> None:
    """Three panels: paths, the gradient of one, and of all by length. Raises TrainingError."""
    figure, axes = pictures.panels(1, 3)
    left, middle, right = axes[0]
    for number, lengths in enumerate(found):
        look, k = pictures.looks(number), list(range(lengths.n + 1))
        if lengths.n > 30:
            look["marker"] = ""
        left.plot(k, [100 * count / 2**lengths.n for count in lengths.counts], **look, label=lengths.label)
        middle.semilogy(k, _positive(lengths.one_path), **look)
        exact, all_paths = ([100 * v / max(sum(c), 1e-300) for v in c] for c in (lengths.exact, lengths.all_paths))
        right.plot(k, exact, **look, label="sum of paths (exact)" if not number else None)
        look |= {"linestyle": ":", "marker": "", "color": look["color"]}
        right.plot(k, all_paths, **look, label="paths x one path" if not number else None)
    left.set(xlabel="path length (blocks)", ylabel="share of paths (%)", title="How long paths are")
    middle.set(xlabel="path length (blocks)", ylabel="gradient norm at the images", title="Gradient along one path")
    right.set(xlabel="path length (blocks)", ylabel="share of all lengths' norms (%)", title="Gradient by length")
    pictures.at_least_a_decade(middle)
    for one in (left, right):
        one.set_ylim(0, 1.25 * one.get_ylim()[1])  # the legend stands above the curves
        one.legend(loc="upper left")
    title = ", ".join(f"{lengths.label}: 2^{lengths.n} paths" for lengths in found)
    pictures.finish(figure, path, title, warning)


def _positive(values: list[float]) -> list[float]:
    """A logarithmic axis shows no zeros."""
    return [value if value > 0 else float("nan") for value in values]
