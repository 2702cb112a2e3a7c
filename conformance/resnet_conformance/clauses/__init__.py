"""The checks: one module per chapter of the spec, each check tied to its clause id. None of them imports torch or capture."""

from __future__ import annotations

from . import (
    activations,
    biases,
    blocks,
    bottleneck,
    counts,
    head,
    normalization,
    plain,
    scaling,
    shortcuts,
    stages,
    stem,
    zero_padding,
)
from .case import CHECKS, Case, Check, Result

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Result",
    "activations",
    "biases",
    "blocks",
    "bottleneck",
    "counts",
    "head",
    "normalization",
    "plain",
    "scaling",
    "shortcuts",
    "stages",
    "stem",
    "zero_padding",
]
