"""Right recipes in several hands pass; a recipe that is wrong in one way fails by the clause that speaks of it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.optim import SGD, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR
from torchvision import transforms

from resnet_conformance.experiments.recipes import CHECKS

from . import ingredients as made
from .judging import PLAIN_SGD, SPEC, examine, outcomes

RIGHT = {
    "torchvision": (made.cifar(), PLAIN_SGD),
    "torchvision v2, by epochs": (made.cifar_in_v2(), PLAIN_SGD),
    "by hand": (made.cifar_by_hand(), PLAIN_SGD),
    "no decay of norms": (made.cifar(optimizer=made.sgd_without_decay_of_norms), PLAIN_SGD | {"TI-05a": "pass"}),
    "epochs of 45,000 images": (
        made.cifar(schedule=made.by_epochs(91, 136), steps_per_epoch=352, iterations=182 * 352), PLAIN_SGD),
    "numbers up to 255": (
        made.cifar(
            train_transform=made.cifar_train(end=lambda x: 255 * (x - made.MEAN)),
            test_transform=transforms.Compose([made.CIFAR_TEST, lambda x: 255 * x])), PLAIN_SGD),
    "nesterov, admitted": (
        made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)),
        PLAIN_SGD | {"TI-05b": "pass"}),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_recipe_passes(name: str) -> None:
    recipe, expected = RIGHT[name]
    results = examine(recipe)
    assert outcomes(results) == dict.fromkeys(("TC-01", "TC-02", "TC-03", "TC-04"), "pass") | expected, results


def diagonal(image: Any) -> Any:
    """A crop whose two offsets are one number."""
    offset = int(torch.randint(0, 9, ()))
    return transforms.functional.crop(transforms.functional.pad(image, [4]), offset, offset, 32, 32)


def seldom_flipped(image: Any) -> Any:
    """A flip of one image in twenty."""
    return transforms.functional.hflip(image) if torch.rand(()) > 0.95 else image


WRONG: dict[str, tuple[made.Recipe, str, str]] = {
    "weight decay": (
        made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=2e-4)), "TC-01",
        "The weight decay of convolution weights is 0.0002, not 0.0001."),
    "no weight decay": (made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.9)), "TC-01", "is 0, not 0.0001"),
    "decoupled weight decay": (
        made.cifar(optimizer=lambda p: made.DecoupledSGD(p, 0.1, momentum=0.9, weight_decay=1e-4)), "TC-01",
        "The weight decay of convolution weights is decoupled"),
    "decoupled weight decay, nesterov": (
        made.cifar(
            optimizer=lambda p: made.DecoupledSGD(p, 0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)),
        "TC-01", "is decoupled"),
    "momentum": (
        made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.95, weight_decay=1e-4)), "TC-01",
        "The momentum is 0.95, not 0.9."),
    "no momentum": (
        made.cifar(optimizer=lambda p: SGD(p, 0.1, weight_decay=1e-4)), "TC-01", "The momentum is 0, not 0.9."),
    "adam": (made.cifar(optimizer=lambda p: AdamW(p, 0.1, weight_decay=1e-4)), "TC-01", "AdamW is no SGD"),
    "damped": (
        made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.9, dampening=0.9, weight_decay=1e-4)), "TI-05",
        "another form"),
    "batch": (made.cifar(batch_size=256), "TC-01", "The mini-batch has 256 images, not 128."),
    "drops of fb.resnet.torch": (
        made.cifar(schedule=made.by_epochs(81, 122), steps_per_epoch=391, iterations=164 * 391), "TC-02",
        "The rate is 0.01 in iterations 31,671 to 47,702; it has that value from 32,000 to 48,000."),
    "drops at 100 and 150": (
        made.cifar(schedule=made.by_epochs(100, 150), steps_per_epoch=391, iterations=200 * 391), "TC-02",
        "Training ends after 78,200 iterations, not 64,000."),
    "drop by 5": (
        made.cifar(schedule=lambda o: StepLR(o, 32_000, 0.2)), "TC-02", "a value that it never has"),
    "first rate": (
        made.cifar(optimizer=lambda p: SGD(p, 0.05, momentum=0.9, weight_decay=1e-4)), "TC-02", "The rate is 0.05 in"),
    "cosine": (made.cifar(schedule=lambda o: CosineAnnealingLR(o, 64_000)), "TC-02", "a value that it never has"),
    "cosine by hand": (made.cifar(schedule=made.cosine), "TC-02", "a value that it never has"),
    "one cycle": (made.cifar(schedule=lambda o: OneCycleLR(o, 0.1, 64_001)), "TC-02", "a value that it never has"),
    "warm-up of a shallow net": (made.cifar(schedule=made.with_warm_up()), "TC-02", "0.01 in iterations 0 to 400"),
    "end": (made.cifar(iterations=78_000), "TC-02", "Training ends after 78,000 iterations, not 64,000."),
    "reflection": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomCrop(32, 4, padding_mode="reflect"))),
        "TC-03", "The padding is reflection, not zeros."),
    "edges": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomCrop(32, 4, padding_mode="edge"))),
        "TC-03", "The padding is repeated edges, not zeros."),
    "grey padding": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomCrop(32, 4, fill=128))), "TC-03",
        "neither black nor 0"),
    "padding of 2": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomCrop(32, 2))), "TC-03",
        "Crops move by -2 to 2 rows"),
    "no crop": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.Pad(0))), "TC-03", "Crops move by 0 rows"),
    "crop of 28": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomCrop(28), end=made.CHANNELS)), "TC-03",
        "The output is 28x28, not 32x32."),
    "resized crop": (
        made.cifar(train_transform=made.cifar_train(pad=transforms.RandomResizedCrop(32))), "TC-03",
        "the image is changed otherwise"),
    "no flip": (
        made.cifar(train_transform=made.cifar_train(flip=transforms.Pad(0))), "TC-03", "flipped in 0 of 400 draws"),
    "always a flip": (
        made.cifar(train_transform=made.cifar_train(flip=transforms.RandomHorizontalFlip(1.0))), "TC-03",
        "flipped in 400 of 400 draws, where 200 are expected"),
    "flip upside down too": (
        made.cifar(train_transform=made.cifar_train(transforms.RandomVerticalFlip())), "TC-03",
        "Images are flipped upside down."),
    "rows and columns together": (
        made.cifar(train_transform=made.cifar_train(pad=diagonal)), "TC-03",
        "rows and columns moved equally far in 400 of 400 draws"),
    "colour": (
        made.cifar(train_transform=made.cifar_train(transforms.ColorJitter(0.2))), "TC-03",
        "differently from draw to draw"),
    "hue": (
        made.cifar(train_transform=made.cifar_train(transforms.ColorJitter(hue=0.2))), "TC-03", "recoloured"),
    "rotation": (
        made.cifar(train_transform=made.cifar_train(transforms.RandomRotation(10))), "TC-03", "rotated"),
    "erasing": (
        made.cifar(train_transform=transforms.Compose([made.cifar_train(), transforms.RandomErasing()])), "TC-03",
        "erased"),
    "random test": (
        made.cifar(test_transform=made.cifar_train()), "TC-03", "The test transform is random"),
    "seldom random test": (
        made.cifar(test_transform=transforms.Compose([seldom_flipped, made.CIFAR_TEST])),
        "TC-03", "The test transform is random"),
    "resized test": (
        made.cifar(
            test_transform=transforms.Compose([transforms.Resize(40), transforms.CenterCrop(32), made.CIFAR_TEST])),
        "TC-03", "does not give the whole image"),
    "mean and deviation of channels": (
        made.cifar(
            train_transform=made.cifar_train(end=made.CHANNELS),
            test_transform=transforms.Compose([transforms.ToTensor(), made.CHANNELS])),
        "TC-04", "One mean for each channel is subtracted, not one for each pixel."),
    "no mean": (
        made.cifar(train_transform=made.cifar_train(end=lambda x: x), test_transform=transforms.ToTensor()), "TC-04",
        "No mean is subtracted"),
    "mean in testing alone": (
        made.cifar(train_transform=made.cifar_train(end=lambda x: x)), "TC-04", "No mean is subtracted"),
    "two means": (
        made.cifar(train_transform=made.cifar_train(end=made.Subtract(made.MEAN.flip(2)))), "TC-04",
        "Training and testing do not subtract the same mean."),
    "deviation of pixels": (
        made.cifar(test_transform=transforms.Compose([made.CIFAR_TEST, lambda x: x / (1 + made.MEAN)])), "TC-04",
        "a deviation for each pixel"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_recipe_fails_by_its_clause_alone(name: str) -> None:
    """The images are looked at where a transform was changed; RIGHT shows that the others pass."""
    recipe, clause, words = WRONG[name]
    right = made.cifar()
    images = any(recipe.get(key) is not right[key] for key in ("train_transform", "test_transform"))
    results = examine(recipe, clauses=("TC-03", "TC-04") if images else ("TC-01", "TC-02", "TI-05", "TI-05a", "TI-05b"))
    assert results[clause].outcome == "fail", results[clause]
    assert words in results[clause].message
    assert results[clause].expected
    others = {c for c, result in results.items() if result.outcome == "fail"} - {clause, "TI-05a"}
    assert others == set(), {c: results[c].message for c in others}


def test_every_training_clause_of_the_spec_has_a_check() -> None:
    spec = {clause.id for clause in SPEC.clauses.values() if "training" in clause.evidence}
    assert spec == set(CHECKS)


def test_what_was_found_is_told_of_right_and_wrong_means() -> None:
    assert examine(made.cifar(), clauses=("TC-04",))["TC-04"].found == (
        "test: one mean for each pixel, scale 1, training: one mean for each pixel, scale 1"
    )
    recipe, *_ = WRONG["mean and deviation of channels"]
    assert examine(recipe, clauses=("TC-04",))["TC-04"].found == (
        "test: one mean for each channel, divided by deviations, "
        "training: one mean for each channel, divided by deviations"
    )
