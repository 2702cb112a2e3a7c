"""Wrong networks whose option A takes other positions, in the clothes of right ones."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import F, Tensor, nn, torch
from .right import padded
from .right_samples import KeptIndex, KeptMatrix, keeping
from .right_unread import gathered


def _odd(x: Tensor, extra: int, stride: int) -> Tensor:
    rows, columns = (torch.arange(1, extent, stride) for extent in x.shape[2:])
    return F.pad(x.index_select(2, rows).index_select(3, columns), (0, 0, 0, 0, 0, extra))


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def samples_by_index_from_1() -> nn.Module:
    return padded(_odd)()


class FromOne(KeptIndex):
    """The index in the buffer counts from 1."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.every += 1


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def samples_by_kept_odd_index() -> nn.Module:
    return keeping(FromOne)()


def _gathered_from_1(x: Tensor, extra: int, stride: int) -> Tensor:
    return gathered(x, extra, stride, first=1)


@wrong(RESNET20, {"EQ-01": "the values in eval mode"}, also="EQ-02 EQ-03 EQ-04")
def samples_by_gather_from_1() -> nn.Module:
    """What an unknown index takes is not read; that other values come of it is seen all the same."""
    return padded(_gathered_from_1)()


class Reversed(KeptMatrix):
    """The fixed convolution hands the channels on in reverse order: nothing that is learned, and no identity."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.weight[:channels] = self.weight[:channels].flip(0)


# A convolution on a shortcut that is no option A is read as a projection: without BN, and none that is learned.
@wrong(
    RESNET20,
    {"SC-03": "1x1 conv", "SC-09": "1x1 conv"},
    also="BN-01 BN-02 CT-01 CT-06 CT-09",
    deviation="shortcut-B-on-cifar",
)
def samples_by_reversing_convolution() -> nn.Module:
    return keeping(Reversed)()
