"""Blocks -> stages: conv2_x and its like, told apart by filters and map sizes (He et al. 2015, Table 1)."""

from __future__ import annotations

from collections.abc import Sequence

from .blocks import Block


def group_stages(blocks: Sequence[Block]) -> tuple[tuple[Block, ...], ...]:
    """Runs of blocks of one width; where that is coarser than the map sizes, of one width and size."""

    def runs(keys: list[tuple[int, ...]]) -> list[list[Block]]:
        grouped: list[list[Block]] = []
        for position, block in enumerate(blocks):
            if position and keys[position] == keys[position - 1]:
                grouped[-1].append(block)
            else:
                grouped.append([block])
        return grouped

    widths = runs([b.filters[-1:] or b.output_shape[1:2] for b in blocks])
    sizes = runs([b.output_shape[2:] for b in blocks])
    chosen = widths if len(widths) >= len(sizes) else runs([(*b.filters[-1:], *b.output_shape[1:]) for b in blocks])
    return tuple(tuple(stage) for stage in chosen)
