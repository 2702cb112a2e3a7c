"""Networks with random weights, as files, and the same weights in other networks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn


def randomized(net: nn.Module, seed: int = 0) -> nn.Module:
    """Weights, affine parameters and statistics that leave no layer the identity; every norm has its own count."""
    generator = torch.Generator().manual_seed(seed)
    for number, module in enumerate(net.modules()):
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.3, 0.6, generator)
            nn.init.normal_(module.bias, std=0.3, generator=generator)
            nn.init.normal_(module.running_mean, std=0.3, generator=generator)
            nn.init.uniform_(module.running_var, 0.5, 1.5, generator)
            module.num_batches_tracked.fill_(number)
        elif isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.normal_(module.weight, std=(2 / module.weight[0].numel()) ** 0.5, generator=generator)
            if module.bias is not None:
                nn.init.normal_(module.bias, generator=generator)
    return net


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[nn.Module], Path]:
    """The state_dict of a network with random weights, as torch.save writes it."""

    def save(net: nn.Module) -> Path:
        path = tmp_path / "weights.pth"
        torch.save(randomized(net).state_dict(), path)
        return path

    return save


@pytest.fixture
def logits() -> Callable[[nn.Module, int], torch.Tensor]:
    """What a network computes in eval mode on one fixed input of that size, in float64."""

    def run(net: nn.Module, size: int) -> torch.Tensor:
        x = torch.randn(3, 3, size, size, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
        with torch.no_grad():
            found = net.double().eval()(x)
        return getattr(found, "logits", found)

    return run
