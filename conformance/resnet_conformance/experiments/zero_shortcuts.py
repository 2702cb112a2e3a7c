"""SC-03, SC-16: what a shortcut of option A gives: x sub-sampled, and zeros (He et al. 2015, section 3.3 (A)).

The paper does not say where the zero channels stand, nor how a stride of 2 samples: the first is found here, the second
is SC-16's.
"""

from __future__ import annotations

import torch

from ..blocks import Block
from ..clauses.case import Case, Result, examines, not_applicable
from ..execute import evaluate
from .bench import Refuted
from .pieces import AnyTensors, Maps, bench_of, explored_in, name_of, residual_blocks, terms_of


def _widened(case: Case) -> tuple[Block, ...]:
    """Blocks whose shortcut has no projection where dimensions increase, whatever it fills the new channels with."""
    return tuple(b for b in residual_blocks(case) if b.increases and b.shortcut_kind in ("zero-pad", "other"))


def _shortcut_of(case: Case, block: Block, x: torch.Tensor, seed: int) -> torch.Tensor:
    """The shortcut's value at x. Raises Refuted where it reads a parameter."""
    tensors = AnyTensors(block.graph, bench_of(case).generator(seed))
    y = evaluate(block.graph, terms_of(block)[1], {block.entry: x}, tensors)
    if tensors.read:
        names = ", ".join(block.graph.tensors[i].names[0] for i in sorted(tensors.read))
        message = f"The shortcut of {name_of(case, block)} has parameters."
        raise Refuted(message, "option A introduces no parameter", f"it reads {names}", (block.where,))
    return y


def _filled(y: torch.Tensor) -> torch.Tensor:
    """The channels that are not zero throughout."""
    return (y != 0).any(dim=0).flatten(1).any(dim=1).nonzero().flatten()


@examines("SC-03", by="behaviour")
def channels_and_zeros(case: Case) -> Result:
    """Each channel of x comes through once, in order; all further channels are zero; no parameter is read."""
    blocks = _widened(case)
    if not blocks:
        return not_applicable("There is no zero-padding shortcut.")

    def look(block: Block, maps: Maps, seed: int) -> None:
        n, channels, height, width = block.input_shape
        levels = maps("levels", (n, channels, 1, 1))
        y = _shortcut_of(case, block, levels.expand(n, channels, height, width).contiguous(), seed)
        filled = _filled(y)
        wanted = torch.zeros(block.output_shape, dtype=y.dtype)
        if len(filled) == channels:
            wanted[:, filled] = levels
        if len(filled) != channels or y.shape != wanted.shape or not torch.equal(y, wanted):
            raise Refuted(
                f"The shortcut of {name_of(case, block)} is not x with zero channels.",
                f"the {channels} channels of x, in order, and {block.output_shape[1] - channels} channels of zeros",
                f"{len(filled)} channels that are not zero"
                + ("" if len(filled) != channels else ", with other values than x's"),
                (block.where,),
            )
        rest = _filled(_shortcut_of(case, block, maps("x", block.input_shape), seed))
        if not torch.equal(rest, filled):
            message = f"In the shortcut of {name_of(case, block)} the zero channels depend on x."
            raise Refuted(message, "zeros whatever x is", f"{len(rest)} channels are not zero", (block.where,))

    return explored_in(case, "SC-03", blocks, f"x and zeros in {len(blocks)} blocks", look)


@examines("SC-16", by="behaviour")
def pixels_are_sampled(case: Case) -> Result:
    """The values that come through are x[:, :, ::s, ::s], bit by bit."""
    blocks = _widened(case)
    if not blocks:
        return not_applicable("There is no zero-padding shortcut.")

    def look(block: Block, maps: Maps, seed: int) -> None:
        x = maps("x", block.input_shape)
        y = _shortcut_of(case, block, x, seed)
        y = y[:, _filled(y)]
        wanted = x[:, :, :: block.stride, :: block.stride]
        if y.shape[1] != wanted.shape[1]:
            return  # other channels than x's are SC-03's matter
        if y.shape != wanted.shape or not torch.equal(y, wanted):
            share = float((y == wanted).double().mean()) if y.shape == wanted.shape else 0.0
            averaged = block.shortcut is not None and "avg_pool" in block.shortcut.ops
            raise Refuted(
                f"The shortcut of {name_of(case, block)} does not take every pixel of the grid as it is.",
                f"x[:, :, ::{block.stride}, ::{block.stride}]",
                f"{share:.0%} of the values are those",
                (block.where,),
                "optA-avgpool2" if averaged else "optA-offset",
            )

    return explored_in(case, "SC-16", blocks, f"x[:, :, ::s, ::s] in {len(blocks)} blocks", look)
