"""Right networks whose pooling is written in more steps than one."""

from __future__ import annotations

from .faithful import F, Tensor, nn, resnet18
from .right import CIFAR, R18, add, heads, right

for _name, _pool in {
    "sum-of-sums-by-number": lambda x: x.sum(2).sum(2) / (x.shape[2] * x.shape[3]),
    "adaptive-pool-of-lines": lambda x: F.adaptive_avg_pool1d(x.flatten(2), 1).squeeze(-1),
    "average-pool-of-lines": lambda x: F.avg_pool1d(x.flatten(2), x.shape[2] * x.shape[3]).squeeze(2),
}.items():
    add(CIFAR, _name, heads(_pool))


class PaddedPool:
    """The stem's pool, padded by hand with a number."""

    value = float("-inf")

    def pool(self, x: Tensor) -> Tensor:
        return F.max_pool2d(F.pad(x, (1, 1, 1, 1), value=self.value), 3, 2)


@right(R18)
def pool_padded_with_minus_infinity() -> nn.Module:
    return resnet18(stem=PaddedPool)
