"""Right networks in operations of no known meaning: a ReLU as the larger of a stack, an addition as twice a mean."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import F, Tensor, nn, resnet18, torch
from .right import CIFAR, R18, activated, add, heads, joined

RELUS = {
    "fmax": lambda x: torch.fmax(x, torch.zeros_like(x)),
    "larger-of-a-stack": lambda x: torch.stack((x, torch.zeros_like(x))).amax(0),
    "elu-of-alpha-0": lambda x: F.elu(x, alpha=0.0),
    "x-by-its-sign": lambda x: x * (torch.sign(x) + 1) / 2,
}
for _name, _act in RELUS.items():
    add(CIFAR, f"relu-as-{_name}", activated(_act))

ADDITIONS = {
    "addcmul": lambda f, s: torch.addcmul(f, s, torch.ones_like(s)),
    "twice-a-mean": lambda f, s: 2 * torch.stack((f, s)).mean(0),
    "sum-of-a-view": lambda f, s: torch.cat((f, s), 1).view(len(f), 2, *f.shape[1:]).sum(1),
    "einsum": lambda f, s: torch.einsum("bnchw->nchw", torch.stack((f, s))),
}
for _name, _join in ADDITIONS.items():
    add(R18, f"addition-as-{_name}", joined(_join))

HEADS = {
    "mean-of-rows-stacked": lambda x: torch.stack([row.mean(2) for row in x.unbind(2)]).mean(0),
}
for _name, _pool in HEADS.items():
    add(CIFAR, f"head-as-{_name}", heads(_pool))


def _unfolded(x: Tensor) -> Tensor:
    return F.pad(x, (1, 1, 1, 1)).unfold(2, 3, 2).unfold(3, 3, 2).amax((-1, -2))


def _of_columns(x: Tensor) -> Tensor:
    columns, small = F.unfold(x, 3, padding=1, stride=2), [(extent + 1) // 2 for extent in x.shape[2:]]
    return columns.view(len(x), x.shape[1], 9, *small).amax(2)


def _of_nine(x: Tensor) -> Tensor:
    y, (height, width) = F.pad(x, (1, 1, 1, 1)), x.shape[2:]
    return torch.stack([y[:, :, i : i + height : 2, j : j + width : 2] for i in range(3) for j in range(3)]).amax(0)


def pools(pool: Callable[[Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-18 with that function in the place of the stem's pool."""

    class Pooled:
        def pool(self, x: Tensor) -> Tensor:
            return pool(x)

    return lambda: resnet18(stem=Pooled)


for _name, _pool in {"windows": _unfolded, "columns": _of_columns, "nine-slices": _of_nine}.items():
    add(R18, f"max-pool-as-{_name}", pools(_pool))
