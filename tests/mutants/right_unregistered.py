"""BN from scratch whose running statistics nobody registered: it is BN, and its values cannot be moved."""

from __future__ import annotations

from .faithful import Tensor, nn, resnet20, torch
from .right import CIFAR, UNREAD


class Unregistered(nn.Module):
    """As in courses: gamma and beta are parameters, the statistics plain tensors, the mode that of the module."""

    by_gradient = False

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.gamma, self.beta = nn.Parameter(torch.ones(1, filters, 1, 1)), nn.Parameter(torch.zeros(1, filters, 1, 1))
        self.moving_mean, self.moving_var = torch.zeros(1, filters, 1, 1), torch.ones(1, filters, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled() if self.by_gradient else self.training:
            mean = x.mean((0, 2, 3), keepdim=True)
            var = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
            self.moving_mean = (0.9 * self.moving_mean + 0.1 * mean).detach()
            self.moving_var = (0.9 * self.moving_var + 0.1 * var).detach()
        else:
            mean, var = self.moving_mean, self.moving_var
        return self.gamma * (x - mean) / torch.sqrt(var + 1e-5) + self.beta


class ByGradient(Unregistered):
    """Dive into Deep Learning, section 8.5: whether gradients are recorded decides."""

    by_gradient = True


def with_norm(norm: type[nn.Module]):
    """ResNet-20 with that layer in the place of BN."""
    part = type("Scratch", (), {"norm": lambda self, filters: norm(filters)})
    stem = type("ScratchStem", (), {"__init__": lambda self, filters: _with(self, stem, norm, filters)})
    return lambda: resnet20(block=part, stem=stem)


def _with(self: nn.Module, stem: type, norm: type[nn.Module], filters: int) -> None:
    super(stem, self).__init__(filters)
    self.bn = norm(filters)


UNREAD["norm-with-plain-statistics"] = CIFAR, with_norm(Unregistered)
UNREAD["norm-with-plain-statistics-by-gradient"] = CIFAR, with_norm(ByGradient)
