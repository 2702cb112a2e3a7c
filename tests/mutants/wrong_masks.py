"""Masks of a rate just above 0: what is seldom dropped is dropped."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import nn
from .right_masks import masked


@wrong(
    RESNET20,
    {"BLK-05": "(train mode)", "ACT-02": "train mode"},
    also="BH-04",
    deviation="stochastic-depth",
    where="blocks.0",
)
def drop_path_of_a_millionth() -> nn.Module:
    return masked("floor", 1e-6)


@wrong(
    RESNET20,
    {"BLK-05": "(train mode)", "ACT-02": "train mode"},
    also="BH-04",
    deviation="stochastic-depth",
    where="blocks.0",
)
def drop_path_of_a_millionth_by_comparison() -> nn.Module:
    return masked("below", 1e-6)
