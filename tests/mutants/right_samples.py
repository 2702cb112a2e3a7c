"""Right networks whose option A takes every other position, or adds to the first channels alone, in unusual ways."""

from __future__ import annotations

from collections.abc import Callable

from .faithful import F, Tensor, ZeroPad, nn, resnet20, torch
from .right import CIFAR, add, padded


def _every(extent: int, stride: int) -> Tensor:
    return torch.arange(0, extent, stride)


def _by_index_select(x: Tensor, stride: int) -> Tensor:
    return x.index_select(2, _every(x.shape[2], stride)).index_select(3, _every(x.shape[3], stride))


def _by_index(x: Tensor, stride: int) -> Tensor:
    return x[:, :, _every(x.shape[2], stride)][..., torch.arange(-(-x.shape[3] // stride)) * stride]


def _by_unfold(x: Tensor, stride: int) -> Tensor:
    return x.unfold(2, 1, stride).unfold(3, 1, stride)[..., 0, 0]


for _name, _sample in {"index-select": _by_index_select, "index": _by_index, "unfold": _by_unfold}.items():

    def _pad(x: Tensor, extra: int, stride: int, sample: Callable[..., Tensor] = _sample) -> Tensor:
        return F.pad(sample(x, stride), (0, 0, 0, 0, 0, extra))

    add(CIFAR, f"samples-by-{_name}", padded(_pad))


class KeptIndex(ZeroPad):
    """The positions that are taken stand in a buffer."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.register_buffer("every", torch.arange(0, 1024, stride))

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (self.every[: -(-extent // self.stride)] for extent in x.shape[2:])
        return F.pad(x[:, :, rows][..., columns], (0, 0, 0, 0, 0, self.extra))


class KeptMatrix(ZeroPad):
    """A strided 1x1 convolution whose weight is fixed: it hands each channel on, between zeros."""

    def __init__(self, channels: int, filters: int, stride: int) -> None:
        super().__init__(channels, filters, stride)
        self.register_buffer("weight", torch.zeros(filters, channels, 1, 1))
        self.weight[range(channels), range(channels)] = 1

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, stride=self.stride)


def keeping(zero_pad: type[nn.Module]) -> Callable[[], nn.Module]:
    """ResNet-20 with this option A."""
    return lambda: resnet20(block=type("Keeping", (), {"zero_pad": zero_pad}))


add(CIFAR, "samples-by-kept-index", keeping(KeptIndex))
add(CIFAR, "samples-by-kept-convolution", keeping(KeptMatrix))


def _by_depthwise(x: Tensor, extra: int, stride: int) -> Tensor:
    ones = torch.ones(x.shape[1], 1, 1, 1, dtype=x.dtype, device=x.device)
    return F.pad(F.conv2d(x, ones, stride=stride, groups=x.shape[1]), (0, 0, 0, 0, 0, extra))


def _by_unshuffle(x: Tensor, extra: int, stride: int) -> Tensor:
    even = F.pad(x, (0, x.shape[3] % stride, 0, x.shape[2] % stride))
    return F.pad(F.pixel_unshuffle(even, stride)[:, :: stride * stride], (0, 0, 0, 0, 0, extra))


add(CIFAR, "samples-by-depthwise-ones", padded(_by_depthwise))
add(CIFAR, "samples-by-pixel-unshuffle", padded(_by_unshuffle))


def _beside(residual: Tensor, x: Tensor) -> Tensor:
    c = x.shape[1]
    return torch.cat([residual[:, :c] + x, residual[:, c:]], 1)


def _in_place(residual: Tensor, x: Tensor) -> Tensor:
    residual[:, : x.shape[1]] += x
    return residual


def _scattered(residual: Tensor, x: Tensor) -> Tensor:
    return residual.slice_scatter(residual[:, : x.shape[1]] + x, 1, 0, x.shape[1])


def _index_added(residual: Tensor, x: Tensor) -> Tensor:
    return residual.index_add(1, torch.arange(x.shape[1]), x)


def narrow(join: Callable[[Tensor, Tensor], Tensor]) -> Callable[[], nn.Module]:
    """ResNet-20 whose shortcuts hand on the channels that there are, to be joined by that function of (F, x)."""

    class Narrow:
        def forward(self, x: Tensor) -> Tensor:
            return F.relu(join(self.residual(x), x[:, :, :: self.stride, :: self.stride]))

    return lambda: resnet20(block=Narrow)


for _name, _join in {
    "side-by-side": _beside,
    "in-place": _in_place,
    "by-slice-scatter": _scattered,
    "by-index-add": _index_added,
}.items():
    add(CIFAR, f"first-channels-{_name}", narrow(_join))
