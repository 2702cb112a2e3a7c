"""How strongly each 3x3 layer responds: the standard deviation of what it puts out, in a network and its plain twin.

After He et al. 2015, arXiv:1512.03385, section 4.2 and Fig. 7 (p. 8): "standard deviations (std) of layer responses on
CIFAR-10. The responses are the outputs of each 3x3 layer, after BN and before nonlinearity", in the order of the layers
and sorted from the largest to the smallest. The paper prints no numbers; it finds ResNets' generally smaller than plain
nets', and those of deeper ResNets smaller (ResNet-20, 56 and 110).

Measured: one standard deviation, in units of the response, over all images, channels and places of a layer's output, in
eval mode, BN with the statistics of training. The stem is a 3x3 layer, too; 1x1 layers and projections are not.

Not as in the paper: it does not say whether it takes one deviation for a layer, as here, or a mean over channels; where
no BN follows a 3x3 layer directly (pre-activation), its own output is taken, `after_bn` being false. BN with initial
weights puts out deviations of 1, so an untrained network says nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch import Tensor, nn

from resnet_impl.analysis import pictures
from resnet_impl.analysis.arguments import (
    add_image_options,
    add_network_options,
    add_output_options,
    follow,
    read_scene,
)
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.outputs import claim, write_about, write_table

FILES = ("responses.csv", "responses.json", "responses.png")
BATCH = 250  # images at once; the result does not depend on it but for rounding


@dataclass(frozen=True, slots=True)
class Response:
    """Of the 3x3 layer of that name."""

    name: str
    std: float
    after_bn: bool


class _Sums:
    """Mean and standard deviation over batches, in double precision."""

    def __init__(self) -> None:
        self.count, self.total, self.squares, self.after_bn = 0, 0.0, 0.0, False

    def add(self, values: Tensor) -> None:
        self.count += values.numel()
        self.total += float(values.double().sum())
        self.squares += float(values.double().square().sum())

    @property
    def std(self) -> float:
        mean = self.total / self.count
        return float(max(0.0, self.squares / self.count - mean**2) ** 0.5)


@torch.no_grad()
def measure(network: Network, x: Tensor) -> list[Response]:
    """Of every 3x3 layer in the order of computation, for inputs (N, 3, H, W).

    A BN is a layer's own when it is given the very tensor that the layer puts out. Raises AnalysisError where there is
    no 3x3 layer.
    """
    sums: dict[str, _Sums] = {}
    waiting: dict[int, tuple[str, Tensor]] = {}  # by the id of a 3x3 layer's output, which is kept so that ids stay

    def convolved(name: str, out: Tensor) -> None:
        waiting[id(out)] = name, out
        sums.setdefault(name, _Sums())

    def normalised(given: Tensor, out: Tensor) -> None:
        if id(given) in waiting:
            name, _ = waiting.pop(id(given))
            sums[name].after_bn = True
            sums[name].add(out)

    hooks = []
    for name, module in network.net.named_modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
            hooks.append(module.register_forward_hook(lambda _, given, out, name=name: convolved(name, out)))
        elif isinstance(module, nn.BatchNorm2d):
            hooks.append(module.register_forward_hook(lambda _, given, out: normalised(given[0], out)))
    try:
        for start in range(0, len(x), BATCH):
            waiting.clear()
            network.net(x[start : start + BATCH])
            for name, out in waiting.values():
                sums[name].add(out)
    finally:
        for hook in hooks:
            hook.remove()
    if not sums:
        raise AnalysisError(f"{network.label} has no 3x3 convolution")
    return [Response(name, found.std, found.after_bn) for name, found in sums.items()]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Of this verb."""
    add_network_options(parser)
    add_image_options(parser, usual=1000, quick=100)
    add_output_options(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """The verb; the exit code. Raises AnalysisError, DataError, TrainingError."""
    claim(options.output, FILES, options.overwrite)
    scene = read_scene(options, console)
    found: dict[str, list[Response]] = {}
    for network in follow(scene.networks, "networks", console):
        found[_new(network.label, found)] = measure(network, scene.images.of(network))
    rows = []
    for label, responses in found.items():
        ranks = sorted(range(len(responses)), key=lambda i: -responses[i].std)
        for layer, response in enumerate(responses):
            rank = ranks.index(layer) + 1
            rows.append(
                {"network": label, "layer": layer + 1, "name": response.name, "std": response.std, "rank": rank}
                | {"after_bn": response.after_bn}
            )
    write_table(options.output / FILES[0], rows)
    means = {label: sum(r.std for r in responses) / len(responses) for label, responses in found.items()}
    write_about(options.output / FILES[1], "responses", options.given, {**scene.about, "mean_std": means})
    draw(found, options.output / FILES[2], pictures.warning_of(scene.networks, scene.images))
    for label, mean in means.items():
        console.print(f"{label}: standard deviation {mean:.3g}, the mean over 3x3 layers", soft_wrap=True)
    return 0


def _new(label: str, known: dict[str, Any]) -> str:
    """Two checkpoints of one model have one label."""
    return label if label not in known else f"{label} ({len(known) + 1})"


@pictures.styled
def draw(found: dict[str, list[Response]], path: Path, warning: str) -> None:
    """Two panels, one over the other, as in Fig. 7: in order, and sorted. Raises TrainingError."""
    figure, axes = pictures.panels(2, 1, width=8.5, height=3.2)
    top, bottom = axes[0, 0], axes[1, 0]
    for number, (label, responses) in enumerate(found.items()):
        look = pictures.looks(number)
        if len(responses) > 40:
            look["marker"] = ""
        stds = [response.std for response in responses]
        top.plot(range(1, len(stds) + 1), stds, **look, label=label)
        bottom.plot(range(1, len(stds) + 1), sorted(stds, reverse=True), **look)
    top.set(xlabel="3x3 layer, in order", ylabel="std of responses")
    bottom.set(xlabel="3x3 layer, sorted by magnitude", ylabel="std of responses")
    for axis in (top, bottom):
        axis.set_ylim(bottom=0)
        axis.xaxis.get_major_locator().set_params(integer=True)
    top.legend()
    title = "Layer responses after BN, before ReLU and addition (He et al. 2015, Fig. 7)"
    pictures.finish(figure, path, title, warning)
