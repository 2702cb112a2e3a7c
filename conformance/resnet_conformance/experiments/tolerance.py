"""How far two computations of the same values may lie apart: by rounding, and no further.

The noise was measured in float64 on networks with random weights (bench.draw_tensors, two seeds), as the largest
difference of any of the logits relative to their root mean square, between x and x (1 + 2^-52), and between NCHW and
channels-last memory; in eval also between a batch and each sample alone:

    eval   CIFAR ResNet-20, 110, plain-110, plain-34, ResNet-18, 50, 152    5.4e-15
    train  CIFAR ResNet-20, 110                                             6.2e-15
           plain-34, ResNet-18, 50, 152                                     9.5e-12
           CIFAR plain-110                                                  1.0e-7

A deep network without shortcuts, normalised by the batch's own statistics, makes rounding a million times larger:
there `close` is to be given a margin. Everywhere else TOLERANCE is a hundred times the noise, or more; what is looked
for is larger than a millionth.
"""

from __future__ import annotations

import torch

UNIT = torch.finfo(torch.float64).eps
FLOOR = 1e-4  # a gradient is measured against at least this part of the largest: a bias before BN has none but rounding
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-3}


def discrepancy(found: torch.Tensor, wanted: torch.Tensor, scale: float | None = None) -> float:
    """The largest difference of any entry, relative to `scale`: by default the root mean square of `wanted`.

    Infinite where the shapes differ, or an entry is no finite number.
    """
    if found.shape != wanted.shape:
        return float("inf")
    if not wanted.numel():
        return 0.0
    difference = float((found - wanted).abs().max())
    if scale is None:
        scale = float(wanted.pow(2).mean().sqrt())
    if difference == 0:
        return 0.0
    return difference / scale if scale > 0 and difference == difference else float("inf")


def close(found: torch.Tensor, wanted: torch.Tensor, scale: float | None = None, margin: float = 1.0) -> float | None:
    """None where both agree within `margin` times the tolerance of their dtype, else their discrepancy.

    `scale` is given where `wanted` itself may be nothing but rounding noise: a difference of large numbers, the
    gradient of a convolution's bias before a batch normalization.
    """
    error = discrepancy(found, wanted, scale)
    return error if error > TOLERANCE.get(wanted.dtype, 1e-3) * margin else None


def gap(theirs: torch.Tensor | None, mine: torch.Tensor | None, floor: float = 0.0) -> float:
    """How far apart two values are, as a part of the largest (at least `floor`); infinite without one."""
    if theirs is None or mine is None or theirs.shape != mine.shape:
        return float("inf")
    difference = (theirs - mine).abs().max().item()
    scale = max(mine.abs().max().item(), floor)
    if difference == 0:
        return 0.0
    return difference / scale if difference == difference and scale > 0 else float("inf")
