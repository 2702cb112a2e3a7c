"""What these tests share: filling a net with random, well-conditioned state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn


def _randomize(net: nn.Module) -> None:
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=(2 / module.weight[0].numel()) ** 0.5)
        elif isinstance(module, nn.BatchNorm2d):
            # gammas below 1 keep fifty summed branches of one size, so that every beta and mean stays visible
            nn.init.uniform_(module.weight, 0.3, 0.6)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            module.num_batches_tracked.fill_(3)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.1)
            nn.init.normal_(module.bias)


@pytest.fixture
def randomize() -> Callable[[nn.Module], None]:
    """Draws weights, BN affine and BN statistics so that no layer is the identity or drowned by others."""
    torch.manual_seed(0)
    return torch.no_grad()(_randomize)
