"""ResNets of any stem, written for tests: bottlenecks with the stride on the 3x3, or basic blocks."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


def layer(cin: int, cout: int, kernel: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(cout), nn.ReLU())


class Block(nn.Module):
    """A bottleneck, or without middle a basic block; `shortcut` False leaves the addition out."""

    def __init__(self, cin: int, middle: int, cout: int, stride: int, bottleneck: bool, shortcut: bool = True) -> None:
        super().__init__()
        parts = [layer(cin, middle, 1), layer(middle, middle, 3, stride), layer(middle, cout, 1)]
        parts = parts if bottleneck else [layer(cin, middle, 3, stride), layer(middle, cout, 3)]
        self.residual = nn.Sequential(*parts[:-1], *parts[-1][:2])
        self.project = nn.Sequential(*layer(cin, cout, 1, stride)[:2]) if cin != cout or stride > 1 else nn.Identity()
        self.shortcut, self.relu = shortcut, nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.residual(x)
        return self.relu(y + self.project(x) if self.shortcut else y)


def network(
    stem: list[nn.Module],
    bottleneck: bool = True,
    lost: int | Sequence[int] | None = None,
    counts: tuple[int, int, int, int] = (3, 4, 6, 3),
) -> nn.Module:
    """ResNet-50 or ResNet-34 behind that stem, which ends with 64 channels; `lost` blocks (of all) have no shortcut."""
    blocks: list[nn.Module] = []
    gone = [lost] if isinstance(lost, int) else lost or []
    channels, expansion = 64, 4 if bottleneck else 1
    for stage, (width, count) in enumerate(zip((64, 128, 256, 512), counts, strict=True)):
        for index in range(count):
            stride = 2 if stage and not index else 1
            shortcut = len(blocks) not in gone
            blocks.append(Block(channels, width, width * expansion, stride, bottleneck, shortcut))
            channels = width * expansion
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))
