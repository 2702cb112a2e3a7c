"""SC-04, SC-05: a projection is, before its BN, a linear map of single pixels (He et al. 2015, Eqn 2, section 3.3)."""

from __future__ import annotations

import torch
from hypothesis import strategies as st

from ..blocks import Block
from ..clauses.case import Case, Result, examines, not_applicable
from ..execute import evaluate
from .bench import Refuted
from .pieces import SCALES, SEEDS, Maps, bench_of, explored, name_of, residual_blocks
from .tolerance import close

SHARES = st.floats(0, 0.999)


@examines("SC-04", by="behaviour")
def projects_single_pixels(case: Case) -> Result:
    """Option B: each projection is linear in x, and each of its values depends on one pixel of x."""
    return _project(case, "SC-04")


@examines("SC-05", by="behaviour")
def projects_single_pixels_everywhere(case: Case) -> Result:
    """Option C: as SC-04, on every shortcut."""
    return _project(case, "SC-05")


def _project(case: Case, clause: str) -> Result:
    blocks = [b for b in residual_blocks(case) if b.shortcut_kind == "projection"]
    if not blocks:
        return not_applicable("There is no projection.")

    def prop(seed: int, scale: float, row: float, column: float) -> None:
        maps = Maps(bench_of(case), seed)
        for block in blocks:
            _demand_linear(case, block, maps, scale)
            _demand_single_pixels(case, block, maps, row, column)

    found = f"linear, pixel by pixel, in {len(blocks)} blocks"
    return explored(case, clause, prop, found, seed=SEEDS, scale=SCALES, row=SHARES, column=SHARES)


def _project_alone(case: Case, block: Block, x: torch.Tensor) -> torch.Tensor:
    """The projection's convolution at x, without its BN."""
    assert block.shortcut is not None
    convolution = block.shortcut.convolutions[0].index
    return evaluate(block.graph, convolution, {block.entry: x}, bench_of(case).tensors)


def _demand_linear(case: Case, block: Block, maps: Maps, factor: float) -> None:
    x, y = maps("x", block.input_shape), maps("y", block.input_shape)
    zero = _project_alone(case, block, torch.zeros_like(x))  # a bias, if it has one
    once, again = _project_alone(case, block, x), _project_alone(case, block, y)
    both = _project_alone(case, block, x + factor * y)
    wanted = once + factor * (again - zero)
    if (error := close(both, wanted)) is not None:
        raise Refuted(
            f"The projection of {name_of(case, block)} is not linear in x.",
            f"p(x + {factor:g} y) = p(x) + {factor:g} p(y)",
            f"a difference of {error:.2g} of its size",
            (block.where,),
        )


def _demand_single_pixels(case: Case, block: Block, maps: Maps, row: float, column: float) -> None:
    """Everything but the sampled pixels changes, then everything but one of them."""
    x, noise = maps("x", block.input_shape), maps("noise", block.input_shape)
    before = _project_alone(case, block, x)
    stride = block.stride
    place = (int(row * before.shape[2]), int(column * before.shape[3]))
    grid = torch.ones(block.input_shape[2:], dtype=x.dtype)
    grid[::stride, ::stride] = 0
    alone = torch.ones_like(grid)
    alone[place[0] * stride, place[1] * stride] = 0
    after = _project_alone(case, block, x + noise * grid)
    moved = [close(after, before)]
    after = _project_alone(case, block, x + noise * alone)
    moved.append(close(after[:, :, place[0], place[1]], before[:, :, place[0], place[1]]))
    error = next((e for e in moved if e is not None), None)
    if error is not None:
        raise Refuted(
            f"The projection of {name_of(case, block)} sees more than one pixel for each of its values.",
            f"a 1x1 convolution of x[:, :, ::{stride}, ::{stride}]",
            f"it changes by {error:.2g} of its size with the pixels beside",
            (block.where,),
        )
