"""What the papers mean by a network, as values: the Architecture that `spec/` reads from YAML and `blueprint.py` draws.

Every value stands in `spec/architectures/*.yaml` with its citation (He et al. 2015, Table 1 and section 4.2; He et al.
2016, sections 3 and 4, appendix).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Pool:
    """The stem's max pool. `choices` are the admitted (padding, ceil) pairs, the first the blueprint's own."""

    kernel: int
    stride: int
    output: int
    choices: tuple[tuple[int, bool], ...]


@dataclass(frozen=True, slots=True)
class Stem:
    """First convolution (square kernel, symmetric padding, output size at the standard input) and pool, if any."""

    kernel: int
    filters: int
    stride: int
    padding: int
    output: int
    pool: Pool | None


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks of one output size. `widths` are the filters of a block's convolutions; `stride` is the first block's."""

    name: str
    blocks: int
    widths: tuple[int, ...]
    stride: int
    output: int


@dataclass(frozen=True, slots=True)
class Derived:
    """Exact integers that follow from the tables (FACTS.md section 6), for one shortcut option."""

    parameters: int
    batch_norm_affine: int
    multiply_adds: int
    projections: int

    @property
    def weights(self) -> int:
        """Weights of convolutions and fc, and the fc's biases: what He et al. 2016, Table 4, counts."""
        return self.parameters - self.batch_norm_affine


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as the paper prints it.

    `quantity` is "parameters", "weights" or "multiply_adds"; `digits` the decimals printed of value/unit.
    """

    quantity: str
    value: float
    unit: float
    digits: int
    options: tuple[str, ...]
    cite: tuple[str, ...]
    rule: str  # "rounds" (value rounds to the print) | "within" (|computed - printed| < one unit of the last digit)


@dataclass(frozen=True, slots=True)
class Architecture:
    """One named network.

    `options` are the admitted shortcut options ("A", "B", "C"; ("none",) in a plain net), the first the default.
    `strided` counts the block's convolutions from 1 and says which one carries the stage's stride; `groups` are those
    of its 3x3 convolutions. `paper` names another paper than He et al. whose network a variant is.
    `replaces` maps clauses of the base that do not hold for a variant to the clause that takes their place (None: none
    does). `place` is where a variant's `replaces` stands in the spec: file, line, column.
    """

    name: str
    title: str
    dataset: str  # "imagenet" | "cifar10": whose clauses apply
    generation: str  # "v1" | "v2"
    block: str  # "basic" | "bottleneck"
    kernels: tuple[int, ...]
    strided: int
    channels: int
    size: int
    classes: int
    stem: Stem
    stages: tuple[Stage, ...]
    options: tuple[str, ...]
    depth: int
    derived: Mapping[str, Derived] = field(default_factory=dict)
    printed: tuple[Printed, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    base: str | None = None
    variant: bool = False  # True: no table of He et al. has it
    paper: str = ""
    groups: int = 1
    replaces: Mapping[str, str | None] = field(default_factory=dict)
    cite: tuple[str, ...] = ()
    head: str = "classifier"  # of a backbone that is held against it: "pool", or "none"
    place: tuple[str, int, int] = field(default=("", 0, 0), compare=False, repr=False)

    @property
    def residual(self) -> bool:
        """False for the plain twins."""
        return self.options != ("none",)

    def groups_of(self, position: int) -> int:
        """Groups of a block's convolution, counted from 1: a 1x1 convolution has one."""
        return self.groups if self.kernels[position - 1] > 1 else 1

    @property
    def option(self) -> str:
        """The default shortcut option."""
        return self.options[0]

    def with_option(self, option: str) -> Architecture:
        """The same network with that option alone; itself where the option is not admitted."""
        return replace(self, options=(option,)) if option in self.options else self
