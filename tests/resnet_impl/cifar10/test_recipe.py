"""The recipe is the paper's, says what it departs in, and is held against the spec by the suite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from resnet_conformance import check
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.order import Order
from resnet_impl.cifar10.recipe import Recipe, check_recipe, departures, from_plain, make_optimizer, paper, to_plain
from resnet_impl.cifar10.views import Views


def test_rates_of_the_paper() -> None:
    recipe = paper("resnet20")
    assert [recipe.rate_at(i) for i in (0, 31_999, 32_000, 47_999, 48_000, 63_999)] == pytest.approx(
        [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]
    )
    assert recipe.iterations == 64_000
    assert departures(recipe) == ()


def test_warm_up_waits_for_the_error_with_110_layers_alone() -> None:
    assert paper("resnet110").rate_at(5_000, warm=False) == 0.01
    assert paper("resnet110").rate_at(400, warm=True) == 0.1
    assert paper("plain110").warm_up == "error"
    assert {paper(name).warm_up for name in ("resnet20", "resnet56", "resnet1202", "plain56")} == {"none"}
    preactivation = paper("preresnet110")
    assert [preactivation.rate_at(i) for i in (0, 399, 400)] == pytest.approx([0.01, 0.01, 0.1])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"precision": "bf16"}, "arithmetic in bf16, not in fp32"),
        ({"batch": 64}, "batches of 64 images, not of 128"),
        ({"ghost": 64}, "64 images are normalised together"),
        ({"decay_bn": True}, "gamma, beta and the fc's bias decay"),
        ({"iterations": 1000, "drops": (500, 750)}, "1000 iterations, not 64000: no result of the paper's recipe"),
        ({"drops": (500, 750)}, "divided at 500, 750, not at 32000, 48000"),
        ({"mean": "channel"}, "mean of each channel"),
        ({"images": "part"}, "45,000 images"),
        ({"channels_last": True}, "channels_last"),
        ({"compiled": True}, "torch.compile"),
        ({"synchronized": True}, "synchronised"),
        ({"warm_up": "error"}, "warm-up 'error', not 'none'"),
        ({"weight_decay": 2e-4}, "weight decay 0.0002, not 0.0001"),
    ],
)
def test_a_departure_is_told(changes: dict[str, Any], words: str) -> None:
    told = departures(replace(paper("resnet20"), **changes))
    assert any(words in sentence for sentence in told)
    assert len(told) == len(changes)


def test_every_choice_of_a_recipe_can_be_told() -> None:
    """A field without words would depart in silence."""
    from resnet_impl.cifar10.recipe import WORDS

    assert set(WORDS) == set(to_plain(Recipe())) - {"model"}


def test_a_recipe_survives_being_written() -> None:
    recipe = replace(paper("resnet110"), ghost=64)
    assert from_plain(to_plain(recipe)) == recipe


def test_weights_alone_decay() -> None:
    net = build("resnet8")
    decayed = {
        id(p) for group in make_optimizer(net, Recipe()).param_groups if group["weight_decay"] for p in group["params"]
    }
    for name, parameter in net.named_parameters():
        assert (id(parameter) in decayed) == (parameter.ndim > 1), name
    all_of_them = make_optimizer(net, Recipe(decay_bn=True)).param_groups
    assert {group["weight_decay"] for group in all_of_them} == {1e-4}


@pytest.mark.parametrize(
    "changes", [{"batch": 0}, {"iterations": 0}, {"ghost": 1}, {"ghost": 48}, {"ghost": 64, "synchronized": True}]
)
def test_what_cannot_be_followed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TrainingError):
        check_recipe(replace(Recipe(), **changes))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet21", r"6n [+] 2"),
        ("resnet21", "did you mean 'resnet20'"),
        ("resnet2O", "did you mean 'resnet20'"),
        ("resnet9", "did you mean 'resnet8'"),
        ("preresnet111", "did you mean 'preresnet110'"),
        ("preresnet1000", "did you mean 'preresnet1001'"),
        ("plain20-B", "did you mean 'plain20'"),
        ("resnet2", "did you mean 'resnet8'"),
    ],
)
def test_a_model_that_there_is_not(name: str, words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        build(name)


@pytest.mark.parametrize(("name", "parameters"), [("resnet20", 269_722), ("resnet20-B", 272_474), ("plain32", 464_154)])
def test_models_by_name(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in build(name).parameters()) == parameters


MEAN = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(0))


def view(image: Tensor) -> Tensor:
    """One image as the trainer shows it, at offsets drawn from torch's own random numbers."""
    order = Order(images=1, batch=1, seed=int(torch.randint(2**31, ())))
    return Views(MEAN).cut(image[None], order.offsets(0, 1)[0])[0]


def parts(recipe: Recipe) -> dict[str, Any]:
    """The recipe as the suite takes it."""
    return {
        "optimizer": lambda model: make_optimizer(model, recipe),
        "schedule": recipe.rate_at,
        "iterations": recipe.iterations,
        "batch_size": recipe.batch,
        "train_transform": view,
        "test_transform": lambda image: Views(MEAN).test_view(image[None])[0],
    }


def outcomes(recipe: Recipe, schedule: Callable[[int], float] | None = None) -> dict[str, str]:
    given = {**parts(recipe), "schedule": schedule or recipe.rate_at}
    only = ["TC-*", "TI-05*", "V2-12"]
    report = check(lambda: build(recipe.model), f"cifar10/{recipe.model}", recipe=given, only=only, seed=1)
    return {f.clause: f.outcome for f in report.findings if f.outcome != "not-applicable"}


def test_the_suite_finds_the_papers_recipe() -> None:
    found = outcomes(paper("resnet20"))
    assert {
        clause: found[clause] for clause in ("TC-01", "TC-02", "TC-03", "TC-04", "TI-05", "TI-05a")
    } == dict.fromkeys(("TC-01", "TC-02", "TC-03", "TC-04", "TI-05", "TI-05a"), "pass")


@pytest.mark.parametrize(("model", "clause"), [("resnet110", "TC-05"), ("preresnet110", "V2-12")])
def test_the_suite_finds_the_warm_up(model: str, clause: str) -> None:
    """The one that waits for the training error as if that had fallen below 80% after the paper's 400 iterations."""
    recipe = paper(model)
    assert outcomes(recipe, lambda i: recipe.rate_at(i, warm=i >= 400))[clause] == "pass"
    without = replace(recipe, warm_up="none")
    assert outcomes(without, without.rate_at)[clause] == "fail"


@pytest.mark.parametrize(
    ("changes", "clause"),
    [
        ({"weight_decay": 2e-4}, "TC-01"),
        ({"drops": (31_000, 48_000)}, "TC-02"),
        ({"decay_bn": True}, "TI-05a"),
        ({"batch": 64}, "TC-01"),
    ],
)
def test_the_suite_notices_a_departure(changes: dict[str, Any], clause: str) -> None:
    assert outcomes(replace(paper("resnet20"), **changes))[clause] == "fail"
