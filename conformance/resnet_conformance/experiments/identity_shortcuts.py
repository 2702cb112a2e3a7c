"""SC-01, 02, 15: what a shortcut without parameters does to x: nothing (He et al. 2015, section 3.2, 3.3, Eqn 2)."""

from __future__ import annotations

import torch

from ..blocks import Block
from ..clauses.case import Case, Result, examines, not_applicable
from ..execute import evaluate
from .bench import Refuted
from .pieces import (
    SEEDS,
    AnyTensors,
    Maps,
    all_texts,
    bench_of,
    explored,
    explored_in,
    last_layer,
    name_of,
    residual_blocks,
    terms_of,
)


def _between_equals(case: Case) -> tuple[Block, ...]:
    return tuple(b for b in residual_blocks(case) if not b.increases)


def _sum_without_residual(block: Block, x: torch.Tensor, tensors: AnyTensors) -> torch.Tensor:
    """The block's sum where F is zero."""
    residual, _ = terms_of(block)
    given = {block.entry: x, residual: torch.zeros(block.graph[residual].shape, dtype=x.dtype)}
    return evaluate(block.graph, block.end, given, tensors)


@examines("SC-01", by="behaviour")
def identity_is_exact(case: Case) -> Result:
    """Where dimensions agree, the shortcut adds x itself, bit by bit."""
    blocks = _between_equals(case)
    if not blocks:
        return not_applicable("There is no shortcut between equal dimensions.")

    def look(block: Block, maps: Maps, seed: int) -> None:
        x = maps("x", block.input_shape)
        y = _sum_without_residual(block, x, AnyTensors(block.graph, bench_of(case).generator(seed)))
        if not torch.equal(y, x):
            share = float((y == x).double().mean()) if y.shape == x.shape else 0.0
            raise Refuted(
                f"The shortcut of {name_of(case, block)} changes x.",
                "x, every value of it",
                f"{share:.0%} of the values are x's",
                (block.where,),
            )

    return explored_in(case, "SC-01", blocks, f"x exactly in {all_texts(case, blocks)}", look)


@examines("SC-02", by="behaviour")
def identity_ignores_parameters(case: Case) -> Result:
    """With other values of all parameters an identity shortcut gives the same."""
    blocks = [b for b in _between_equals(case) if b.shortcut_kind != "projection"]
    if not blocks:
        return not_applicable("There is no identity shortcut.")

    def prop(seed: int) -> None:
        maps = Maps(bench_of(case), seed)
        for block in blocks:
            x = maps("x", block.input_shape)
            runs = []
            for number in range(2):
                tensors = AnyTensors(block.graph, bench_of(case).generator(seed + number))
                runs.append((_sum_without_residual(block, x, tensors), tensors.read))
            (first, read), (second, _) = runs
            if not torch.equal(first, second):
                names = ", ".join(block.graph.tensors[i].names[0] for i in sorted(read))
                message = f"The shortcut of {name_of(case, block)} depends on parameters."
                raise Refuted(message, "no parameters", f"it reads {names}", (block.where,))

    return explored(case, "SC-02", prop, f"no parameter read in {all_texts(case, blocks)}", seed=SEEDS)


@examines("SC-15", by="behaviour")
def negatives_pass(case: Case) -> Result:
    """What stands on a shortcut behind its last layer, or behind x, passes values of both signs to the addition."""
    blocks = residual_blocks(case)
    if not blocks:
        return not_applicable("There is no shortcut.")

    def look(block: Block, maps: Maps, seed: int) -> None:
        assert block.shortcut is not None
        _, end = terms_of(block)
        layer = last_layer(block.shortcut)
        start = block.entry if layer is None else layer
        x = maps("x", block.graph[start].shape)
        if block.shortcut_kind == "zero-pad":
            x = x.abs()  # what samples x, or pools it (SC-16 says which), leaves its sign
        ways = [evaluate(block.graph, end, {start: v}, bench_of(case).tensors) for v in (x, -x)]
        if block.shortcut_kind == "zero-pad":
            ways = [way.sign() for way in ways]
        if not torch.equal(ways[0], -ways[1]) or (layer is not None and not torch.equal(ways[0], x)):
            lost = float((ways[0] != (x if ways[0].shape == x.shape else -ways[1])).double().mean())
            raise Refuted(
                f"The shortcut of {name_of(case, block)} does not pass all values.",
                "values of either sign pass to the addition",
                f"{lost:.0%} of the values do not come through as they are",
                (block.where,),
            )

    return explored_in(case, "SC-15", blocks, f"both signs pass in {all_texts(case, blocks)}", look)
