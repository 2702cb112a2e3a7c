"""Right networks that work on their maps in another layout: channels last, rows of channels, channels first of all."""

from __future__ import annotations

from .faithful import F, Tensor, nn, resnet20, torch
from .handwritten import EPS, HandNorm, with_norm
from .right import CIFAR, activated, add, padded


class LastNorm(HandNorm):
    """Batch normalization by hand over (N, H, W, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return self.normalized(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    def normalized(self, y: Tensor) -> Tensor:
        """Of numbers whose last axis are the channels."""
        mean, var = self.mean, self.var
        if self.training:
            mean, var = self.of_last(y)
            self.update(mean, var, y.numel() // y.shape[-1])
        return (y - mean) * torch.rsqrt(var + EPS) * self.gamma + self.beta

    def of_last(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance over all axes but the last."""
        return y.mean(tuple(range(y.dim() - 1))), y.var(tuple(range(y.dim() - 1)), correction=0)


class RowNorm(LastNorm):
    """By hand over (N H W, C)."""

    def forward(self, x: Tensor) -> Tensor:
        last = x.permute(0, 2, 3, 1)
        return self.normalized(last.reshape(-1, x.shape[1])).view(last.shape).permute(0, 3, 1, 2)


class FirstNorm(LastNorm):
    """By hand over (C, N H W)."""

    def forward(self, x: Tensor) -> Tensor:
        first = x.transpose(0, 1)
        lines = first.flatten(1)
        mean, var = self.mean, self.var
        if self.training:
            mean, var = self.of_first(lines)
            self.update(mean, var, lines.shape[1])
        lines = (lines - mean[:, None]) / torch.sqrt(var + EPS)[:, None] * self.gamma[:, None] + self.beta[:, None]
        return lines.view(first.shape).transpose(0, 1)

    def of_first(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance of each line."""
        return lines.mean(1), lines.var(1, correction=0)


for _name, _norm in {"channels-last": LastNorm, "rows": RowNorm, "channels-first": FirstNorm}.items():
    add(CIFAR, f"norm-by-hand-over-{_name}", lambda f=_norm: of_norm(f))


def padded_last(x: Tensor, extra: int, stride: int, value: float = 0.0) -> Tensor:
    """Option A over (N, H, W, C)."""
    return F.pad(x.permute(0, 2, 3, 1)[:, ::stride, ::stride], (0, extra), value=value).permute(0, 3, 1, 2)


def _between_axes(x: Tensor, extra: int, stride: int) -> Tensor:
    return F.pad(x[:, :, ::stride, ::stride].unsqueeze(1), (0, 0, 0, 0, 0, extra)).squeeze(1)


def _beside_zeros(x: Tensor, extra: int, stride: int) -> Tensor:
    last = x.permute(0, 2, 3, 1)[:, ::stride, ::stride]
    return torch.cat([last, last.new_zeros(*last.shape[:3], extra)], 3).permute(0, 3, 1, 2)


for _name, _pad in {"channels-last": padded_last, "five-axes": _between_axes, "zeros-beside": _beside_zeros}.items():
    add(CIFAR, f"option-A-over-{_name}", padded(_pad))


def _last_activated(x: Tensor) -> Tensor:
    last = x.permute(0, 2, 3, 1)
    return ((last + last.abs()) / 2).permute(0, 3, 1, 2)


add(CIFAR, "relu-put-together-over-channels-last", activated(_last_activated))


def of_norm(norm: type[nn.Module]) -> nn.Module:
    """ResNet-20 with this normalization."""
    return resnet20(**with_norm(norm))
