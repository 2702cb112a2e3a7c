"""Lines of the finished exercise, which the wrong and the other right ones change."""

from __future__ import annotations

SLICE = "return x[:, :, ::stride, ::stride]"
PAD = "return F.pad(x, (0, 0, 0, 0, 0, out_channels - x.shape[1]))"
W_S = "nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False)"
PROJECT = "return self.bn(self.conv(x))\n\n\n# Step 4"
BASIC_1 = "self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)"
BASIC_2 = "return self.bn2(self.conv2(x))"
BASIC_SECOND = """self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

"""
SECOND = """padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3"""
THIRD = "self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)"
REDUCE = "self.conv1 = nn.Conv2d(in_channels, width, 1, stride=stride, bias=False)"
MIDDLE = "x = F.relu(self.bn2(self.conv2(x)))"
RESTORE = "return self.bn3(self.conv3(x))"
SAME = "if in_channels == out_channels and stride == 1:"
ZEROS = "return ZeroPadShortcut(in_channels, out_channels, stride)"
REFUSE = """raise ValueError(f"option must be 'A' or 'B', not {option!r}")"""
SUM = "return F.relu(self.residual(x) + self.shortcut(x))"
SMALL = "self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)\n        self.bn = nn.BatchNorm2d(16)"
STEM = "return F.relu(self.bn(self.conv(x)))"
POOLED = "return self.pool(F.relu(self.bn(self.conv(x))))"
STRIDE = "stride = 2 if stage > 0 and position == 0 else 1"
STATE = "            channels = block.expansion * width\n"
MAKE = "blocks.append(block(channels, width, stride, option))"
RETURN = "return nn.Sequential(*blocks)"
LINEAR = "nn.Linear(in_channels, num_classes)"
CHANNELS = "        self.given = in_channels, out_channels, stride\n"
HEAD = "return self.fc(x.mean(dim=(2, 3)))"

Changes = list[tuple[str, str]]
