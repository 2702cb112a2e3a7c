"""Random images in the shapes of CIFAR-10, for measurements of speed: no network can learn anything from them.

Their channels have about the mean and the standard deviation of CIFAR-10's, so that numbers are of the usual size.
"""

from __future__ import annotations

import torch

from resnet_impl.cifar10.data import SIZE, Cifar10, Split

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN = (0.4914, 0.4822, 0.4465)  # of the pixels / 255 of the 50,000 training images
STD = (0.2470, 0.2435, 0.2616)
SOURCE = "synthetic: random images, for speed only; errors mean nothing"


def synthesize(train: int = 50_000, test: int = 10_000, seed: int = 0) -> Cifar10:
    """Both sets; each class has as many images as any other, or one more. The same `seed` gives the same images."""
    generator = torch.Generator().manual_seed(seed)
    return Cifar10(_random(train, generator), _random(test, generator), CLASSES, SOURCE, synthetic=True)


def _random(count: int, generator: torch.Generator) -> Split:
    images = torch.empty(count, 3, SIZE, SIZE, dtype=torch.uint8)
    for channel, (mean, std) in enumerate(zip(MEAN, STD, strict=True)):
        # Evenly distributed over mean +- sqrt(3) std, which has that std and, unlike a Gaussian, stays within 0..255.
        low, high = round(255 * (mean - 3**0.5 * std)), round(255 * (mean + 3**0.5 * std))
        images[:, channel].random_(max(low, 0), min(high, 255) + 1, generator=generator)
    return Split(images, torch.arange(count) % len(CLASSES))
