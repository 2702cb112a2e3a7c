"""Recipes as people write them with torch and torchvision: the paper's, and their parts for wrong ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR, MultiStepLR, ReduceLROnPlateau
from torchvision import transforms
from torchvision.transforms import v2

Recipe = dict[str, Any]
MEAN = 0.45 + 0.1 * torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(7))
BIG_MEAN = 0.45 + 0.1 * torch.rand(3, 224, 224, generator=torch.Generator().manual_seed(8))
CHANNELS = transforms.Normalize((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))


class Subtract:
    """The per-pixel mean of a data set."""

    def __init__(self, mean: Tensor) -> None:
        self.mean = mean

    def __call__(self, image: Tensor) -> Tensor:
        return image - self.mean


class Lighting:
    """AlexNet's colour augmentation, with the figures that ports of it have."""

    values = torch.tensor([0.2175, 0.0188, 0.0045])
    vectors = torch.tensor([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])

    def __call__(self, image: Tensor) -> Tensor:
        return image + (self.vectors @ (0.1 * torch.randn(3) * self.values))[:, None, None]


class RandomShorterSide:
    """A shorter side drawn in [256, 480]."""

    def __init__(self, low: int = 256, high: int = 480) -> None:
        self.low, self.high = low, high

    def __call__(self, image: Any) -> Any:
        side = int(torch.randint(self.low, self.high + 1, ()))
        return transforms.functional.resize(image, side)


def sgd(parameters: Any) -> SGD:
    return SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-4)


def sgd_without_decay_of_norms(model: torch.nn.Module) -> SGD:
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 1e-4}, {"params": others, "weight_decay": 0.0}]
    return SGD(groups, lr=0.1, momentum=0.9)


class DecoupledSGD(SGD):
    """SGD whose weights shrink beside the gradient, so that their decay never enters the momentum."""

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        decays = [group["weight_decay"] for group in self.param_groups]
        for group in self.param_groups:
            for p in group["params"]:
                p.mul_(1 - group["lr"] * group["weight_decay"])
            group["weight_decay"] = 0.0
        super().step(closure)
        for group, decay in zip(self.param_groups, decays, strict=True):
            group["weight_decay"] = decay


def multi_step(optimizer: Any) -> MultiStepLR:
    return MultiStepLR(optimizer, milestones=[32_000, 48_000], gamma=0.1)


def by_epochs(*milestones: int) -> Callable[[Any], MultiStepLR]:
    return lambda optimizer: MultiStepLR(optimizer, milestones=list(milestones))


def with_warm_up(length: int = 400, rate: float = 0.1) -> Callable[[Any], LambdaLR]:
    def factor(step: int) -> float:
        if step < length:
            return rate
        return 1.0 if step < 32_000 else 0.1 if step < 48_000 else 0.01

    return lambda optimizer: LambdaLR(optimizer, factor)


def plateau(optimizer: Any) -> ReduceLROnPlateau:
    return ReduceLROnPlateau(optimizer)


def cosine(step: int) -> float:
    return 0.05 * (1 + math.cos(math.pi * step / 64_000))


def cifar_train(*extra: Any, pad: Any = None, flip: Any = None, end: Any = None) -> transforms.Compose:
    """The transform that tutorials have, with the paper's mean; other parts where given."""
    return transforms.Compose(
        [
            transforms.RandomCrop(32, padding=4) if pad is None else pad,
            transforms.RandomHorizontalFlip() if flip is None else flip,
            *extra,
            transforms.ToTensor(),
            Subtract(MEAN) if end is None else end,
        ]
    )


CIFAR_TEST = transforms.Compose([transforms.ToTensor(), Subtract(MEAN)])


CIFAR_TRAIN = cifar_train()


def cifar(**changes: Any) -> Recipe:
    """The recipe of section 4.2, with changes; None takes a part away."""
    recipe: Recipe = {
        "optimizer": sgd,
        "schedule": multi_step,
        "iterations": 64_000,
        "batch_size": 128,
        "train_transform": CIFAR_TRAIN,
        "test_transform": CIFAR_TEST,
    }
    return {key: value for key, value in {**recipe, **changes}.items() if value is not None}


def cifar_in_v2() -> Recipe:
    """The same with torchvision's second transforms, by epochs, and the padding before the crop."""
    train = v2.Compose(
        [
            v2.ToImage(),
            v2.Pad(4),
            v2.RandomHorizontalFlip(),
            v2.RandomCrop(32),
            v2.ToDtype(torch.float32, scale=True),
            v2.Lambda(Subtract(MEAN)),
        ]
    )
    test = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Lambda(Subtract(MEAN))])
    return cifar(
        schedule=by_epochs(82, 123),
        steps_per_epoch=391,
        iterations=None,
        epochs=164,
        train_transform=train,
        test_transform=test,
    )


def cifar_by_hand() -> Recipe:
    """Tensors in, the mean before the crop (so that zeros stand around the difference), own schedule."""

    def train(image: Tensor) -> Tensor:
        padded = torch.nn.functional.pad(image - MEAN, (4, 4, 4, 4))
        top, left = (int(torch.randint(0, 9, ())) for _ in range(2))
        crop = padded[:, top : top + 32, left : left + 32]
        return crop.flip(-1) if torch.rand(()) < 0.5 else crop

    def rate(step: int) -> float:
        return 0.1 / 10 ** ((step >= 32_000) + (step >= 48_000))

    return cifar(schedule=rate, train_transform=train, test_transform=lambda image: image - MEAN)


def imagenet_train(
    *, size: Any = None, crop: Any = None, flip: Any = None, colour: Any = None, end: Any = None
) -> transforms.Compose:
    """Section 3.4, with other parts where given."""
    return transforms.Compose(
        [
            RandomShorterSide() if size is None else size,
            transforms.RandomCrop(224) if crop is None else crop,
            transforms.RandomHorizontalFlip() if flip is None else flip,
            transforms.ToTensor(),
            Lighting() if colour is None else colour,
            Subtract(BIG_MEAN) if end is None else end,
        ]
    )


def imagenet(**changes: Any) -> Recipe:
    """The recipe of section 3.4, with changes; None takes a part away."""
    recipe: Recipe = {
        "optimizer": sgd,
        "schedule": plateau,
        "steps_per_epoch": 5005,
        "iterations": 600_000,
        "batch_size": 256,
        "train_transform": imagenet_train(),
    }
    return {key: value for key, value in {**recipe, **changes}.items() if value is not None}


RECIPE_FOR_ADDRESSES = cifar()
