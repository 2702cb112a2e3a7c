"""Exercises that are right in another way than the cookbook's."""

from __future__ import annotations

from tests.conformance.kata.written_lines import HEAD, PAD, RETURN, SLICE, STEM, SUM, Changes

RIGHT: dict[str, tuple[int, Changes]] = {
    "zeros that are moved to x": (
        2,
        [(PAD, "n, c, h, w = x.shape\n    return torch.cat((x, torch.zeros(n, out_channels - c, h, w).to(x)), 1)")],
    ),
    "layers that a list names, too": (
        3,
        [
            (
                "        self.bn = nn.BatchNorm2d(out_channels)\n\n    def forward(self, x):\n        return self.bn",
                "        self.bn = nn.BatchNorm2d(out_channels)\n        self.all = [self.conv, self.bn]\n\n"
                "    def forward(self, x):\n        return self.bn",
            )
        ],
    ),
    "a ReLU that is made in forward": (7, [(STEM, "return nn.ReLU()(self.bn(self.conv(x)))")]),
    "blocks under two names": (
        8,
        [
            (
                RETURN,
                "class Stages(nn.Module):\n"
                "        def __init__(self):\n"
                "            super().__init__()\n"
                "            self.parts = nn.ModuleList(blocks)\n"
                "            self.last = self.parts[-1]\n\n"
                "        def forward(self, x):\n"
                "            for part in self.parts:\n"
                "                x = part(x)\n"
                "            return x\n\n"
                "    return Stages()",
            )
        ],
    ),
    "zeros on both sides": (
        2,
        [(PAD, "n = (out_channels - x.shape[1]) // 2\n    return F.pad(x, (0, 0, 0, 0, n, n))")],
    ),
    "cat": (
        2,
        [
            (
                PAD,
                "n, c, *size = x.shape\n    return torch.cat((x, x.new_zeros(n, out_channels - c, *size)), 1)",
            )
        ],
    ),
    "pool as sampling": (1, [(SLICE, "return F.max_pool2d(x, 1, stride)")]),
    "sum in place": (
        6,
        [(SUM, "out = self.residual(x)\n        out += self.shortcut(x)\n        return F.relu_(out)")],
    ),
    "Caffe's pool": (7, [("nn.MaxPool2d(3, 2, padding=1)", "nn.MaxPool2d(3, 2, ceil_mode=True)")]),
    "adaptive pool": (9, [(HEAD, "return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))")]),
}
