"""The small network that stands around a part while it is judged: what is missing for a ResNet of one stage.

Stem, the part's own block and one more, head: He et al. 2015, Fig. 2, Fig. 5 and section 3.3, after the clauses of the
spec. Everything but the part is the paper's, so that whatever a clause finds, it finds in the part.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..capture.outputs import main_output

JUDGED = "judged_part"  # the part's name among the modules
AROUND = "surroundings"


@dataclass(frozen=True, slots=True)
class Form:
    """What the part is in a network: its kind, the filters before it and of its block's convolutions, its stride."""

    kind: str  # "shortcut" | "block" | "stem" | "head"
    channels: int  # that reach the first block
    widths: tuple[int, ...]  # of each block's convolutions
    stride: int  # of the first block
    classes: int = 10
    projects: bool = False  # option C: the second block projects, too


def _layer(kernel: int, channels: int, filters: int, stride: int = 1) -> nn.Sequential:
    """Convolution and BN."""
    convolution = nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(filters))


class Residual(nn.Module):
    """F: two 3x3, or 1x1, 3x3, 1x1, the stride on the first."""

    def __init__(self, channels: int, widths: tuple[int, ...], stride: int) -> None:
        super().__init__()
        kernels = (3, 3) if len(widths) == 2 else (1, 3, 1)
        sources = (channels, *widths[:-1])
        strides = (stride, *(1 for _ in widths[1:]))
        self.layers = nn.ModuleList(
            _layer(k, source, w, s) for k, source, w, s in zip(kernels, sources, widths, strides, strict=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, widths[-1], ceil(H / stride), ceil(W / stride))."""
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        f_x: Tensor = self.layers[-1](x)
        return f_x


class Around(nn.ModuleDict):
    """The layers of the surroundings by name."""


class Surroundings(nn.Module):
    """The part in its place. Images go in, logits come out."""

    def __init__(self, part: nn.Module, form: Form) -> None:
        super().__init__()
        self.form = form
        around = Around()
        width = form.widths[-1]
        if form.kind != "stem":
            around["stem"] = _layer(3, 3, form.channels)
            around["pool"] = nn.MaxPool2d(3, 2, 1)
        self.add_module(JUDGED, part)
        first = form.channels
        if form.kind in ("shortcut", "block"):
            first = width
        if form.kind == "shortcut":
            around["residual"] = Residual(form.channels, form.widths, form.stride)
        around["block"] = Residual(first, form.widths, 1)
        if form.projects:
            around["projection"] = _layer(1, width, width)
        if form.kind != "head":
            around["fc"] = nn.Linear(width, form.classes)
        self.add_module(AROUND, around)

    def _part(self, x: Tensor) -> Tensor:
        return main_output(getattr(self, JUDGED)(x), x.shape[0])

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, classes); a stem may take other channels."""
        around, kind = getattr(self, AROUND), self.form.kind
        x = self._part(x) if kind == "stem" else around["pool"](torch.relu(around["stem"](x)))
        if kind == "block":
            x = self._part(x)
        elif kind == "shortcut":
            x = torch.relu(around["residual"](x) + self._part(x))
        shortcut = around["projection"](x) if self.form.projects else x
        x = torch.relu(around["block"](x) + shortcut)
        if kind == "head":
            return self._part(x)
        logits: Tensor = around["fc"](x.mean((2, 3)))
        return logits
