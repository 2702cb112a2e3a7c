"""What the network sees of an image: in training a random crop, perhaps mirrored; in testing the image itself.

Source: He et al. 2015, arXiv:1512.03385, section 4.2: "The network inputs are 32x32 images, with the per-pixel mean
subtracted" and "4 pixels are padded on each side, and a 32x32 crop is randomly sampled from the padded image or its
horizontal flip. For testing, we only evaluate the single view of the original 32x32 image."

This follows its [24], Lee et al. 2015, *Deeply-Supervised Nets*, section 4.1, which pads with zeros.

Free choices. The order: the mean is subtracted first, at the pixels that it was taken of, so the zeros are zeros of the
network input. The scale: everything here is in units of pixels / 255, so inputs are pixels / 255 - mean, with a mean of
0 to 1. Many implementations also divide by the standard deviation, which section 4.2 does not speak of.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import pad as zero_pad

from resnet_impl.cifar10.data import SIZE

CHUNK = 1000  # images summed at once: sums in int64 need eight times the memory of the pixels


def per_pixel_mean(images: Tensor) -> Tensor:
    """The mean image: uint8 (N, 3, 32, 32) -> float32 (3, 32, 32), in 0..1. The same on every device.

    Raises ValueError without images, as do the next two.
    """
    _require_images(images)
    total = torch.zeros(images.shape[1:], dtype=torch.int64, device=images.device)
    for start in range(0, len(images), CHUNK):
        total += images[start : start + CHUNK].sum(0, dtype=torch.int64)
    return (total.double() / (255 * len(images))).float()


def per_channel_mean(images: Tensor) -> Tensor:
    """uint8 (N, 3, 32, 32) -> float32 (3,), in 0..1."""
    means = [float(first) / 255 for first, _ in _moments(images)]
    return torch.tensor(means, dtype=torch.float32, device=images.device)


def per_channel_std(images: Tensor) -> Tensor:
    """Over all pixels of a channel, with divisor N 32 32: uint8 (N, 3, 32, 32) -> float32 (3,)."""
    stds = [sqrt(second - first**2) / 255 for first, second in _moments(images)]
    return torch.tensor(stds, dtype=torch.float32, device=images.device)


def _moments(images: Tensor) -> list[tuple[Fraction, Fraction]]:
    """The means of pixels and of their squares, for each channel. Exact, from how often each of 256 values occurs."""
    _require_images(images)
    found = []
    for channel in range(images.shape[1]):
        counts = images[:, channel].flatten().bincount(minlength=256).tolist()
        pixels = sum(counts)
        first = Fraction(sum(value * count for value, count in enumerate(counts)), pixels)
        found.append((first, Fraction(sum(value**2 * count for value, count in enumerate(counts)), pixels)))
    return found


def _require_images(images: Tensor) -> None:
    if images.dtype != torch.uint8 or len(images) == 0:
        raise ValueError(f"a mean is taken of uint8 images, at least one; got {images.dtype} {tuple(images.shape)}")


class Views(nn.Module):
    """`views(images)` for training, `views.test_view(images)` for testing; it moves between devices like a network.

    `mean` is float32 (3, 32, 32) or (3,), `std` likewise, or None for no division. `pad` is in pixels; without `flip`
    nothing is drawn mirrored. Nothing in it waits for the device, and with the default generator all of it can be
    captured in a CUDA graph.

    Raises ValueError for another shape, a mean outside 0..1, a std that is not above 0, and a negative pad.
    """

    mean: Tensor
    std: Tensor | None
    line: Tensor

    def __init__(self, mean: Tensor, std: Tensor | None = None, pad: int = 4, flip: bool = True) -> None:
        super().__init__()
        if pad < 0:
            raise ValueError(f"pad must be a number of pixels, 0 or more; got {pad}")
        self.pad, self.flip = pad, flip
        self.register_buffer("mean", _broadcastable("mean", mean))
        self.register_buffer("std", None if std is None else _broadcastable("std", std))
        if not bool(((self.mean >= 0) & (self.mean <= 1)).all()):
            raise ValueError("mean must be of pixels / 255, so within 0..1")
        if self.std is not None and not bool((self.std > 0).all()):
            raise ValueError("std must be above 0 everywhere: a channel of one single value cannot be divided by it")
        self.register_buffer("line", torch.arange(SIZE, device=mean.device), persistent=False)

    def forward(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A random view of each image: uint8 (B, 3, 32, 32) -> float32 (B, 3, 32, 32).

        The numbers come from the generator's device and are moved to the images: a generator of the CPU gives the same
        crops on every device.
        """
        device = images.device if generator is None else generator.device
        return self.cut(images, self.draw(len(images), generator, device).to(images.device, non_blocking=True))

    def draw(
        self, count: int, generator: torch.Generator | None = None, device: torch.device | str | None = None
    ) -> Tensor:
        """How to cut `count` images, int64 (count, 3): down and right, 0 to 2 pad each, and 1 where mirrored.

        All (2 pad + 1)^2 2 outcomes are equally likely, and images are independent of each other.
        """
        shift = torch.randint(2 * self.pad + 1, (count, 2), generator=generator, device=device)
        mirrored = torch.randint(2 if self.flip else 1, (count, 1), generator=generator, device=device)
        return torch.cat((shift, mirrored), dim=1)

    def cut(self, images: Tensor, offsets: Tensor) -> Tensor:
        """The views at these offsets (see `draw`): uint8 (B, 3, 32, 32), int64 (B, 3) -> float32 (B, 3, 32, 32).

        An offset of `pad` down and right leaves an image where it is; one of 0 moves it down and to the right. It is
        mirrored after it is cut.
        """
        down, right, mirrored = offsets[:, :, None].unbind(1)  # (B, 1) each
        padded = zero_pad(self.test_view(images), (self.pad,) * 4)  # (B, 3, 40, 40)
        rows = down + self.line  # (B, 32)
        columns = right + torch.where(mirrored == 1, self.line.flip(0), self.line)  # (B, 32)
        # One gather with the same places for all channels: of eight ways that were timed on a CPU the fastest.
        places = rows[:, :, None] * padded.shape[-1] + columns[:, None, :]  # (B, 32, 32)
        places = places.flatten(1)[:, None].expand(-1, images.shape[1], -1)  # (B, 3, 1024)
        return padded.flatten(2).gather(2, places).view(images.shape)

    def test_view(self, images: Tensor) -> Tensor:
        """(pixels / 255 - mean) / std: uint8 (B, 3, 32, 32) -> float32 (B, 3, 32, 32)."""
        x = images.float().div_(255).sub_(self.mean)
        return x if self.std is None else x.div_(self.std)


def _broadcastable(name: str, values: Tensor) -> Tensor:
    """(3,) -> (3, 1, 1); what has three axes stays."""
    shape = tuple(values.shape)
    if shape == (3,):
        return values.detach().float().clone()[:, None, None]
    if shape not in ((3, 1, 1), (3, SIZE, SIZE)):
        raise ValueError(f"{name} must be (3,) or (3, {SIZE}, {SIZE}); got {shape}")
    return values.detach().float().clone()
