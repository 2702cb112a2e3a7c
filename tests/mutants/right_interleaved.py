"""Right networks whose option A has channels of zeros between those of x: the paper does not say where they stand."""

from __future__ import annotations

from .faithful import Tensor, torch
from .right import CIFAR, add, padded


def _sampled(x: Tensor, stride: int) -> Tensor:
    return x[:, :, ::stride, ::stride]


def _stacked(x: Tensor, extra: int, stride: int) -> Tensor:
    y = _sampled(x, stride)
    return torch.stack((y, torch.zeros_like(y)), 2).flatten(1, 2)


def _assigned(x: Tensor, extra: int, stride: int) -> Tensor:
    y = _sampled(x, stride)
    wide = y.new_zeros(y.shape[0], y.shape[1] + extra, *y.shape[2:])
    wide[:, 1::2] = y
    return wide


def _joined(x: Tensor, extra: int, stride: int) -> Tensor:
    y = _sampled(x, stride)
    return torch.cat([part for channel in y.split(1, 1) for part in (channel, torch.zeros_like(channel))], 1)


def _in_two_halves(x: Tensor, extra: int, stride: int) -> Tensor:
    first, second = _sampled(x, stride).chunk(2, 1)
    return torch.cat((first, torch.zeros_like(first), second, torch.zeros_like(second)), 1)


def _sampled_afterwards(x: Tensor, extra: int, stride: int) -> Tensor:
    return _sampled(_stacked(x, extra, 1), stride)


for _name, _pad in {
    "stack": _stacked,
    "assignment": _assigned,
    "concatenation": _joined,
    "two-halves": _in_two_halves,
    "stack-before-sampling": _sampled_afterwards,
}.items():
    add(CIFAR, f"zeros-between-by-{_name}", padded(_pad))
