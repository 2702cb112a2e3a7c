"""Wrong networks whose option A takes other positions, in the clothes of right ones."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import F, Tensor, nn, resnet20, torch
from .right import padded
from .right_unread import Kept


def _odd(x: Tensor, extra: int, stride: int) -> Tensor:
    rows, columns = (torch.arange(1, extent, stride) for extent in x.shape[2:])
    return F.pad(x.index_select(2, rows).index_select(3, columns), (0, 0, 0, 0, 0, extra))


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def samples_by_index_from_1() -> nn.Module:
    return padded(_odd)()


class KeptOdd(Kept):
    """What an unknown index takes is not read; that other values come of it is seen all the same."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.every += 1


class KeepingOdd:
    zero_pad = KeptOdd


@wrong(RESNET20, {"EQ-01": "the values in eval mode"}, also="EQ-02 EQ-03 EQ-04")
def samples_by_kept_odd_index() -> nn.Module:
    return resnet20(block=KeepingOdd)
