"""Wrong networks: pooling and classifier, and what happens in training only."""

from __future__ import annotations

import random

from .corpus import RESNET18, RESNET20, RESNET50, wrong
from .faithful import F, Tensor, nn, resnet18, resnet20, resnet50, torch


class Softmax:
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).softmax(1)  # type: ignore[misc]


@wrong(RESNET18, {"HD-02": "fc -> softmax"}, deviation="softmax-in-model")
def softmax_in_model() -> nn.Module:
    return resnet18(net=Softmax)


class LogSoftmax:
    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(super().forward(x), 1)  # type: ignore[misc]


@wrong(RESNET20, {"HD-02": "fc -> log_softmax"}, deviation="softmax-in-model")
def log_softmax_in_model() -> nn.Module:
    return resnet20(net=LogSoftmax)


class Clipped:
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(super().forward(x))  # type: ignore[misc]


@wrong(RESNET20, {"HD-02": "fc -> relu", "ACT-03": "20"})
def relu_behind_classifier() -> nn.Module:
    return resnet20(net=Clipped)


class MaxPooled:
    def pool(self, x: Tensor) -> Tensor:
        return F.adaptive_max_pool2d(x, 1).flatten(1)


@wrong(RESNET18, {"HD-01": "global max pool"}, deviation="head-maxpool")
def head_maxpool() -> nn.Module:
    return resnet18(net=MaxPooled)


class Flat:
    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width * 64, classes)

    def pool(self, x: Tensor) -> Tensor:
        return x.flatten(1)


# 64 x 8 x 8 = 4096 numbers reach the classifier (HD-04); another size has others (HD-05). CT-02: 0.31M.
@wrong(
    RESNET20,
    {"HD-01": "no pooling", "HD-04": "4096", "HD-05": "fails at 48x48"},
    also="CT-02 CT-03 CT-06 CT-07",
    deviation="head-maxpool",
)
def head_flat() -> nn.Module:
    return resnet20(net=Flat)


class FixedWindow:
    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 7, 1).flatten(1)


@wrong(RESNET18, {"HD-07": "kernel 7x7", "HD-05": "fails at 320x320"}, deviation="head-fixed-kernel")
def head_fixed_kernel() -> nn.Module:
    return resnet18(net=FixedWindow)


class FixedStride:
    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 8).flatten(1)


# At 48x48 the window sees a corner of the 12x12 map: the network runs (HD-05 holds) and is wrong.
@wrong(RESNET20, {"HD-07": "kernel 8x8"}, also="HD-05", deviation="head-fixed-kernel")
def head_fixed_kernel_and_stride() -> nn.Module:
    return resnet20(net=FixedStride)


class HalfPooled:
    """A window of half the map, of which the largest average counts."""

    def pool(self, x: Tensor) -> Tensor:
        return F.adaptive_max_pool2d(F.avg_pool2d(x, 4), 1).flatten(1)


@wrong(
    RESNET20,
    {"HD-01": "avg pool of a part of the map; global max pool"},
    also="HD-07",
    deviation="head-maxpool",
)
def head_two_pools() -> nn.Module:
    return resnet20(net=HalfPooled)


class NoClassifier:
    def forward(self, x: Tensor) -> Tensor:
        return self.pool(self.features(x))


# Built and never called: the parameters are right, 512,000 multiply-adds are missing. HD-06 has no classifier
# to look at.
@wrong(RESNET18, {"HD-02": "shape 512", "CT-01": "17"}, also="CT-06", deviation="fc-unused")
def fc_unused() -> nn.Module:
    return resnet18(net=NoClassifier)


class Hidden:
    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, classes))


# CT-05 allows the 262,144 multiply-adds.
@wrong(
    RESNET18,
    {"HD-03": "512 -> 1000", "HD-02": "2 fully connected layers", "CT-01": "19", "ACT-03": "18"},
    also="CT-06 CT-07",
    deviation="extra-fc",
)
def extra_fc() -> nn.Module:
    return resnet18(net=Hidden)


class NoBias:
    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, classes, bias=False)


@wrong(RESNET20, {"HD-06": "none", "CT-03": "-10"}, also="CT-07", deviation="fc-no-bias")
def fc_no_bias() -> nn.Module:
    return resnet20(net=NoBias)


class Hundred:
    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Linear(width, 100)


@wrong(
    RESNET20, {"HD-02": "100 outputs"}, also="CT-02 CT-03 CT-06 CT-07"
)  # nobody asked for 100 classes; 275,572 are 0.28M
def other_classes() -> nn.Module:
    return resnet20(net=Hundred)


class WideDropout:
    """Between the convolutions, as in wide residual networks."""

    def residual(self, x: Tensor) -> Tensor:
        h = F.relu(self.bns[0](self.convs[0](x)))
        return self.bns[1](self.convs[1](F.dropout(h, 0.3, self.training)))


@wrong(
    RESNET20,
    {"ACT-02": "train mode", "BLK-05": "dropout 0.3 in F (train mode)"},
    also="BH-04",
    deviation="dropout",
    where="blocks.0",
)
def dropout_in_block() -> nn.Module:
    return resnet20(block=WideDropout)


class HeadDropout:
    def classifier(self, width: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(0.5), nn.Linear(width, classes))


@wrong(RESNET18, {"ACT-02": "rate 0.5"}, also="BH-04", deviation="dropout", where="fc.0")
def dropout_before_fc() -> nn.Module:
    return resnet18(net=HeadDropout)


class AlwaysDropout:
    def pool(self, x: Tensor) -> Tensor:
        return F.dropout(super().pool(x), 0.1)  # type: ignore[misc]


@wrong(RESNET20, {"ACT-02": "eval mode"}, also="BH-02", deviation="dropout-functional-always-on")
def dropout_functional_always_on() -> nn.Module:
    return resnet20(net=AlwaysDropout)


class RandomDepth:
    """A block that is skipped in nine of ten training steps."""

    def forward(self, x: Tensor) -> Tensor:
        if self.training and random.random() < 0.9:
            return x
        return super().forward(x)  # type: ignore[misc]


@wrong(RESNET50, {"BLK-05": "blocks ran in training, 16 in eval"}, also="BH-04", deviation="stochastic-depth")
def stochastic_depth() -> nn.Module:
    return resnet50(block=RandomDepth, only=set(range(16)) - {0, 3, 7, 13})


class DropPath:
    def residual(self, x: Tensor) -> Tensor:
        y = super().residual(x)  # type: ignore[misc]
        if not self.training:
            return y
        keep = torch.empty(y.shape[0], 1, 1, 1, device=y.device).bernoulli_(0.8)
        return y * keep / 0.8


# One random number for each sample: dropout of whole branches (ACT-02).
@wrong(RESNET20, {"BLK-05": "(train mode)"}, also="BH-04 ACT-02", deviation="stochastic-depth", where="blocks.0")
def drop_path() -> nn.Module:
    return resnet20(block=DropPath)


class WindowAsWide:
    """The usual words of CIFAR networks for the global pool; on a map that is no square it is none."""

    def pool(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, x.shape[3]).flatten(1)


@wrong(RESNET20, {"HD-05": "does not run at 16x64"}, by="behaviour", deviation="head-fixed-kernel")
def head_window_as_wide_as_the_map() -> nn.Module:
    return resnet20(net=WindowAsWide)
