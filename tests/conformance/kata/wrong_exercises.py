"""Wrong exercises, one or more for each trap of the kata, and some that are right in another way."""

from __future__ import annotations

# What stands in the finished exercise.
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

# name of the case: step, what is changed, the trap, the clause that is quoted
WRONG: dict[str, tuple[int, Changes, str, str]] = {
    "subsample returns nothing": (1, [(SLICE, "x[:, :, ::stride, ::stride]")], "returns-nothing", "SC-06"),
    "average": (1, [(SLICE, "return F.avg_pool2d(x, stride, ceil_mode=True)")], "sampling-averages", "SC-16"),
    "from row 1": (
        1,
        [(SLICE, "return x[:, :, stride - 1 :: stride, stride - 1 :: stride]")],
        "sampling-phase",
        "SC-16",
    ),
    "channels sampled": (1, [(SLICE, "return x[:, ::stride, ::stride]")], "sampling-axis", "SC-06"),
    "no sampling": (1, [(SLICE, "return x")], "stride-forgotten", "SC-06"),
    "always every second": (1, [(SLICE, "return x[:, :, ::2, ::2]")], "stride-fixed", "SC-06"),
    "one axis": (1, [(SLICE, "return x[:, :, ::stride]")], "sampling-axis", "SC-06"),
    "rounded down": (
        1,
        [(SLICE, "return F.interpolate(x, scale_factor=1 / stride, mode='nearest')")],
        "sampling-rounds",
        "SC-06",
    ),
    "one column": (1, [(SLICE, "return x[:, :, ::stride, stride]")], "sampling-index", "SC-06"),
    "a corner": (
        1,
        [(SLICE, "return x[:, :, : -(-x.shape[2] // stride), : -(-x.shape[3] // stride)]")],
        "sampling-crop",
        "SC-06",
    ),
    "zeros before": (
        2,
        [(PAD, PAD.replace("0, out_channels - x.shape[1]", "out_channels - x.shape[1], 0"))],
        "padding-side",
        "SC-17",
    ),
    "wider map": (2, [(PAD, "return F.pad(x, (0, out_channels - x.shape[1]))")], "padding-axis", "SC-03"),
    "padded by all": (2, [(PAD, "return F.pad(x, (0, 0, 0, 0, 0, out_channels))")], "padding-count", "SC-03"),
    "no padding": (2, [(PAD, "return x")], "padding-nothing", "SC-03"),
    "doubled": (2, [(PAD, "return torch.cat((x, torch.zeros_like(x)), 1)")], "padding-fixed", "SC-03"),
    "copies": (
        2,
        [(PAD, "return x if out_channels == x.shape[1] else torch.cat((x, x), 1)")],
        "padding-no-zeros",
        "SC-03",
    ),
    "joined along the batch": (
        2,
        [(PAD, "return torch.cat((x, torch.zeros_like(x[:, : out_channels - x.shape[1]])))")],
        "padding-axis",
        "SC-03",
    ),
    "zeros of float32": (
        2,
        [(PAD, "n, c, h, w = x.shape\n    return torch.cat((x, torch.zeros(n, out_channels - c, h, w)), 1)")],
        "padding-type",
        "SC-03",
    ),
    "projection without BN": (
        3,
        [(PROJECT, PROJECT.replace("self.bn(self.conv(x))", "self.conv(x)"))],
        "missing-bn",
        "SC-14",
    ),
    "projection with ReLU": (
        3,
        [(PROJECT, PROJECT.replace("self.bn(self.conv(x))", "F.relu(self.bn(self.conv(x)))"))],
        "relu-on-shortcut",
        "SC-15",
    ),
    "projection without stride": (3, [(W_S, W_S.replace("stride=stride, ", ""))], "stride-forgotten", "SC-06"),
    "projection with bias": (3, [(W_S, W_S.replace(", bias=False", ""))], "bias", "CB-01"),
    "projection with padding": (3, [(W_S, W_S.replace("1, stride", "1, padding=1, stride"))], "kernel", "SC-04"),
    "projection of 2x2": (
        3,
        [(W_S, "nn.Conv2d(in_channels, out_channels, stride, bias=False)")],
        "kernel",
        "SC-04",
    ),
    "projection without stride or padding": (
        3,
        [(W_S, "nn.Conv2d(in_channels, out_channels, 1, padding='valid', bias=False)")],
        "stride-forgotten",
        "SC-06",
    ),
    "projection in a list": (
        3,
        [
            (
                f"        self.conv = {W_S}\n        self.bn = nn.BatchNorm2d(out_channels)\n",
                f"        self.all = [{W_S}, nn.BatchNorm2d(out_channels)]\n",
            ),
            (PROJECT, PROJECT.replace("self.bn(self.conv(x))", "self.all[1](self.all[0](x))")),
        ],
        "python-list",
        "",
    ),
    "projection made in forward": (
        3,
        [
            (f"        self.conv = {W_S}\n        self.bn = nn.BatchNorm2d(out_channels)\n", CHANNELS),
            (
                PROJECT,
                PROJECT.replace(
                    "return self.bn(self.conv(x))",
                    "in_channels, out_channels, stride = self.given\n"
                    f"        return nn.BatchNorm2d(out_channels)({W_S}(x))",
                ),
            ),
        ],
        "made-in-forward",
        "",
    ),
    "F without a BN": (4, [(BASIC_2, "return self.conv2(x)")], "missing-bn", "BN-01"),
    "one BN twice": (4, [(BASIC_2, "return self.bn1(self.conv2(x))")], "bn-count", "BN-02"),
    "bottleneck without a BN": (4, [(MIDDLE, "x = F.relu(self.conv2(x))")], "missing-bn", "BN-01"),
    "ReLU at the end of F": (
        4,
        [(BASIC_2, "return F.relu(self.bn2(self.conv2(x)))")],
        "relu-before-addition",
        "BLK-04",
    ),
    "ReLU at the end of a bottleneck": (
        4,
        [(RESTORE, "return F.relu(self.bn3(self.conv3(x)))")],
        "relu-before-addition",
        "BLK-04",
    ),
    "no ReLU between": (
        4,
        [
            (
                "x = F.relu(self.bn1(self.conv1(x)))\n        " + BASIC_2,
                "x = self.bn1(self.conv1(x))\n        " + BASIC_2,
            )
        ],
        "block-layers",
        "BLK-02",
    ),
    "no ReLU in a bottleneck": (4, [(MIDDLE, "x = self.bn2(self.conv2(x))")], "bottleneck-relus", "BTN-03"),
    "expansion forgotten in F": (
        4,
        [
            (THIRD, "self.conv3 = nn.Conv2d(width, width, 1, bias=False)"),
            ("self.bn3 = nn.BatchNorm2d(4 * width)", "self.bn3 = nn.BatchNorm2d(width)"),
        ],
        "expansion",
        "BTN-02",
    ),
    "four times the wrong channels": (
        4,
        [
            (THIRD, "self.conv3 = nn.Conv2d(width, 4 * in_channels, 1, bias=False)"),
            ("self.bn3 = nn.BatchNorm2d(4 * width)", "self.bn3 = nn.BatchNorm2d(4 * in_channels)"),
        ],
        "expansion",
        "BTN-02",
    ),
    "stride forgotten in F": (4, [(BASIC_1, BASIC_1.replace("stride=stride, ", ""))], "stride-forgotten", "STG-08"),
    "stride on both": (
        4,
        [(BASIC_SECOND, BASIC_SECOND.replace("3, padding", "3, stride=stride, padding"))],
        "stride-twice",
        "BLK-07",
    ),
    "stride on the second": (
        4,
        [
            (BASIC_1, BASIC_1.replace("stride=stride, ", "")),
            (BASIC_SECOND, BASIC_SECOND.replace("3, padding", "3, stride=stride, padding")),
        ],
        "stride-place",
        "BLK-07",
    ),
    "stride on the 3x3": (
        4,
        [(REDUCE, REDUCE.replace("stride=stride, ", "")), (SECOND, f"stride=stride, {SECOND}")],
        "stride-place-bottleneck",
        "BTN-04",
    ),
    "no padding of a 3x3": (4, [(BASIC_1, BASIC_1.replace("padding=1, ", ""))], "padding-missing", "STG-10"),
    "stride alone": (5, [(SAME, "if stride == 1:")], "choice-by-stride", "SC-11"),
    "channels alone": (5, [(SAME, "if in_channels == out_channels:")], "choice-by-channels", "SC-06"),
    "always projects": (
        5,
        [(SAME, "if option == 'A' and in_channels == out_channels and stride == 1:")],
        "projection-everywhere",
        "SC-01",
    ),
    "A projects": (5, [(ZEROS, "return Projection(in_channels, out_channels, stride)")], "option-ignored", "SC-03"),
    "B pads": (5, [("return Projection(in_channels, out_channels, stride)", ZEROS)], "option-ignored", "SC-04"),
    "a class": (5, [("return nn.Identity()", "return nn.Identity")], "", ""),
    "an error that is returned": (5, [(REFUSE, REFUSE.replace("raise", "return"))], "option-unknown", ""),
    "stride as a number": (
        5,
        [(ZEROS, "return ZeroPadShortcut(in_channels, out_channels, 2)")],
        "stride-fixed",
        "",
    ),
    "an option that a table does not have": (5, [(REFUSE, "raise KeyError(option)")], "option-unknown", ""),
    "an option that is looked at behind the identity": (
        5,
        [
            (
                'if option not in ("A", "B"):',
                'if option not in ("A", "B") and (in_channels != out_channels or stride > 1):',
            )
        ],
        "option-unknown",
        "",
    ),
    "any option": (5, [(REFUSE, "pass")], "option-unknown", ""),
    "ReLU before the addition": (
        6,
        [(SUM, "return F.relu(self.residual(x)) + self.shortcut(x)")],
        "relu-before-addition",
        "BLK-04",
    ),
    "ReLU before and after": (
        6,
        [(SUM, "return F.relu(F.relu(self.residual(x)) + self.shortcut(x))")],
        "relu-before-addition",
        "BLK-04",
    ),
    "no ReLU after": (6, [(SUM, "return self.residual(x) + self.shortcut(x)")], "relu-missing", "BLK-03"),
    "ReLU on the shortcut": (
        6,
        [(SUM, "return F.relu(self.residual(x) + F.relu(self.shortcut(x)))")],
        "relu-on-shortcut",
        "SC-15",
    ),
    "no shortcut": (6, [(SUM, "return F.relu(self.residual(x))")], "shortcut-forgotten", "BLK-01"),
    "x for the shortcut": (6, [(SUM, "return F.relu(self.residual(x) + x)")], "shortcut-unused", "SC-04"),
    "concatenated": (
        6,
        [(SUM, "return F.relu(torch.cat((self.residual(x), self.shortcut(x)), 1))")],
        "not-added",
        "BLK-01",
    ),
    "x overwritten": (
        6,
        [(SUM, "f_x = self.residual(x)\n        s = self.shortcut(x)\n        s += f_x\n        return F.relu(s)")],
        "input-changed",
        "SC-15",
    ),
    "F for x": (
        6,
        [(SUM, "x = self.residual(x)\n        return F.relu(x + self.shortcut(x))")],
        "both-read-x",
        "BLK-01",
    ),
    "shortcut for x": (
        6,
        [(SUM, "x = self.shortcut(x)\n        return F.relu(x + self.residual(x))")],
        "both-read-x",
        "BLK-01",
    ),
    "x rectified in place": (
        6,
        [(SUM, "F.relu_(x)\n        " + SUM)],
        "input-changed",
        "SC-15",
    ),
    "block returns nothing": (6, [(SUM, SUM.replace("return ", ""))], "returns-nothing", "BLK-01"),
    "CIFAR stem with stride": (
        7,
        [(SMALL, SMALL.replace("padding=1", "stride=2, padding=1"))],
        "stem-shrinks",
        "STEM-07",
    ),
    "CIFAR stem with 64": (7, [(SMALL, SMALL.replace("16", "64"))], "stem-width", "STEM-06"),
    "pool without padding": (7, [("nn.MaxPool2d(3, 2, padding=1)", "nn.MaxPool2d(3, 2)")], "stem-border", "STEM-04"),
    "7x7 without padding": (7, [("7, stride=2, padding=3", "7, stride=2")], "stem-border", "STEM-04"),
    "ImageNet stem without pool": (7, [(POOLED, STEM)], "stem-pool", "STEM-04"),
    "ImageNet stem without ReLU": (7, [(POOLED, "return self.pool(self.bn(self.conv(x)))")], "stem-order", "STEM-03"),
    "stem without BN": (7, [(POOLED, "return self.pool(F.relu(self.conv(x)))")], "missing-bn", "BN-01"),
    "channel state": (
        8,
        [(STATE, ""), (RETURN, "channels = block.expansion * widths[-1]\n    " + RETURN)],
        "channel-state",
        "STG-12",
    ),
    "channel state after the stage": (8, [(STATE, STATE[4:])], "channel-state", "STG-12"),
    "expansion forgotten": (8, [(STATE, "            channels = width\n")], "expansion", "BTN-02"),
    "stride on every block": (8, [(STRIDE, "stride = 2 if stage > 0 else 1")], "stride-every-block", "STG-13"),
    "stride in the first stage": (8, [(STRIDE, "stride = 2 if position == 0 else 1")], "stride-first-stage", "STG-13"),
    "no stride": (8, [(STRIDE, "stride = 1")], "stride-forgotten", "STG-13"),
    "one block less": (
        8,
        [("for position in range(count):", "for position in range(1, count):")],
        "block-count",
        "SC-10",
    ),
    "stride on the second block": (
        8,
        [(STRIDE, "stride = 2 if stage > 0 and position == 1 else 1")],
        "stride-wrong-block",
        "STG-13",
    ),
    "one block several times, in a list": (
        8,
        [
            (
                MAKE,
                "made = block(channels, width, stride, option) if position < 2 else made\n"
                "            blocks.append(made)",
            ),
            (RETURN, "return blocks"),
        ],
        "block-shared",
        "SC-10",
    ),
    "one block several times": (
        8,
        [
            (
                MAKE,
                "made = block(channels, width, stride, option) if position < 2 else made\n"
                "            blocks.append(made)",
            )
        ],
        "block-shared",
        "SC-10",
    ),
    "width times expansion": (
        8,
        [(MAKE, "blocks.append(block(channels, block.expansion * width, stride, option))")],
        "block-width",
        "STG-12",
    ),
    "option left out": (8, [(MAKE, "blocks.append(block(channels, width, stride))")], "option-ignored", "SC-09"),
    "a list": (8, [(RETURN, "return blocks")], "python-list", ""),
    "softmax": (9, [(HEAD, "return torch.softmax(self.fc(x.mean(dim=(2, 3))), 1)")], "softmax-in-head", "HD-02"),
    "pool of 8": (9, [(HEAD, "return self.fc(torch.flatten(F.avg_pool2d(x, 8), 1))")], "head-fixed-size", "HD-05"),
    "maximum": (9, [(HEAD, "return self.fc(x.amax(dim=(2, 3)))")], "head-pool", "HD-01"),
    "flattened with the batch": (
        9,
        [(HEAD, "return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1)))")],
        "head-batch",
        "HD-02",
    ),
    "ten classes always": (9, [(LINEAR, "nn.Linear(in_channels, 10)")], "figures-fixed", "HD-02"),
    "64 channels always": (9, [(LINEAR, "nn.Linear(64, num_classes)")], "figures-fixed", "HD-02"),
    "batch averaged": (9, [(HEAD, "return self.fc(x.mean(dim=(0, 2, 3)))")], "head-batch", "HD-02"),
}


RIGHT: dict[str, tuple[int, Changes]] = {
    "zeros that are moved to x": (
        2,
        [(PAD, "n, c, h, w = x.shape\n    return torch.cat((x, torch.zeros(n, out_channels - c, h, w).to(x)), 1)")],
    ),
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
