"""Wrong networks: normalization by hand that is almost batch normalization."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import Tensor, nn, resnet18, resnet20, resnet50
from .handwritten import EPS, HandNorm, channels, with_norm


class Unbiased(HandNorm):
    """torch's default: divided by n - 1."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x.mean((0, 2, 3)), x.var((0, 2, 3))

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        super().update(mean, var * (n - 1) / n, n)


# Its eval graph is right: only what stands in the place of BN in training differs.
@wrong(RESNET20, {"BLK-01": "stands unbiased_norm, where it has in eval batch_norm"})
def norm_unbiased_in_training() -> nn.Module:
    return resnet20(**with_norm(Unbiased))


class AlwaysUnbiased(Unbiased):
    """Without running statistics, as in many a tutorial."""

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.moments(x)


# No BN in the pair of layers either (BLK-02); and samples of a batch see each other (BN-05, BH-01).
@wrong(
    RESNET20,
    {"BN-01": "conv -> unbiased_norm", "BN-02": "0 BN layers for 19", "BN-03": "no BN"},
    also="BLK-02 BN-05 BH-01",
)
def norm_unbiased() -> nn.Module:
    return resnet20(**with_norm(AlwaysUnbiased))


class EachImage(HandNorm):
    """The statistics of each image, not of the batch."""

    def forward(self, x: Tensor) -> Tensor:
        mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), unbiased=False, keepdim=True)
        return channels(self.gamma) * (x - mean) / (var + EPS).sqrt() + channels(self.beta)


@wrong(
    RESNET20,
    {"BN-01": "conv -> instance_norm", "BN-02": "0 BN layers for 19", "BN-03": "no BN"},
    also="BLK-02",
)
def norm_of_each_image() -> nn.Module:
    return resnet20(**with_norm(EachImage))


class OwnInEval(HandNorm):
    """The batch's own statistics, whatever the mode."""

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.moments(x)


@wrong(RESNET50, {"BN-05": "53 BN layers"}, also="BH-01", deviation="bn-functional-train")
def norm_by_hand_own_statistics() -> nn.Module:
    return resnet50(**with_norm(OwnInEval))


class NoBeta(HandNorm):
    """beta is registered and never read."""

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return channels(self.gamma) * (x - channels(mean)) / (channels(var) + EPS).sqrt()


@wrong(RESNET20, {"BN-03": "no beta"}, deviation="bn-no-affine")
def norm_without_beta() -> nn.Module:
    return resnet20(**with_norm(NoBeta))


class NoEps(HandNorm):
    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        return channels(self.gamma) * (x - channels(mean)) / channels(var).sqrt() + channels(self.beta)


@wrong(RESNET18, {"BN-04": "0 in 20 of 20"}, deviation="bn-eps")
def norm_without_eps() -> nn.Module:
    return resnet18(**with_norm(NoEps))


class Detached(HandNorm):
    """No gradient through mean and variance."""

    def moments(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super().moments(x.detach())


@wrong(RESNET20, {"BLK-01": "stands detached_norm, where it has in eval batch_norm"})
def norm_detached() -> nn.Module:
    return resnet20(**with_norm(Detached))


class Frozen(HandNorm):
    """As torchvision.ops.FrozenBatchNorm2d: four buffers."""

    def __init__(self, filters: int) -> None:
        super().__init__(filters)
        for name in ("gamma", "beta"):
            value = getattr(self, name).data
            delattr(self, name)
            self.register_buffer(name, value)

    def statistics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.mean, self.var


@wrong(RESNET50, {"BN-03": "gamma is a buffer"}, also="CT-07 BH-03", deviation="bn-frozen")
def norm_frozen_by_hand() -> nn.Module:
    return resnet50(**with_norm(Frozen))
