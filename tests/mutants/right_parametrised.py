"""Right networks whose normalization has its gamma and beta as functions of parameters."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import F, Tensor, nn, resnet18, resnet20, torch
from .handwritten import HandNorm, with_norm
from .right import CIFAR, R18, UNREAD, add


class Computed(nn.Module):
    """Batch normalization whose gamma and beta are functions of what is learned."""

    start = 0.0

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.g, self.b = nn.Parameter(torch.full((filters,), self.start)), nn.Parameter(torch.zeros(filters))
        self.register_buffer("mean", torch.zeros(filters))
        self.register_buffer("var", torch.ones(filters))

    def gamma(self) -> Tensor:
        return 1 + self.g

    def beta(self) -> Tensor:
        return self.b

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.var, self.gamma(), self.beta(), self.training)


class Beside(nn.BatchNorm2d):
    """gamma is 1 + g: the map that was normalized alone, and what is learned beside it."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters, affine=False)
        self.g, self.b = nn.Parameter(torch.zeros(filters, 1, 1)), nn.Parameter(torch.zeros(filters, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (self.g + 1) + self.b


class ByHand(HandNorm):
    """The formula written out, gamma less 1 in its parameter."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        nn.init.zeros_(self.gamma)

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        gamma, self.gamma = self.gamma, None  # type: ignore[assignment]
        try:
            self.__dict__["gamma"] = 1 + gamma
            return super().normalize(x, mean, var)
        finally:
            del self.__dict__["gamma"]
            self.gamma = gamma


class Exponential(Computed):
    """A gamma that is always above 0."""

    def gamma(self) -> Tensor:
        return self.g.exp()


class Double(Computed):
    """A gamma that is learned twice as fast."""

    start = 0.5

    def gamma(self) -> Tensor:
        return 2 * self.g


def normed(builder: Callable[..., nn.Module], norm: Callable[[int], nn.Module]) -> Callable[[], nn.Module]:
    """The network with this normalization throughout."""
    return lambda: builder(**with_norm(norm))


add(CIFAR, "gamma-from-0", normed(resnet20, Computed))
add(R18, "gamma-from-0-beside", normed(resnet18, Beside))
add(CIFAR, "gamma-from-0-by-hand", normed(resnet20, ByHand))
UNREAD["gamma-as-exponential"] = CIFAR, normed(resnet20, Exponential)
UNREAD["gamma-as-double"] = CIFAR, normed(resnet20, Double)
