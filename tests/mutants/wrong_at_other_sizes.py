"""Networks that are the paper's at the paper's input size alone: only running them at another size shows the fault.

At 224x224, where structure is read, the graph is right. Blocks are run alone at a size of the laboratory's choice, so
that each of these fails by behaviour, and the clause of the rule that it breaks there says so.
"""

from __future__ import annotations

from .corpus import RESNET18, RESNET50, wrong
from .faithful import F, Projection, Tensor, ZeroPad, nn, resnet18, resnet50, torch
from .faithful_preactivation import preresnet152
from .right_preactivation import PRE152

RESNET18_A, RESNET34_C = "imagenet/resnet18-A", "imagenet/resnet34-C"
SIZES = (224, 56, 28, 14, 7)  # of the input and of the stages' maps (Table 1)


def is_elsewhere(x: Tensor) -> bool:
    """Is this a map of another size than Table 1's?"""
    return x.shape[-1] not in SIZES


# --- what the addition does ---


class Subtracts:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return shortcut - residual if is_elsewhere(shortcut) else residual + shortcut


# A change of F changes the difference by its opposite (BLK-05); with F zero it is x (BLK-09 holds).
@wrong(RESNET18, {"BLK-01": "conv2_1 (blocks.0.convs) does not add its branches"}, also="BLK-05", by="behaviour")
def small_maps_are_subtracted() -> nn.Module:
    return resnet18(block=Subtracts)


class Unactivated:
    def forward(self, x: Tensor) -> Tensor:
        y = self.join(self.residual(x), self.shortcut(x))  # type: ignore[attr-defined]
        return y if is_elsewhere(y) else F.relu(y)


@wrong(
    RESNET18,
    {"BLK-03": "conv3_2 (blocks.3.convs) gives negative values: no ReLU follows", "BLK-09": "does not return ReLU(x)"},
    deviation="no-relu-after-add",
    where="blocks.3",
    by="behaviour",
)
def small_maps_are_not_activated() -> nn.Module:
    return resnet18(block=Unactivated, only={3})


class Scaled:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return (0.3 * residual if is_elsewhere(shortcut) else residual) + shortcut


@wrong(
    RESNET50,
    {"BLK-05": "does not add F with weight one. it changes the sum by 0.3 times as much"},
    deviation="residual-scaled",
    by="behaviour",
)
def small_maps_are_scaled() -> nn.Module:
    return resnet50(block=Scaled)


class Softened:
    def forward(self, x: Tensor) -> Tensor:
        y = self.join(self.residual(x), self.shortcut(x))  # type: ignore[attr-defined]
        return F.softplus(y) if is_elsewhere(y) else F.relu(y)


# Never negative: BLK-03 holds.
@wrong(
    RESNET18,
    {"BLK-09": "With F zero conv2_2 (blocks.1.convs) does not return ReLU(x)"},
    where="blocks.1",
    by="behaviour",
)
def small_maps_are_softened() -> nn.Module:
    return resnet18(block=Softened, only={1})


class LargerBranch:
    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        return torch.maximum(residual, shortcut) if is_elsewhere(shortcut) else residual + shortcut


# With F zero x is the sum where it is positive alone: SC-01 looks at the sum, too.
@wrong(
    PRE152,
    {"V2-02": "With F zero conv2_2 (units.1.convs) does not return x", "BLK-01": "does not add its branches"},
    also="BLK-05 SC-01",
    where="units.1",
    by="behaviour",
)
def pre_small_maps_are_compared() -> nn.Module:
    return preresnet152(unit=LargerBranch, only={1})


# --- what a shortcut without parameters does ---


class Mirrored:
    def make_shortcut(self, channels: int, filters: int, stride: int) -> nn.Module:
        return Mirror()


class Mirror(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flip(-1) if is_elsewhere(x) else x


@wrong(RESNET18, {"SC-01": "The shortcut of conv2_2 (blocks.1.convs) changes x"}, where="blocks.1", by="behaviour")
def small_maps_are_mirrored() -> nn.Module:
    return resnet18(block=Mirrored, only={1})


class Gamma:
    """The shortcut is multiplied by the gamma of F's last BN."""

    def join(self, residual: Tensor, shortcut: Tensor) -> Tensor:
        if is_elsewhere(shortcut):
            shortcut = shortcut * self.bns[-1].weight[:, None, None]  # type: ignore[attr-defined]
        return residual + shortcut


@wrong(
    RESNET18,
    {"SC-02": "it reads blocks.1.bns.1.weight", "SC-01": "The shortcut of conv2_2 (blocks.1.convs) changes x"},
    where="blocks.1",
    by="behaviour",
)
def small_maps_are_weighted() -> nn.Module:
    return resnet18(block=Gamma, only={1})


# --- option A ---


def padded(zero_pad: type[nn.Module]) -> nn.Module:
    """ResNet-18 with that option A."""
    return resnet18(option="A", block=type("Padding", (), {"zero_pad": zero_pad}))


class HalfOfTheChannels(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        if not is_elsewhere(x):
            return super().forward(x)
        half = x.shape[1] // 2
        return F.pad(x[:, :half, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra + half))


@wrong(
    RESNET18_A,
    {"SC-03": "32 channels that are not zero"},
    where="blocks.2",
    by="behaviour",
)
def small_maps_lose_channels() -> nn.Module:
    return padded(HalfOfTheChannels)


class Ones(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        small = x[:, :, :: self.stride, :: self.stride]
        return F.pad(small, (0, 0, 0, 0, 0, self.extra), value=1.0 if is_elsewhere(x) else 0.0)


@wrong(
    RESNET18_A,
    {"SC-03": "128 channels that are not zero"},
    also="SC-15",
    where="blocks.2",
    by="behaviour",
)
def small_maps_are_padded_with_ones() -> nn.Module:
    return padded(Ones)


class Average(ZeroPad):
    def forward(self, x: Tensor) -> Tensor:
        if not is_elsewhere(x):
            return super().forward(x)
        return F.pad(F.avg_pool2d(x, 2, ceil_mode=True), (0, 0, 0, 0, 0, self.extra))


@wrong(
    RESNET18_A,
    {"SC-16": "does not take every pixel of the grid"},
    deviation="optA-avgpool2",
    where="blocks.2",
    by="behaviour",
)
def small_maps_are_averaged() -> nn.Module:
    return padded(Average)


# --- projections ---


class Rectified(Projection):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return F.relu(y) if is_elsewhere(y) else y


@wrong(
    RESNET18,
    {"SC-15": "The shortcut of conv3_1 (blocks.2.convs) does not pass all values."},
    where="blocks.2",
    by="behaviour",
)
def small_projections_are_rectified() -> nn.Module:
    return resnet18(block=type("Shortcut", (), {"projection": Rectified}))


class Blurred(Projection):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.avg_pool2d(x, 3, 1, 1) if is_elsewhere(x) else x)


class OfBlurred:
    projection = Blurred


@wrong(
    RESNET50,
    {"SC-04": "The projection of conv2_1 (blocks.0.convs) sees more than one pixel"},
    where="blocks.0",
    by="behaviour",
)
def small_maps_are_blurred() -> nn.Module:
    return resnet50(block=OfBlurred)


@wrong(
    RESNET34_C,
    {"SC-05": "The projection of conv2_1 (blocks.0.convs) sees more than one pixel"},
    where="blocks.0",
    by="behaviour",
)
def small_maps_are_blurred_everywhere() -> nn.Module:
    return resnet18(counts=(3, 4, 6, 3), option="C", block=OfBlurred)


class Squashed(Projection):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.tanh() if is_elsewhere(x) else x)


@wrong(RESNET18, {"SC-04": "The projection of conv3_1 (blocks.2.convs) is not linear in x"}, by="behaviour")
def small_maps_are_squashed() -> nn.Module:
    return resnet18(block=type("Shortcut", (), {"projection": Squashed}))


# --- the head ---


class LargestValue:
    def pool(self, x: Tensor) -> Tensor:
        pool = F.adaptive_max_pool2d if is_elsewhere(x) else F.adaptive_avg_pool2d
        return pool(x, 1).flatten(1)


@wrong(RESNET18, {"HD-01": "The head is no average over all positions"}, deviation="head-maxpool", by="behaviour")
def small_maps_are_max_pooled() -> nn.Module:
    return resnet18(net=LargestValue)


class Probabilities:
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)  # type: ignore[misc]
        return y.softmax(1) if is_elsewhere(x) else y


@wrong(RESNET18, {"HD-02": "rows that sum to 1"}, deviation="softmax-in-model", by="behaviour")
def small_images_get_probabilities() -> nn.Module:
    return resnet18(net=Probabilities)
