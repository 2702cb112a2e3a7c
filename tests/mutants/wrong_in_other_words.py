"""Wrong networks in operations that nobody names: near a ReLU, an addition or a pool, and none."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, wrong
from .faithful import F, Tensor, nn, resnet18, torch
from .right import activated, heads, joined


@wrong(RESNET18, {"BLK-05": "0.5"}, also="BLK-09", deviation="residual-scaled")
def mean_of_a_stack() -> nn.Module:
    return joined(lambda f, s: torch.stack((f, s)).mean(0))()


@wrong(RESNET18, {"BLK-01": "logaddexp"}, also="BLK-09")
def joined_by_logaddexp() -> nn.Module:
    return joined(torch.logaddexp)()


@wrong(RESNET20, {"ACT-01": "elu"}, also="BLK-09", deviation="act-other")
def elu_of_a_small_alpha() -> nn.Module:
    return activated(lambda x: F.elu(x, alpha=1e-3))()


@wrong(RESNET20, {"HD-01": "nanmedian"}, deviation="head-maxpool")
def middle_of_the_map() -> nn.Module:
    return heads(lambda x: x.flatten(2).nanmedian(2).values)()


class Windows:
    """Windows of 3x3 with stride 2 whose padding is 1, above what a ReLU gives at times."""

    def pool(self, x: Tensor) -> Tensor:
        return F.pad(x, (1, 1, 1, 1), value=1.0).unfold(2, 3, 2).unfold(3, 3, 2).amax((-1, -2))


@wrong(RESNET18, {"EQ-01": "conv2_1"}, also="EQ-02 EQ-03 EQ-04")
def windows_padded_with_ones() -> nn.Module:
    return resnet18(stem=Windows)


@wrong(RESNET20, {"ACT-01": "elu"}, also="BLK-02 BLK-03 BLK-09", deviation="act-other")
def elu_of_alpha_0_with_the_gradient_of_x() -> nn.Module:
    """The values of a ReLU, and a gradient that passes everywhere."""
    return activated(lambda x: x + (F.elu(x, alpha=0.0) - x).detach())()
