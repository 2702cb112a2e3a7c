"""The network: stem, stages of blocks, global average pooling, one fully-connected layer.

Source: He et al. 2015, arXiv:1512.03385, Table 1, section 3.3 ("The network ends with a global average
pooling layer and a 1000-way fully-connected layer with softmax") and 4.2. The softmax belongs to the
loss: the output are logits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from resnet_impl.blocks import BasicBlockV1, BottleneckV1
from resnet_impl.choices import Fan, ShortcutOption, require_choice, require_count
from resnet_impl.initialization import initialize
from resnet_impl.stems import StemCIFAR, StemImageNetV1

Block = Callable[[int, int, int, ShortcutOption | None], BasicBlockV1 | BottleneckV1]
"""Builds one block from in_channels, width, stride and shortcut option."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One row of Table 1: `blocks` blocks of `width` filters on maps of one size, called `name`."""

    name: str
    width: int
    blocks: int


class ResNetV1(nn.Module):
    """A residual net; with `shortcut` None or "none" its plain twin, in which only the shortcuts are missing.

    `net.stem`, then one attribute for each stage, called as the stage is (conv2_x ... conv5_x), then
    `net.fc`. The blocks of a stage are counted from 0: the paper's conv3_1 is `net.conv3_x[0]`. The
    first stage keeps the map size of the stem; each later one halves it in its first block
    ("downsampling is performed by conv3_1, conv4_1, and conv5_1 with a stride of 2").

    Raises ValueError for an unknown shortcut option or fan, and where a count is below one.
    """

    def __init__(
        self,
        stem: StemImageNetV1 | StemCIFAR,
        block: Block,
        stages: Sequence[Stage],
        shortcut: ShortcutOption | None = "A",
        num_classes: int = 1000,
        fan: Fan = "fan_in",
    ) -> None:
        super().__init__()
        require_choice("shortcut", shortcut, "A", "A-split", "B", "C", "none", None)
        require_count("num_classes", num_classes)
        self.stem = stem
        self.stage_names = tuple(stage.name for stage in stages)
        channels = stem.out_channels
        for index, stage in enumerate(stages):
            require_count(f"the number of blocks of {stage.name}", stage.blocks)
            blocks = []
            for position in range(stage.blocks):
                halves = position == 0 and index > 0
                blocks.append(block(channels, stage.width, 2 if halves else 1, shortcut))
                channels = blocks[-1].out_channels
            self.add_module(stage.name, nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, num_classes)
        initialize(self, fan)

    def features(self, x: Tensor) -> Tensor:
        """The maps of the last stage, (N, C, h, w), for an image (N, in_channels, H, W) of any size."""
        x = self.stem(x)
        for name in self.stage_names:
            x = self.get_submodule(name)(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """(N, in_channels, H, W) -> logits (N, num_classes)."""
        pooled = self.features(x).mean(dim=(2, 3))  # global average pooling: (N, C, h, w) -> (N, C)
        logits: Tensor = self.fc(pooled)
        return logits
