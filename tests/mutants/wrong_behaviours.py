"""Wrong networks whose graph in eval is right: what they do wrong shows when they are run."""

from __future__ import annotations

import random
from typing import Any

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Tensor, nn, resnet18, resnet20, resnet50, torch

# --- samples of a batch ---


class Squeezed:
    def pool(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(x, 1).squeeze()


@wrong(RESNET18, {"BH-01": "another shape"}, deviation="head-squeeze")
def head_squeeze() -> nn.Module:
    return resnet18(net=Squeezed)


class SqueezedAndTransposed:
    def forward(self, x: Tensor) -> Tensor:
        features = F.adaptive_avg_pool2d(self.features(x), 1).squeeze()  # type: ignore[attr-defined]
        return self.fc(features.transpose(0, 1).transpose(0, 1))  # type: ignore[attr-defined]


@wrong(RESNET20, {"BH-01": "does not run on a batch of one"}, deviation="head-squeeze")
def head_squeeze_crashes() -> nn.Module:
    return resnet20(net=SqueezedAndTransposed)


class LooksAtTheBatch:
    """Batch statistics wherever there are several samples: a batch of two is what a capture sees."""

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] > 2:
            x = x - x.mean(0, keepdim=True)
        return super().forward(x)  # type: ignore[misc]


@wrong(
    RESNET20,
    {"BH-01": "influence each other", "BN-05": "depend on the samples beside it"},
    by="behaviour",
)
def large_batches_are_centred() -> nn.Module:
    return resnet20(net=LooksAtTheBatch)


# --- eval repeats, and leaves no trace ---


class Noisy:
    def forward(self, x: Tensor) -> Tensor:
        if not self.training:  # type: ignore[attr-defined]
            x = x * (1 + random.random() / 100)
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-02": "different logits for one input", "BH-04": "in eval only: scale"}, also="STEM-06")
def noise_in_eval() -> nn.Module:
    return resnet20(net=Noisy)


class Counting:
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.register_buffer("calls", torch.zeros(1))  # type: ignore[attr-defined]

    def forward(self, x: Tensor) -> Tensor:
        self.calls.add_(1)  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-02": "changed: calls"}, where="calls")
def buffer_changed_in_eval() -> nn.Module:
    return resnet20(net=Counting)


class ByMemory:
    def forward(self, x: Tensor) -> Tensor:
        if not x.is_contiguous():
            x = x.flip(3)
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-02": "how the input lies in memory"})
def channels_last_is_flipped() -> nn.Module:
    return resnet20(net=ByMemory)


# --- running statistics ---


class Twice:
    def forward(self, x: Tensor) -> Tensor:
        if self.training:  # type: ignore[attr-defined]
            with torch.no_grad():
                self.bn(self.conv(x))  # type: ignore[attr-defined]
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"BH-03": "updated: 2 times"}, where="stem.bn")
def bn_called_twice_in_training() -> nn.Module:
    return resnet20(stem=Twice)


class FrozenNorms:
    def train(self, mode: bool = True) -> nn.Module:
        super().train(mode)  # type: ignore[misc]
        for part in self.modules():  # type: ignore[attr-defined]
            if isinstance(part, nn.BatchNorm2d):
                part.eval()
        return self  # type: ignore[return-value]


@wrong(RESNET18, {"BH-03": "updated: never"}, deviation="bn-running-not-saved")
def bn_frozen_in_training() -> nn.Module:
    return resnet18(net=FrozenNorms)


class Unmoved:
    def norm(self, filters: int) -> nn.Module:
        return nn.BatchNorm2d(filters, momentum=0.0)


@wrong(RESNET20, {"BH-03": "updated: never"}, deviation="bn-momentum", where="blocks.4.bns.0")
def bn_momentum_zero() -> nn.Module:
    return resnet20(block=Unmoved, only={4})


# --- train mode ---


class AloneInTraining:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual if self.training else residual + shortcut  # type: ignore[attr-defined]


@wrong(RESNET20, {"BLK-05": "other blocks run", "BH-04": "in eval only: add"}, deviation="stochastic-depth")
def shortcut_in_eval_only() -> nn.Module:
    return resnet20(block=AloneInTraining, only={1})


class SumTwiceInTraining:
    def act(self, x: Tensor) -> Tensor:
        x = super().act(x)  # type: ignore[misc]
        return F.max_pool2d(x, 3, 1, 1) if self.training else x  # type: ignore[attr-defined]


@wrong(RESNET20, {"BH-04": "in training only: max_pool"}, also="BLK-01", where="blocks.1")
def pool_in_training_only() -> nn.Module:
    return resnet20(block=SumTwiceInTraining, only={1})


class NoisyFeatures:
    def pool(self, x: Tensor) -> Tensor:
        x = super().pool(x)  # type: ignore[misc]
        return x + 0.1 * torch.randn_like(x) if self.training else x  # type: ignore[attr-defined]


# No mask and no rate: none of the forms of dropout that structure knows. What is added stands in the head.
@wrong(
    RESNET20,
    {"ACT-02": "something is drawn at random", "BH-04": "in training only: add"},
    also="HD-01",
    by="behaviour",
)
def noise_in_training() -> nn.Module:
    return resnet20(net=NoisyFeatures)


class RarelyLeftOut:
    """A block of three is left out in one training pass of a hundred, which Python's own generator decides."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.stride == 1 and random.random() < 0.01:  # type: ignore[attr-defined]
            return x
        return super().forward(x)  # type: ignore[misc,no-any-return]


# Seven such blocks: one pass in 15 shows it, and all 60 passes miss it once in 60 judgements.
@wrong(RESNET20, {"BH-04": "8 blocks in a train run, 9 in eval"}, deviation="stochastic-depth", by="behaviour")
def stochastic_depth_of_one_percent() -> nn.Module:
    return resnet20(block=RarelyLeftOut)


# --- gradients ---


class Detached:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + shortcut.detach()


@wrong(RESNET20, {"BH-05": "cut from the gradient (9 of 9 blocks)"}, deviation="shortcut-detached")
def shortcut_detached() -> nn.Module:
    return resnet20(block=Detached)


class WithoutGradient:
    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            shortcut = self.shortcut(x)  # type: ignore[attr-defined]
        return self.act(self.residual(x) + shortcut)  # type: ignore[attr-defined]


@wrong(RESNET20, {"BH-05": "cut from the gradient (1 of 9 blocks)"}, deviation="shortcut-detached", where="blocks.3")
def shortcut_under_no_grad() -> nn.Module:
    return resnet20(block=WithoutGradient, only={3})


class Stop(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return torch.zeros_like(gradients[0])


class Stopped:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return residual + Stop.apply(shortcut)


@wrong(RESNET20, {"BH-05": "No gradient passes the shortcut of 16x16_2"}, where="blocks.4")
def gradient_stopped_by_hand() -> nn.Module:
    return resnet20(block=Stopped, only={4})


class Fixed(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight.detach(), None, self.stride, self.padding)


class FixedFilters:
    def conv(self, channels: int, filters: int, kernel: int, stride: int) -> nn.Module:
        return Fixed(channels, filters, kernel, stride, kernel // 2, bias=False)


@wrong(RESNET20, {"BH-05": "none for blocks.2.convs.0.weight, blocks.2.convs.1.weight"}, where="blocks.2.convs.0")
def filters_receive_no_gradient() -> nn.Module:
    return resnet20(block=FixedFilters, only={2})


# --- what the caller asks for ---


@wrong(RESNET20, {"HD-02": "takes num_classes and builds another number"}, by="behaviour")
def ignores_num_classes(num_classes: int = 10) -> nn.Module:
    return resnet20()


@wrong(RESNET20, {"STEM-06": "takes in_channels and builds another number"}, by="behaviour")
def ignores_in_channels(in_channels: int = 3) -> nn.Module:
    return resnet20()


@wrong(RESNET50, {"STEM-01": "takes in_chans and builds another number"}, by="behaviour")
def ignores_in_chans(in_chans: int = 3) -> nn.Module:
    return resnet50()


# --- other sizes ---


class TwoSizes:
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] not in (32, 48):
            raise ValueError(f"inputs are 32 or 48 wide, not {x.shape[-1]}")
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"HD-05": "inputs are 32 or 48 wide"}, by="behaviour")
def two_sizes_only() -> nn.Module:
    return resnet20(net=TwoSizes)


class Shrinks:
    def forward(self, x: Tensor) -> Tensor:
        if x.shape[-1] not in (32, 48):
            x = F.avg_pool2d(x, 2)
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET20, {"HD-05": "other map sizes"}, also="EQ-01 EQ-02 EQ-03 EQ-04", by="behaviour")
def other_sizes_are_shrunk() -> nn.Module:
    return resnet20(net=Shrinks)
