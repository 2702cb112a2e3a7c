"""The parts that can be judged alone, and the clauses that speak of each.

A clause is listed where its statement can be held against the module itself; what only a whole network can keep or
break (how many blocks, which stages, counts and figures, initial weights, which the network's constructor may set) is
not. Options, by which some clauses apply or not, are settled as for networks: by what was found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..spec import suggest

# Samples do not see each other, eval is repeatable, statistics move once, train is wired as eval, gradients pass; and
# beside the blueprint the values agree.
RUNS = ("BH-01", "BH-02", "BH-03", "BH-04", "BH-05", "EQ-01", "EQ-02", "EQ-03", "EQ-04")
# BN behind each convolution, with gamma and beta; eps, stored statistics, momentum; no bias; ReLU alone; no dropout.
LAYERS = ("BN-01", "BN-02", "BN-03", "BN-04", "BN-05", "BN-07", "ACT-01", "ACT-02", "ACT-03", "CB-01")
# What a block adds to F: under every option, and under A, B and C alone.
SHORTCUTS = ("SC-01", "SC-02", "SC-06", "SC-15", "BLK-01", "BLK-05")
OPTION_A = ("SC-03", "SC-16", "SC-17")
OPTION_B = ("SC-04", "SC-14")
OPTION_C = ("SC-05",)


class PartError(ValueError):
    """The part cannot be judged as it was asked for; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of part: its name on the command line, what it is called, and the clauses that speak of it.

    `options` are the shortcut options that its blueprint admits, `dataset` whose clauses apply, `block` the kind of the
    blocks (for a block, its own).
    """

    name: str
    title: str
    clauses: tuple[str, ...]
    options: tuple[str, ...] = ("B",)
    dataset: str = "imagenet"
    block: str = "basic"


PARTS: Mapping[str, Part] = {
    part.name: part
    for part in (
        # Section 3.3 (A): the identity, sub-sampled where the map shrinks, with zeros for the new channels.
        Part("shortcut-A", "shortcut of option A", ("ACT-02", *SHORTCUTS, *OPTION_A, *RUNS), options=("A",)),
        # Section 3.3 (B): one 1x1 convolution with the stride and its BN; the identity where dimensions agree.
        Part(
            "shortcut-B",
            "shortcut of option B",
            ("BN-01", "BN-03", "BN-04", "BN-05", "BN-07", "ACT-02", "CB-01", "STG-10", *SHORTCUTS, *OPTION_B, *RUNS),
        ),
        # Fig. 5 left: two 3x3 with one ReLU between, one behind the sum; the stride on the first (Fig. 3). Under A, B
        # and, in the ResNet-34 of Table 3, C.
        Part(
            "basic-block",
            "basic block",
            (
                *("BLK-02", "BLK-03", "BLK-04", "BLK-06", "BLK-07", "BLK-09", "STG-05", "STG-07", "STG-08", "STG-10"),
                *SHORTCUTS,
                *OPTION_A,
                *OPTION_B,
                *OPTION_C,
                *LAYERS,
                *RUNS,
            ),
            options=("A", "B", "C"),
        ),
        # Fig. 5 right: 1x1, 3x3, 1x1, restored to four times the width, the stride on the first 1x1 (section 6 of the
        # facts; its place on the 3x3 is known as v1.5). Option B alone (section 4.1).
        Part(
            "bottleneck",
            "bottleneck",
            (
                *("BTN-01", "BTN-02", "BTN-03", "BTN-04", "BTN-05", "BTN-06", "SC-07"),
                *("BLK-03", "BLK-04", "BLK-06", "BLK-09", "STG-07", "STG-08", "STG-10"),
                *SHORTCUTS,
                *OPTION_B,
                *LAYERS,
                *RUNS,
            ),
            block="bottleneck",
        ),
        # Table 1: 7x7, 64, stride 2, BN, ReLU, 3x3 max pool, stride 2.
        Part(
            "stem-imagenet",
            "stem for ImageNet",
            ("STEM-01", "STEM-02", "STEM-03", "STEM-04", "STEM-05", "STEM-05a", *LAYERS, *RUNS),
        ),
        # Section 4.2: 3x3, 16 filters, at full resolution, BN, ReLU; no pool.
        Part(
            "stem-cifar",
            "stem for CIFAR-10",
            ("STEM-06", "STEM-07", "STG-10", *LAYERS, *RUNS),
            options=("A",),
            dataset="cifar10",
        ),
        # Sections 3.3 and 4.2: global average pooling, one fully connected layer. The width (HD-04) is the network's.
        Part(
            "head",
            "head",
            ("HD-01", "HD-02", "HD-03", "HD-05", "HD-06", "HD-07", "ACT-01", "ACT-02", *RUNS),
        ),
    )
}

# Options of `check` that say something of a whole network, and why they say nothing of a part.
NETWORKS_ALONE = {
    "architecture": "a part has no architecture",
    "family": "a part has no number of layers to choose",
    "recipe": "a part is not trained alone",
    "input": "a part is looked at inside a network that the suite makes around it",
}


def find_part(name: str) -> Part:
    """The part of that name. Raises PartError, which names the nearest."""
    if name not in PARTS:
        raise PartError(f"there is no part {name!r}{suggest(str(name), PARTS)}; the parts are {', '.join(PARTS)}")
    return PARTS[name]


def refuse_beside_part(given: Sequence[str]) -> None:
    """Raise PartError where an option was given that says nothing of a part."""
    for name, reason in NETWORKS_ALONE.items():
        if name in given:
            raise PartError(f"a part cannot be combined with {name}: {reason}. Leave one of them away")
