"""Wrong networks whose option A takes other positions, in the clothes of right ones."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import F, Tensor, nn, torch
from .right import padded


def _odd(x: Tensor, extra: int, stride: int) -> Tensor:
    rows, columns = (torch.arange(1, extent, stride) for extent in x.shape[2:])
    return F.pad(x.index_select(2, rows).index_select(3, columns), (0, 0, 0, 0, 0, extra))


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def samples_by_index_from_1() -> nn.Module:
    return padded(_odd)()
