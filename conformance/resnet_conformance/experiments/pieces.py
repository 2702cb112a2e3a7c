"""Blocks cut out of the Graph and run alone: what is given to them, and what is read of them (He et al. 2015, Fig. 2).

Values are computed on demand: with F's last value given, nothing of F is run, so that all blocks of a deep network
together cost milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from hypothesis import strategies as st

from ..blocks import Block, Branch
from ..clauses.case import Case, Result, failed, not_examined, passed
from ..execute import CannotRun
from ..graph import Graph, Shape
from ..layer_kinds import NORMS, POOLS
from .bench import Bench

SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.sampled_from([1.0, 1e-3, 1e3])
ENOUGH = 60  # convolutions that all examples of a property run through together: a deep network gets one example


class Maps:
    """Random feature maps of one example: normal numbers of both signs, the same for the same shape and name."""

    def __init__(self, bench: Bench, seed: int, scale: float = 1.0) -> None:
        self._generator, self._scale = bench.generator(seed), scale
        self._drawn: dict[tuple[str, Shape], torch.Tensor] = {}

    def __call__(self, name: str, shape: Shape) -> torch.Tensor:
        """Values of this name and shape, float64."""
        if (name, shape) not in self._drawn:
            drawn = torch.randn(shape, dtype=torch.float64, generator=self._generator)
            self._drawn[name, shape] = drawn * self._scale
        return self._drawn[name, shape]


class AnyTensors(Mapping[int, torch.Tensor]):
    """A value of the right shape for each tensor that is asked for; `read` are the indices that were."""

    def __init__(self, graph: Graph, generator: torch.Generator) -> None:
        self._graph, self._generator = graph, generator
        self.read: set[int] = set()

    def __getitem__(self, index: int) -> torch.Tensor:
        self.read.add(index)
        return torch.rand(self._graph.tensors[index].shape, dtype=torch.float64, generator=self._generator) + 0.5

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self._graph.tensors)))

    def __len__(self) -> int:
        return len(self._graph.tensors)


def terms_of(block: Block) -> tuple[int, int]:
    """The two nodes that the block's sum adds: F's last value, and the shortcut's (the entry itself in an identity)."""
    residual = [i for i in block.terms if i in block.residual.nodes]
    shortcut = [i for i in block.terms if i not in block.residual.nodes]
    if len(residual) != 1 or len(shortcut) != 1:
        raise CannotRun(f"{block.where} adds {len(block.terms)} terms")
    return residual[0], shortcut[0]


def output_of(block: Block) -> int:
    """The node of y: behind the sum and what closes the block. A pool between two blocks is no part of it."""
    closing = list(block.post)
    while closing and block.graph[closing[-1]].op in POOLS:
        closing.pop()
    return closing[-1] if closing else block.end


def last_layer(branch: Branch) -> int | None:
    """The branch's last convolution or normalization, which every path through it passes."""
    return next((i for i in reversed(branch.chain) if branch.graph[i].op in NORMS | {"conv"}), None)


def residual_blocks(case: Case) -> tuple[Block, ...]:
    """The blocks with a shortcut, at the laboratory's size."""
    return tuple(b for b in bench_of(case).anatomy.blocks if b.shortcut is not None)


def bench_of(case: Case) -> Bench:
    """The case's bench: experiments are not made without one."""
    assert case.bench is not None
    return case.bench


def name_of(case: Case, block: Block) -> str:
    """The paper's name for a block of the laboratory's graph, by its place among the blocks."""
    blocks = bench_of(case).anatomy.blocks
    place = next((p for p, b in enumerate(blocks) if b.end == block.end), None)
    same = len(blocks) == len(case.found.blocks)
    return case.name(case.found.blocks[place]) if same and place is not None else block.where


def examples_for(case: Case) -> int:
    """How many examples of a property that runs the whole network, or all its blocks: fewer, the deeper it is."""
    return max(1, min(3, ENOUGH // max(1, len(case.found.main_convolutions))))


def explored(
    case: Case,
    clause: str,
    prop: Callable[..., None],
    found: str,
    examples: int | None = None,
    **strategies: st.SearchStrategy[object],
) -> Result:
    """Pass with `found` where hypothesis refutes the property with no arguments, else fail with the smallest.

    Without a number of examples there are as many as a network of that depth can bear.
    """
    bench = bench_of(case)
    try:
        counterexample = bench.explore(prop, examples or examples_for(case), **strategies)
    except CannotRun as error:
        return not_examined(f"It cannot be run alone: {error}.")
    if counterexample is None:
        return passed(found)
    refuted = counterexample.refuted
    drawn = ", ".join(f"{key} {value}" for key, value in counterexample.arguments.items())
    shown = f"{refuted.found} (with {drawn})" if drawn else refuted.found
    return failed(refuted.message, refuted.expected, shown, refuted.where, refuted.deviation, bench.repro(clause))


def explored_in(
    case: Case, clause: str, blocks: Sequence[Block], found: str, look: Callable[[Block, Maps, int], None]
) -> Result:
    """As `explored`, of a property that each of these blocks has: `look` gets a block, random maps and their seed."""

    def prop(seed: int, scale: float) -> None:
        maps = Maps(bench_of(case), seed, scale)
        for block in blocks:
            look(block, maps, seed)

    return explored(case, clause, prop, found, seed=SEEDS, scale=SCALES)


def all_texts(case: Case, blocks: Sequence[Block]) -> str:
    """How many blocks were run, for people."""
    total = len(bench_of(case).anatomy.blocks)
    return f"all {total} blocks" if len(blocks) == total else f"{len(blocks)} of {total} blocks"
