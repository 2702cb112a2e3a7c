"""Wrong networks in the layouts of right_layouts.py."""

from __future__ import annotations

from .corpus import RESNET20, wrong
from .faithful import F, Tensor, nn
from .right import padded
from .right_layouts import FirstNorm, LastNorm, RowNorm, of_norm, padded_last


class OfImages(LastNorm):
    """Statistics of each image, over (N, H, W, C)."""

    def of_last(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y.mean((1, 2), keepdim=True), y.var((1, 2), correction=0, keepdim=True)

    def update(self, mean: Tensor, var: Tensor, n: int) -> None:
        super().update(mean.mean((0, 1, 2)), var.mean((0, 1, 2)), n)


class UnbiasedRows(RowNorm):
    def of_last(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y.mean(0), y.var(0)


class UnbiasedLines(FirstNorm):
    def of_first(self, lines: Tensor) -> tuple[Tensor, Tensor]:
        return lines.mean(1), lines.var(1)


class OfRows(RowNorm):
    """Statistics of each row: over the channels."""

    def normalized(self, y: Tensor) -> Tensor:
        return super().normalized(y - y.mean(1, keepdim=True))


@wrong(RESNET20, {"BLK-01": "stands instance_norm, where it has in eval batch_norm"})
def norm_of_each_image_channels_last() -> nn.Module:
    return of_norm(OfImages)


@wrong(RESNET20, {"BLK-01": "stands unbiased_norm, where it has in eval batch_norm"})
def norm_unbiased_over_rows() -> nn.Module:
    return of_norm(UnbiasedRows)


@wrong(RESNET20, {"BLK-01": "stands unbiased_norm, where it has in eval batch_norm"})
def norm_unbiased_over_lines() -> nn.Module:
    return of_norm(UnbiasedLines)


@wrong(RESNET20, {"BN-01": "conv -> permute and sub"}, also="BLK-02 BLK-05")
def norm_behind_centred_rows() -> nn.Module:
    return of_norm(OfRows)


@wrong(RESNET20, {"SC-03": "slice -> pad with 1"}, also="SC-09")
def option_a_of_ones_channels_last() -> nn.Module:
    return padded(lambda x, extra, stride: padded_last(x, extra, stride, 1.0))()


@wrong(RESNET20, {"SC-16": "(1, 1)"}, deviation="optA-offset")
def option_a_channels_last_from_1() -> nn.Module:
    return padded(lambda x, e, s: F.pad(x.permute(0, 2, 3, 1)[:, 1::s, 1::s], (0, e)).permute(0, 3, 1, 2))()
