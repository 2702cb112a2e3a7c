"""How gradients come through a network and its plain twin: their size, what they have in common, and each block's part.

Measured:
  norm          L2 norm of the gradient of the mean cross entropy to each convolution's weight, in train mode;
                `relative` is that over the norm of the weight. He et al. 2015, section 4.1, found "healthy norms" in
                plain nets, too.
  correlation   after Balduzzi et al. 2017, arXiv:1702.08591: the mean cosine of the gradients, to what a layer puts
                out, of a fixed random mixture of logits, at inputs on the line between two images (1: the same for
                all inputs; 0: white noise). With depth L that of plain networks is said to fall as 1/2^L, that of
                residual ones as 1/sqrt(L).
  spectrum      singular values of dy/dx of each block on a small piece of its input; `gain` is the norm of the loss's
                gradient at the block's input over that at its output. If "the gradient is always at least one" were
                true, none of them could be below 1. The counterexamples are blocks whose weights were set by hand.

Not as in the paper: Balduzzi et al. take the mean over networks with a single number as input; this takes one network,
images on a line, and every layer. BN has fixed statistics for correlation and spectrum.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import (
    Scene,
    add_image_options,
    add_network_options,
    add_output_options,
    follow,
    read_scene,
)
from resnet_impl.analysis.jacobians import Case, Spectrum, cases, spectra
from resnet_impl.analysis.layer_gradients import Layer, along_line, by_lag, of_all_pairs, weight_gradients
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.outputs import claim, write_about, write_table

FILES = ("gradient-flow.csv", "gradient-flow-blocks.csv", "gradient-flow.json", "gradient-flow.png")
FEW = 16  # images whose gains are taken


@dataclass(frozen=True, slots=True)
class Flow:
    """Of one network. `correlation` is by layer; `acf` by distance, in parts of the line, at the first layer."""

    label: str
    layers: list[Layer]
    correlation: dict[str, float]
    acf: list[float]
    blocks: list[Spectrum]


def measure(network: Network, scene: Scene, lines: int, points: int, side: int, console: Console) -> Flow:
    """All of it, for the scene's images; at least two are wanted for a line."""
    x, labels = scene.images.of(network), scene.images.labels
    layers = weight_gradients(network, x, labels)
    generator = torch.Generator().manual_seed(0)
    classes = network.net(x[:1]).shape[1]
    direction = torch.randn(classes, generator=generator).to(x)
    summed: dict[str, Any] = {}
    for line in follow(range(lines), f"{network.label}, lines between two images", console):
        start, end = x[2 * line % len(x)], x[(2 * line + 1) % len(x)]
        for name, matrix in along_line(network, start, end, points, direction).items():
            summed[name] = summed.get(name, 0) + matrix / lines
    blocks = spectra(network, x[:FEW], labels[:FEW], side)
    correlation = {name: of_all_pairs(matrix) for name, matrix in summed.items()}
    return Flow(network.label, layers, correlation, by_lag(next(iter(summed.values()))), blocks)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    add_network_options(parser)
    add_image_options(parser, usual=128, quick=32)
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code. Raises AnalysisError, DataError, TrainingError."""
    claim(options.output, FILES, options.overwrite)
    scene = read_scene(options, console)
    lines, points, side = (2, 24, 2) if options.quick else (8, 64, 4)
    found = [measure(network, scene, lines, points, side, console) for network in scene.networks]
    refuting = cases()
    _write(found, refuting, scene, {"lines": lines, "points": points, "side": side}, options)
    for flow in found:
        first = next(iter(flow.correlation.values()))
        below = sum(value < 1 for block in flow.blocks for value in block.values)
        whole = sum(len(block.values) for block in flow.blocks)
        console.print(
            f"{flow.label}: gradient norm {flow.layers[0].norm:.3g} in the first layer, {flow.layers[-1].norm:.3g} in"
            f" the last; correlation {first:.2f} at the first layer; {100 * below / whole:.0f}% of the blocks' singular"
            f" values are below 1, the least gain of an image's gradient is"
            f" {min(block.least_gain for block in flow.blocks):.2f}",
            soft_wrap=True,
        )
    return 0


def _write(found: list[Flow], refuting: list[Case], scene: Scene, drawn: dict[str, int], options: Any) -> None:
    layers = [
        {
            "network": flow.label, "layer": number, "name": layer.name, "norm": layer.norm,
            "relative": layer.norm / max(layer.weight, 1e-30),
            "correlation": flow.correlation.get(layer.name, float("nan")),
        }
        for flow in found
        for number, layer in enumerate(flow.layers, start=1)
    ]  # fmt: skip
    blocks = [
        {
            "network": flow.label, "block": number, "name": block.name, "kind": block.kind,
            "least": block.values[-1], "median": block.values[len(block.values) // 2], "largest": block.values[0],
            "share_below_1": sum(v < 1 for v in block.values) / len(block.values),
            "gain": block.gain, "least_gain": block.least_gain,
        }
        for flow in found
        for number, block in enumerate(flow.blocks, start=1)
    ]  # fmt: skip
    write_table(options.output / FILES[0], layers)
    write_table(options.output / FILES[1], blocks)
    about = {**scene.about, **drawn, "counterexamples": [asdict(case) for case in refuting]}
    about["spectra"] = [{"network": f.label, "blocks": [asdict(block) for block in f.blocks]} for f in found]
    about["acf_at_first_layer"] = {flow.label: flow.acf for flow in found}
    write_about(options.output / FILES[2], "gradient-flow", options.given, about)
    draw(found, refuting, options.output / FILES[3], pictures.warning_of(scene.networks, scene.images))


@pictures.styled
def draw(found: list[Flow], refuting: list[Case], path: Path, warning: str) -> None:
    """Four panels: norms, correlation by layer, correlation by distance, spectra with counterexamples."""
    figure, axes = pictures.panels(2, 2, width=7.0)
    (norms, layers), (acf, blocks) = axes
    for number, flow in enumerate(found):
        look = pictures.looks(number)
        if len(flow.layers) > 40:
            look["marker"] = ""
        norms.semilogy(range(1, len(flow.layers) + 1), [layer.norm for layer in flow.layers], **look, label=flow.label)
        values = [flow.correlation.get(layer.name, float("nan")) for layer in flow.layers]
        layers.plot(range(1, len(values) + 1), values, **look)
        look["marker"] = ""
        acf.plot([lag / (len(flow.acf) - 1) for lag in range(len(flow.acf))], flow.acf, **look)
        _draw_spectra(blocks, number, flow, len(found))
    _draw_cases(blocks, refuting, max(len(flow.blocks) for flow in found))
    pictures.at_least_a_decade(norms)
    norms.set(xlabel="convolution, in order", ylabel="norm of the weight's gradient", title="How large gradients are")
    layers.set(xlabel="convolution, in order", ylabel="mean cosine", title="What gradients of different inputs share")
    acf.set(xlabel="distance (1: from image to image)", ylabel="mean cosine", title="At the first layer, by distance")
    for one in (norms, layers):
        one.xaxis.get_major_locator().set_params(integer=True)
    for one in (layers, acf):
        one.set_ylim(min(-0.1, one.get_ylim()[0]), 1.05)
        one.axhline(0, color=pictures.GREY, linewidth=1)
    figure.legend(*norms.get_legend_handles_labels(), loc="outside lower center", ncols=len(found), fontsize=12)
    pictures.finish(figure, path, f"Gradient flow: {', '.join(flow.label for flow in found)}", warning)


def _draw_spectra(axes: Any, number: int, flow: Flow, networks: int) -> None:
    """Of each block all singular values as a bar from the least to the largest, and their median."""
    shift = 0.5 * (number - (networks - 1) / 2) / networks
    at = [place + shift for place in range(1, len(flow.blocks) + 1)]
    least, median, largest = ([b.values[i * (len(b.values) - 1) // 2] for b in flow.blocks] for i in (2, 1, 0))
    axes.vlines(at, least, largest, color=pictures.colour(number), linewidth=3 if len(at) < 20 else 1.5, alpha=0.7)
    axes.plot(at, median, linestyle="", marker=pictures.MARKERS[number], color=pictures.colour(number))


def _draw_cases(axes: Any, refuting: list[Case], blocks: int) -> None:
    """The blocks of 2015 that were made, to the right of the network's."""
    shown = [case for case in refuting if "2015" in case.block]
    at = [blocks + 2 + 1.2 * number for number in range(len(shown))]
    axes.plot(at, [case.largest for case in shown], "*", color="black", markersize=11)
    axes.axhline(1, color=pictures.GREY, linewidth=1.5)
    axes.axvline(blocks + 1, color=pictures.GREY, linewidth=0.8)
    ticks = [place for place in range(1, blocks + 1) if blocks <= 12 or place % (blocks // 6) == 0]
    names = [case.f.partition(",")[0] for case in shown]
    axes.set_xticks([*ticks, *at], [*map(str, ticks), *names])
    for label in axes.get_xticklabels()[len(ticks) :]:
        label.set(rotation=90, fontsize=10)
    if axes.get_ylim()[1] > 10:
        axes.set_yscale("symlog", linthresh=1)
    axes.set_ylim(bottom=-0.05)
    axes.set(xlabel="block, in order | blocks made by hand", ylabel="singular values of dy/dx")
    axes.set_title("Jacobians (bar: all, mark: median): below 1, too")
