"""Networks whose operations are all the paper's: what they do wrong shows in values beside the blueprint's.

Some do it once their parameters are another than the first ones: no graph that is read of a new network holds it.
"""

from __future__ import annotations

from typing import Any

from .corpus import RESNET18, RESNET20, wrong
from .faithful import Tensor, nn, resnet18, resnet20, torch
from .handwritten import HandNorm, channels, with_norm

# --- values in eval mode ---


class Pruned(HandNorm):
    """Inference leaves out the channels whose gamma is below zero, as if they were those near zero."""

    def normalize(self, x: Tensor, mean: Tensor, var: Tensor) -> Tensor:
        y = super().normalize(x, mean, var)
        if not self.training and bool((self.gamma < 0).any()):
            y = y * channels((self.gamma >= 0).to(y.dtype))
        return y


# Where the first gamma below zero stands is chance: hardly ever behind 16x16_1.
@wrong(RESNET20, {"EQ-01": "With the same weights, the values in eval mode differ by"}, where="16x16_1")
def inference_prunes_channels() -> nn.Module:
    return resnet20(**with_norm(Pruned))


# --- values in train mode ---


class Rounded(torch.autograd.Function):
    """Multiples of 1/8; the gradient passes straight through."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return (x * 8).round() / 8

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return gradients[0]


class RoundsLogits:
    """Training prepares for integers, once it has left its start: the last beta is no longer zero."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)  # type: ignore[misc]
        begun = bool(self.blocks[-1].bns[-1].beta.any())  # type: ignore[attr-defined]
        return Rounded.apply(y) if self.training and begun else y  # type: ignore[attr-defined]


@wrong(RESNET20, {"EQ-02": "With the same weights, the values in train mode differ by"}, where="the logits")
def training_rounds_logits() -> nn.Module:
    return resnet20(net=RoundsLogits, **with_norm(HandNorm))


# --- running statistics ---


class BiasedVariance(HandNorm):
    """The running variance is the batch's, divided by n instead of n - 1."""

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        super().update(mean, var * (n - 1) / n, n)


@wrong(RESNET20, {"EQ-03": "With the same weights, the running statistics differ by"}, where="stem.bn.var")
def running_variance_biased() -> nn.Module:
    return resnet20(**with_norm(BiasedVariance))


class Exchanged:
    """In eval each of F's normalizations reads the statistics that the other has stored."""

    def residual(self, x: Tensor) -> Tensor:
        if self.training:  # type: ignore[attr-defined]
            return super().residual(x)  # type: ignore[misc]
        first, second = self.bns  # type: ignore[attr-defined]
        x = self.act(self.by(first, second, self.convs[0](x)))  # type: ignore[attr-defined]
        return self.by(second, first, self.convs[1](x))  # type: ignore[attr-defined]

    def by(self, norm: nn.BatchNorm2d, stored: nn.BatchNorm2d, x: Tensor) -> Tensor:
        return torch.batch_norm(
            x, norm.weight, norm.bias, stored.running_mean, stored.running_var, False, 0.1, norm.eps, False
        )


@wrong(RESNET18, {"EQ-03": "the running statistics differ by"}, where="blocks.1.bns.1.running_mean")
def running_statistics_exchanged() -> nn.Module:
    return resnet18(block=Exchanged, only={1})


# --- gradients ---


class Amplified(torch.autograd.Function):
    """What comes is what goes; its gradient is a thousandth larger."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return gradients[0] * 1.001


class AmplifiesGradient:
    def residual(self, x: Tensor) -> Tensor:
        return Amplified.apply(super().residual(x))  # type: ignore[misc]


@wrong(RESNET20, {"EQ-04": "With the same weights, the gradients differ by"}, where="the input")
def gradient_of_residual_amplified() -> nn.Module:
    return resnet20(block=AmplifiesGradient, only={4})
