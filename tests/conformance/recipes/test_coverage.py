"""Each check of training is seen to fail in a whole judgement, for the right reason, by a recipe wrong in one way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from torch import nn
from torch.optim import SGD

import resnet_impl
from resnet_conformance import check
from resnet_conformance.clauses import EXPERIMENTS

from . import ingredients as made
from .judging import SPEC

PASSES_ONLY = {"TI-05b": "MAY: Nesterov's momentum is declared where it is used"}

CIFAR = ("cifar10/resnet20", resnet_impl.cifar_resnet20)
DEEP = ("cifar10/resnet110", resnet_impl.cifar_resnet110)
IMAGENET = ("imagenet/resnet18", resnet_impl.resnet18)
PREACT_CIFAR = ("cifar10/preresnet110", resnet_impl.cifar_preresnet110)
PREACT_IMAGENET = ("imagenet/preresnet152", resnet_impl.preresnet152)

Network = tuple[str, Callable[[], nn.Module]]
WRONG: dict[str, tuple[Network, made.Recipe, str]] = {
    "TI-01": (IMAGENET, made.imagenet(batch_size=128), "The mini-batch has 128 images, not 256."),
    "TI-02": (IMAGENET, made.imagenet(schedule=lambda _: 0.2), "The rate starts at 0.2, not at 0.1."),
    "TI-03": (IMAGENET, made.imagenet(train_transform=made.imagenet_train(colour=lambda x: x)), "colour augmentation"),
    "TI-05": (
        CIFAR,
        made.cifar(optimizer=lambda p: SGD(p, 0.1, momentum=0.9, dampening=0.9, weight_decay=1e-4)),
        "another form",
    ),
    "TI-05a": (CIFAR, made.cifar(), "gamma and beta decay."),  # of all parameters: gamma and beta are among them
    "TC-01": (CIFAR, made.cifar(batch_size=256), "The mini-batch has 256 images, not 128."),
    "TC-02": (CIFAR, made.cifar(iterations=78_000), "Training ends after 78,000 iterations, not 64,000."),
    "TC-03": (
        CIFAR,
        made.cifar(train_transform=made.cifar_train(flip=lambda x: x)),
        "flipped in 0 of 400 draws",
    ),
    "TC-04": (CIFAR, made.cifar(train_transform=made.cifar_train(end=lambda x: x)), "No mean is subtracted"),
    "TC-05": (DEEP, made.cifar(), "There is no warm-up: the rate starts at 0.1."),
    "V2-12": (PREACT_CIFAR, made.cifar(schedule=made.with_warm_up(800)), "The warm-up lasts 800 iterations, not 400."),
    "V2-13": (
        PREACT_IMAGENET,
        made.imagenet(schedule=made.by_epochs(30, 80), iterations=90 * 5005),
        "from 150,150 to 300,300",
    ),
}


def test_every_check_of_training_is_listed() -> None:
    assert set(EXPERIMENTS["training"]) == set(WRONG) | set(PASSES_ONLY)
    assert {SPEC.clauses[clause].level for clause in PASSES_ONLY} == {"MAY"}


@pytest.mark.parametrize("clause", WRONG)
def test_a_wrong_recipe_fails_by_its_clause(clause: str) -> None:
    (architecture, build), recipe, words = WRONG[clause]
    report = check(build, architecture, only=[clause], recipe=recipe, seed=3)
    (finding,) = report.findings
    assert (finding.outcome, finding.evidence) == ("fail", "training"), finding
    assert words in finding.message
    assert finding.expected
    assert finding.found
