"""BLK-01, 03, 05, 09 and V2-02: what the addition of a block does, y = ReLU(F(x) + x) (He et al. 2015, Eqn 1, Fig. 2;
He et al. 2016, Eqn 3). Each block runs alone, with F's last value given.
"""

from __future__ import annotations

import torch

from ..blocks import Block
from ..clauses.case import Case, Result, examines, not_applicable
from ..execute import evaluate
from .bench import Refuted
from .pieces import (
    SCALES,
    SEEDS,
    Maps,
    all_texts,
    bench_of,
    explored,
    explored_in,
    last_layer,
    name_of,
    output_of,
    residual_blocks,
    terms_of,
)
from .tolerance import close


def _worst_entry(found: torch.Tensor, wanted: torch.Tensor) -> str:
    """The entry that is furthest off, for people."""
    if found.shape != wanted.shape:
        return f"a map of shape {tuple(found.shape)}"
    worst = int((found - wanted).abs().nan_to_num(torch.inf).argmax())
    return f"{float(found.flatten()[worst]):.6g} where it is {float(wanted.flatten()[worst]):.6g}"


@examines("BLK-01", by="behaviour")
def branches_are_added(case: Case) -> Result:
    """The join of any two maps is their sum, entry by entry."""
    blocks = residual_blocks(case)
    if not blocks:
        return not_applicable("There is no shortcut.")

    def prop(seed: int, scale: float) -> None:
        maps = Maps(bench_of(case), seed)
        for block in blocks:
            residual, shortcut = terms_of(block)
            a = maps("F", block.graph[residual].shape) * scale
            b = maps("shortcut", block.graph[shortcut].shape)
            y = evaluate(block.graph, block.end, {residual: a, shortcut: b}, {})
            wanted = a + b
            if close(y, wanted) is not None:
                message = f"{name_of(case, block)} does not add its branches."
                found = f"F(x) + shortcut(x) comes out as {_worst_entry(y, wanted)}"
                raise Refuted(message, "the sum of both, each with weight one", found, (block.where,))

    found = f"both branches are added in {all_texts(case, blocks)}"
    return explored(case, "BLK-01", prop, found, seed=SEEDS, scale=SCALES)


@examines("BLK-03", by="behaviour")
def output_is_never_negative(case: Case) -> Result:
    """A block's output is never negative, whatever its branches give."""
    blocks = residual_blocks(case)
    if not blocks:
        return not_applicable("There is no shortcut.")

    def look(block: Block, maps: Maps, seed: int) -> None:
        given = {i: maps(str(place), block.graph[i].shape) for place, i in enumerate(terms_of(block))}
        y = evaluate(block.graph, output_of(block), given, bench_of(case).tensors)
        if float(y.min()) < 0:
            message = f"{name_of(case, block)} gives negative values: no ReLU follows its addition."
            raise Refuted(message, "y >= 0", f"{float(y.min()):.6g}", (block.where,), "no-relu-after-add")

    return explored_in(case, "BLK-03", blocks, f"y >= 0 in {all_texts(case, blocks)}", look)


@examines("BLK-05", by="behaviour")
def branches_have_weight_one(case: Case) -> Result:
    """A change of F's last layer, or of the shortcut, changes the sum by just that change."""
    blocks = [(b, layer) for b in residual_blocks(case) if (layer := last_layer(b.residual)) is not None]
    if not blocks:
        return not_applicable("There is no shortcut.")

    def prop(seed: int, scale: float) -> None:
        maps = Maps(bench_of(case), seed)
        for block, layer in blocks:
            _, shortcut = terms_of(block)
            a, b = maps("F", block.graph[layer].shape), maps("shortcut", block.graph[shortcut].shape)
            change = maps("change", block.graph[layer].shape) * scale
            given = {block.entry: maps("x", block.input_shape), shortcut: b, layer: a}
            before = evaluate(block.graph, block.end, given, bench_of(case).tensors)
            for name, place, value in (("F", layer, a), ("the shortcut", shortcut, b)):
                after = evaluate(block.graph, block.end, {**given, place: value + change}, bench_of(case).tensors)
                _demand_weight_one(case, block, name, after - before, change, max(1.0, scale))

    found = f"weight one in {all_texts(case, [b for b, _ in blocks])}"
    return explored(case, "BLK-05", prop, found, seed=SEEDS, scale=SCALES)


def _demand_weight_one(
    case: Case, block: Block, name: str, moved: torch.Tensor, change: torch.Tensor, scale: float
) -> None:
    if close(moved, change, scale) is None:
        return
    factor = float((moved * change).sum() / (change * change).sum())
    raise Refuted(
        f"{name_of(case, block)} does not add {name} with weight one.",
        f"a change of {name} changes the sum by the same",
        f"it changes the sum by {factor:.4g} times as much",
        (block.where,),
        "residual-scaled",
    )


@examines("BLK-09", by="behaviour")
def zero_residual_gives_relu(case: Case) -> Result:
    """With F forced to zero an identity block returns ReLU(x), and its Jacobian is 1 where x > 0 and else 0."""
    return _without_residual(case, "BLK-09", "ReLU(x)", closes=True)


@examines("V2-02", by="behaviour")
def zero_residual_gives_x(case: Case) -> Result:
    """With F forced to zero an identity unit returns x, of any sign, and its Jacobian is the identity."""
    return _without_residual(case, "V2-02", "x", closes=False)


def _without_residual(case: Case, clause: str, wanted: str, closes: bool) -> Result:
    blocks = [b for b in residual_blocks(case) if b.shortcut_kind == "identity"]
    if not blocks:
        return not_applicable("There is no block with an identity shortcut.")

    def prop(seed: int, scale: float) -> None:
        maps = Maps(bench_of(case), seed, scale)
        for block in blocks:
            residual, _ = terms_of(block)
            x = maps("x", block.input_shape).detach().requires_grad_()
            direction = maps("direction", block.output_shape)
            given = {block.entry: x, residual: torch.zeros(block.graph[residual].shape, dtype=x.dtype)}
            y = evaluate(block.graph, output_of(block) if closes else block.end, given, bench_of(case).tensors)
            expected = x.detach().relu() if closes else x.detach()
            if y.shape != x.shape or not torch.equal(y, expected):
                message = f"With F zero {name_of(case, block)} does not return {wanted}."
                raise Refuted(message, wanted, _worst_entry(y.detach(), expected), (block.where,))
            if block.shortcut is not None and "detach" in block.shortcut.ops:
                continue  # a gradient that is cut off is BH-05's matter
            gradient = torch.zeros_like(x)
            if y.requires_grad:  # of a scalar: torch imports its symbolic shapes, which takes seconds, for any other
                (gradient,) = torch.autograd.grad((y * direction).sum(), x)
            if not torch.equal(gradient, direction * (x > 0) if closes else direction):
                message = f"With F zero the gradient does not pass {name_of(case, block)}."
                told = "1 where x > 0, else 0" if closes else "the identity"
                raise Refuted(message, f"a Jacobian that is {told}", "another gradient", (block.where,))

    return explored(case, clause, prop, f"{wanted} in {all_texts(case, blocks)}", seed=SEEDS, scale=SCALES)
