"""Wrong exercises of steps 6 to 9, the block and the network: one or more for each trap of the kata."""

from __future__ import annotations

from tests.conformance.kata.written_lines import (
    HEAD,
    LINEAR,
    MAKE,
    POOLED,
    RETURN,
    SMALL,
    STATE,
    STEM,
    STRIDE,
    SUM,
    Changes,
)

# name of the case: step, what is changed, the trap, the clause that is quoted
WRONG_NETWORKS: dict[str, tuple[int, Changes, str, str]] = {
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
