"""Wrong exercises of steps 1 to 5, the parts of a block: one or more for each trap of the kata."""

from __future__ import annotations

from tests.conformance.kata.written_lines import (
    BASIC_1,
    BASIC_2,
    BASIC_SECOND,
    CHANNELS,
    MIDDLE,
    PAD,
    PROJECT,
    REDUCE,
    REFUSE,
    RESTORE,
    SAME,
    SECOND,
    SLICE,
    THIRD,
    W_S,
    ZEROS,
    Changes,
)

# name of the case: step, what is changed, the trap, the clause that is quoted
WRONG_PARTS: dict[str, tuple[int, Changes, str, str]] = {
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
    "1x1 with padding in F": (4, [(REDUCE, REDUCE.replace("1, stride", "1, padding=1, stride"))], "kernel", ""),
    "BN made in forward": (
        4,
        [(BASIC_2, "return nn.BatchNorm2d(x.shape[1])(self.conv2(x))")],
        "made-in-forward",
        "",
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
}
