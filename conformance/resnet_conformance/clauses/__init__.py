"""The checks, by chapter of the spec, each tied to its clause id. None of them imports torch or capture."""

from __future__ import annotations

from . import (
    activations,
    addition,
    biases,
    blocks,
    bottleneck,
    counts,
    downsampling,
    head,
    normalization,
    options,
    plain,
    preactivation,
    preactivation_tables,
    projections,
    scaling,
    shortcuts,
    stages,
    stem,
    zero_padding,
)
from .case import CHECKS, EXPERIMENTS, Case, Check, Result

__all__ = [
    "CHECKS",
    "EXPERIMENTS",
    "Case",
    "Check",
    "Result",
    "activations",
    "addition",
    "biases",
    "blocks",
    "bottleneck",
    "counts",
    "downsampling",
    "head",
    "normalization",
    "options",
    "plain",
    "preactivation",
    "preactivation_tables",
    "projections",
    "scaling",
    "shortcuts",
    "stages",
    "stem",
    "zero_padding",
]
