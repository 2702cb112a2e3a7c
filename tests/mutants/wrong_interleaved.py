"""Wrong networks whose option A looks like one with zeros between its channels."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import Tensor, nn, torch
from .right import padded


def _doubled(x: Tensor, extra: int, stride: int) -> Tensor:
    y = x[:, :, ::stride, ::stride]
    return torch.stack((y, y), 2).flatten(1, 2)


@wrong(RESNET20, {"SC-03": "concat", "SC-09": "concat"}, deviation="optA-offset")
def channels_doubled_side_by_side() -> nn.Module:
    return padded(_doubled)()


def _reversed(x: Tensor, extra: int, stride: int) -> Tensor:
    y = x[:, :, ::stride, ::stride]
    return torch.cat([part for channel in y.split(1, 1)[::-1] for part in (channel, torch.zeros_like(channel))], 1)


@wrong(RESNET20, {"SC-03": "concat", "SC-09": "concat"}, deviation="optA-offset")
def channels_reversed_between_zeros() -> nn.Module:
    return padded(_reversed)()


def _from_1(x: Tensor, extra: int, stride: int) -> Tensor:
    y = x[:, :, stride - 1 :: stride, stride - 1 :: stride]
    return torch.stack((y, torch.zeros_like(y)), 2).flatten(1, 2)


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def zeros_between_odd_pixels() -> nn.Module:
    return padded(_from_1)()
