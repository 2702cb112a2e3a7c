"""Output sizes of convolutions and pools, as every framework computes them (He et al. 2015, Table 1 follows)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph import Shape


def window_size(extent: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> int:
    """Number of windows along one axis.

    With `ceil` a last, clipped window counts where it starts inside the input or its left padding.
    """
    room = extent + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= extent + padding else count


def convolution_shape(shape: Shape, filters: int, attrs: Mapping[str, Any]) -> Shape:
    """Shape (N, filters, H', W') of a convolution of an (N, C, H, W) input."""
    batch, _, *extents = shape
    sizes = zip(extents, attrs["kernel"], attrs["stride"], attrs["padding"], attrs["dilation"], strict=True)
    return (batch, filters, *(window_size(*size) for size in sizes))


def pool_shape(shape: Shape, attrs: Mapping[str, Any]) -> Shape:
    """Shape (N, C, H', W') of a pool of an (N, C, H, W) input."""
    batch, channels, *extents = shape
    sizes = zip(extents, attrs["kernel"], attrs["stride"], attrs["padding"], attrs["dilation"], strict=True)
    return (batch, channels, *(window_size(*size, ceil=attrs["ceil"]) for size in sizes))
