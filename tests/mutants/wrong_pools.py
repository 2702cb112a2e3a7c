"""Wrong networks whose pooling is almost that of right_pools.py."""

from __future__ import annotations

from .corpus import RESNET18, RESNET20, wrong
from .faithful import F, Tensor, nn, resnet18
from .right import heads
from .right_pools import PaddedPool


@wrong(RESNET20, {"HD-01": "sum -> scale"}, deviation="head-maxpool")
def head_sum_by_another_number() -> nn.Module:
    return heads(lambda x: x.sum(2).sum(2) / (x.shape[2] * x.shape[3] + 1))()


@wrong(RESNET20, {"HD-01": "reshape"})
def head_half_of_lines() -> nn.Module:
    return heads(lambda x: F.adaptive_avg_pool1d(x.flatten(2)[..., ::2], 1).squeeze(-1))()


class PaddedWithHalf(PaddedPool):
    value = 0.5


@wrong(RESNET18, {"STEM-03": "pad"}, also="STEM-05")
def pool_padded_with_half() -> nn.Module:
    return resnet18(stem=PaddedWithHalf)


class PaddedInPart(PaddedPool):
    """Minus infinity below and to the right alone."""

    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=self.value), 3, 2)


@wrong(RESNET18, {"STEM-05": "padding"})
def pool_padded_in_part() -> nn.Module:
    return resnet18(stem=PaddedInPart)
