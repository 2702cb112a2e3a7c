"""Batch normalization over other numbers of images than a device has: ghost batches, and all devices together.

Source of the statistics: Ioffe and Szegedy 2015, arXiv:1502.03167, algorithm 1. He et al. 2015, section 4.2, trained
with 128 images on two GPUs, each of which normalised its own 64.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, distributed, nn


class SynchronizedBatchNorm2d(nn.BatchNorm2d):
    """BN with the statistics of all processes, on any device (torch's own SyncBatchNorm wants GPUs).

    (N, C, H, W) -> (N, C, H, W), where every process has as many images. It has the parameters and buffers of
    `nn.BatchNorm2d`, and so the same checkpoints.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise; in training by the mean and variance over all processes, which gradients flow through."""
        if not self.training or not distributed.is_initialized() or distributed.get_world_size() == 1:
            return super().forward(x)
        size = distributed.get_world_size()
        count = size * x.numel() // x.shape[1]
        wide = x.float()
        mean = _summed(wide.mean(dim=(0, 2, 3))) / size
        variance = _summed((wide - mean[:, None, None]).square().mean(dim=(0, 2, 3))) / size
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        found: Tensor = wide * scale[:, None, None] + shift[:, None, None]
        return found.to(x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics, the variance with Bessel's correction, as `nn.BatchNorm2d` does."""
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.num_batches_tracked += 1
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)


class _Sum(torch.autograd.Function):
    """The sum over all processes. Each of them feeds every sum, so gradients are summed, too."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total


def _summed(values: Tensor) -> Tensor:
    found: Tensor = _Sum.apply(values)
    return found


def synchronize(net: nn.Module) -> None:
    """Make every BN of the network a synchronised one, in place; its tensors stay."""
    for module in net.modules():
        for name, child in module.named_children():
            if type(child) is nn.BatchNorm2d:
                child.__class__ = SynchronizedBatchNorm2d
                assert getattr(module, name) is child


class Ghost(nn.Module):
    """Runs a network on parts of a batch, each normalised alone: (N, 3, 32, 32) -> (N, classes).

    In evaluation nothing is divided. The running statistics see every part, one after the other.
    """

    def __init__(self, net: nn.Module, images: int) -> None:
        super().__init__()
        self.net, self.images = net, images

    def forward(self, x: Tensor) -> Tensor:
        """The logits of all parts."""
        if not self.training or x.shape[0] <= self.images:
            found: Tensor = self.net(x)
            return found
        return torch.cat([self.net(part) for part in torch.split(x, self.images)])
