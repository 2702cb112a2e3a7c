"""What a network answers on a set of images: error, loss and who is taken for whom.

Section 4.2 of He et al. 2015: "For testing, we only evaluate the single view of the original 32x32 image."
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor, nn

from resnet_impl.cifar10.data import Split
from resnet_impl.cifar10.recipe import Precision
from resnet_impl.cifar10.views import Views

BATCH = 500  # images at once; the result does not depend on it but for rounding


@dataclass(frozen=True, slots=True)
class Answers:
    """`confusion` is int64 (classes, classes): [i, j] images of class i were taken for class j. `loss` is the mean."""

    confusion: Tensor
    loss: float

    @property
    def images(self) -> int:
        """How many were shown."""
        return int(self.confusion.sum())

    @property
    def error(self) -> float:
        """Wrong answers in percent."""
        return 100 * (self.images - int(self.confusion.diagonal().sum())) / self.images

    def error_of(self, label: int) -> float:
        """Wrong answers in percent of the images of one class."""
        row = self.confusion[label]
        images = int(row.sum())
        return 100 * (images - int(row[label])) / max(1, images)


@torch.no_grad()
def evaluate(
    net: nn.Module, images: Split, views: Views, precision: Precision = "fp32", channels_last: bool = False
) -> Answers:
    """Show the network every image once, in eval mode; its mode is as it was afterwards.

    `images` lie on the device of the network.
    """
    device = images.images.device
    classes = 1 + int(images.labels.max())
    loss = torch.zeros((), dtype=torch.float64, device=device)
    confusion: Tensor | None = None
    trained = net.training
    net.eval()
    try:
        for start in range(0, len(images), BATCH):
            x = views.test_view(images.images[start : start + BATCH])
            labels = images.labels[start : start + BATCH]
            x = x.to(memory_format=torch.channels_last) if channels_last else x
            with torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext():
                logits = net(x)
            if confusion is None:
                classes = max(classes, logits.shape[1])
                confusion = torch.zeros(classes * classes, dtype=torch.int64, device=device)
            loss += F.cross_entropy(logits.float(), labels, reduction="sum").double()
            pairs = labels * classes + logits.argmax(1)
            confusion += torch.bincount(pairs, minlength=classes * classes)
    finally:
        net.train(trained)
    assert confusion is not None
    return Answers(confusion.view(classes, classes).cpu(), float(loss) / len(images))
