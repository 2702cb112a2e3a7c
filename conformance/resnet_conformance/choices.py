"""Which of the choices that the papers leave open a network has made, so that the blueprint can make the same.

Open are the stem's pool (FACTS: clauses STEM-05 and STEM-05a) and, in the pre-activation networks of He et al. 2016,
the convolution that carries the stride (V2-09), whether a projection has a BN of its own (V2-08) and what a shortcut of
option A reads: the appendix speaks of projections alone.
"""

from __future__ import annotations

from .anatomy import Anatomy
from .architecture import Architecture
from .blocks import Block
from .blueprint import Choices
from .layer_kinds import ACTIVATIONS, NORMS

STRIDED = (1, 2)  # the first 1x1, as in resnet-1k-layers, or the 3x3, as in fb.resnet.torch


def adopt(architecture: Architecture, found: Anatomy) -> Choices:
    """The choices that a network has made, where the architecture admits them; its own defaults elsewhere."""
    pool = adopted_pool(architecture, found)
    if architecture.generation != "v2" or len(found.stages) != len(architecture.stages):
        return Choices(pool=pool)
    firsts = [stage[0] for stage in found.stages]
    return Choices(
        pool=pool,
        strided=tuple(_strided(architecture, block) for block in firsts),
        zero_pad_reads="pre-activation" if reads_preactivation(found) else "sum",
        projection_bn=frozenset(i for i, block in enumerate(firsts) if has_bn_of_its_own(block)),
    )


def reads_preactivation(found: Anatomy) -> bool:
    """Whether the shortcuts of option A begin behind BN and ReLU, all of them."""
    padded = [b for b in found.blocks if b.shortcut_kind == "zero-pad"]
    return bool(padded) and all(b.pre and b.graph[b.pre[-1]].op in ACTIVATIONS for b in padded)


def has_bn_of_its_own(block: Block) -> bool:
    """Whether a normalization stands behind the block's projection."""
    if block.shortcut is None or block.shortcut_kind != "projection":
        return False
    ops = block.shortcut.ops
    return any(op in NORMS for op in ops[ops.index("conv") :])


def adopted_pool(architecture: Architecture, found: Anatomy) -> tuple[int, bool] | None:
    """Padding and rounding of the stem's pool as found, where the architecture admits them."""
    pools = [found.graph[i] for i in found.stem if found.graph[i].op == "max_pool"]
    if architecture.stem.pool is None or len(pools) != 1:
        return None
    choice = (pools[0].attrs["padding"][0], bool(pools[0].attrs["ceil"]))
    return choice if choice in architecture.stem.pool.choices else None


def _strided(architecture: Architecture, block: Block) -> int:
    """Which convolution of a stage's first block has its stride, where one alone has it."""
    places = [p for p, c in enumerate(block.residual.convolutions, start=1) if set(c.stride) != {1}]
    admitted = len(architecture.kernels) == 3 and len(places) == 1 and places[0] in STRIDED
    return places[0] if admitted else architecture.strided
