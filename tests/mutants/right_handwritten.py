"""Right networks whose normalization, addition and classifier are written out in arithmetic."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import Tensor, nn, resnet18, resnet20, resnet50, torch
from .handwritten import EPS, HandNorm, channels, with_norm
from .right import CIFAR, R18, R50, add, joined, right


class Folded(HandNorm):
    """x * scale + shift."""

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        scale = self.gamma * torch.rsqrt(var + EPS)
        return x * channels(scale) + channels(self.beta - mean * scale)


class Power(HandNorm):
    """E[x^2] - E[x]^2, a power for the root, and running statistics that are assigned anew."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x.mean([0, 2, 3])
        return mean, (x * x).mean([0, 2, 3]) - mean**2

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        self.mean = 0.9 * self.mean + 0.1 * mean.detach()
        self.var = 0.9 * self.var + 0.1 * (var * n / (n - 1)).detach()

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return (x - channels(mean)) * channels((var + EPS) ** -0.5) * channels(self.gamma) + channels(self.beta)


class OneByOne(HandNorm):
    """Parameters of four axes, means one axis after the other, running statistics by lerp."""

    momentum = 0.01

    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        for name in ("gamma", "beta"):
            setattr(self, name, nn.Parameter(channels(getattr(self, name).data).clone()))

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        def mean(t: Tensor) -> Tensor:
            return t.mean(0, keepdim=True).mean(2, keepdim=True).mean(3, keepdim=True)

        return mean(x).flatten(), mean((x - mean(x)) ** 2).flatten()

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        self.mean.data.lerp_(mean.data, self.momentum)
        self.var.data.lerp_(var.data * n / (n - 1), self.momentum)


class Clamped(Power):
    """A variance that rounding cannot make negative."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, var = super().moments(x)
        return mean, var.clamp(min=0)


class Cumulative(HandNorm):
    """Running statistics that are averages over all batches so far."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        self.register_buffer("batches", torch.tensor(0.0))

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        with torch.no_grad():
            self.batches += 1
            self.mean += (mean - self.mean) / self.batches
            self.var += (var * n / (n - 1) - self.var) / self.batches


class OwnRunning(HandNorm):
    """torch's normalization, and running statistics by hand."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return nn.functional.batch_norm(x, self.mean, self.var, self.gamma, self.beta, eps=EPS)
        with torch.no_grad():
            var, mean = torch.var_mean(x, (0, 2, 3))
            self.mean, self.var = torch.lerp(self.mean, mean, 0.1), torch.lerp(self.var, var, 0.1)
        return nn.functional.batch_norm(x, None, None, self.gamma, self.beta, training=True, eps=EPS)


class Caffe(nn.Module):
    """BatchNorm without affine part, then Scale: as the released models have it."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(filters, affine=False)
        self.gamma, self.beta = nn.Parameter(torch.ones(filters)), nn.Parameter(torch.zeros(filters))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addcmul(channels(self.beta), channels(self.gamma), self.norm(x))


def normed(builder: Callable[..., nn.Module], norm: Callable[[int], nn.Module]) -> Callable[[], nn.Module]:
    """The network with this normalization throughout."""
    return lambda: builder(**with_norm(norm))


add(CIFAR, "norm-by-hand", normed(resnet20, HandNorm))
add(R50, "norm-by-hand-50", normed(resnet50, HandNorm))
add(R18, "norm-folded", normed(resnet18, Folded))
add(CIFAR, "norm-by-powers", normed(resnet20, Power))
add(CIFAR, "norm-with-clamped-variance", normed(resnet20, Clamped))
add(CIFAR, "norm-of-all-batches", normed(resnet20, Cumulative))
add(CIFAR, "norm-with-running-by-hand", normed(resnet20, OwnRunning))
add(CIFAR, "norm-one-axis-at-a-time", normed(resnet20, OneByOne))
add(R50, "norm-and-scale", normed(resnet50, Caffe))

add(R18, "add-a-stack", joined(lambda f, s: torch.stack([f, s]).sum(0)))
add(R18, "subtract-the-negative", joined(lambda f, s: f - (-s)))
add(R18, "sum-of-a-list", joined(lambda f, s: sum([f, s])))


@right(CIFAR)
def classifier_as_einsum() -> nn.Module:
    class Product:
        def forward(self, x: Tensor) -> Tensor:
            return torch.einsum("nc,kc->nk", self.pool(self.features(x)), self.fc.weight) + self.fc.bias

    return resnet20(net=Product)


@right(R18)
def classifier_as_baddbmm() -> nn.Module:
    class Product:
        def forward(self, x: Tensor) -> Tensor:
            features = self.pool(self.features(x))[None]
            return torch.baddbmm(self.fc.bias, features, self.fc.weight.t()[None]).squeeze(0)

    return resnet18(net=Product)


@right(CIFAR)
def classifier_from_the_left() -> nn.Module:
    class Product:
        def forward(self, x: Tensor) -> Tensor:
            return (self.fc.weight @ self.pool(self.features(x)).T).T + self.fc.bias

    return resnet20(net=Product)
