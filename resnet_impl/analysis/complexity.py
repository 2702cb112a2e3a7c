"""How much a network computes: multiply-adds of one image, as He et al. 2015 count them ("FLOPs (multiply-adds)")."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def multiply_adds(net: nn.Module, size: int = 32) -> int:
    """Of convolutions, projections among them, and fully-connected layers, for an image (3, size, size).

    BN, ReLU, pooling and additions are not counted, as in the paper's Table 1.
    """
    total = 0

    def count(module: nn.Module, given: tuple[Tensor, ...], out: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += out[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel()

    hooks = [module.register_forward_hook(count) for module in net.modules()]
    was = net.training
    try:
        net.eval()(torch.zeros(1, 3, size, size))
    finally:
        net.train(was)
        for hook in hooks:
            hook.remove()
    return total


def parameters(net: nn.Module) -> int:
    """Weights, biases, gamma and beta; not the statistics of BN."""
    return sum(p.numel() for p in net.parameters())
