"""What the measuring of optimizers, schedules and chance rests on, each against a second way to know it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import SGD, Adam, RMSprop

from resnet_conformance.experiments.recipe_chance import Count, surprising
from resnet_conformance.experiments.recipe_crops import coded, look_through
from resnet_conformance.experiments.recipe_images import Eye, generators_kept
from resnet_conformance.experiments.recipe_optimizer import measure_optimizer
from resnet_conformance.experiments.recipe_schedule import Stretch, find_misfit, open_schedule

from . import ingredients as made


class CaffeSGD(torch.optim.Optimizer):
    """v := m v + lr g, w := w - v, as the README of the released models writes it; `share` of lr g alone."""

    def __init__(self, parameters: Any, share: float = 1.0) -> None:
        super().__init__(parameters, {"lr": 0.1})
        self.share = share

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                v.mul_(0.9).add_(p.grad + 1e-4 * p, alpha=self.share * group["lr"])
                p.sub_(v)


@pytest.mark.parametrize(
    ("build", "form", "inside", "first"),
    [
        (lambda p: SGD(p, 0.1, momentum=0.9), "heavy-ball", False, 1.0),
        (lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True), "nesterov", False, 1.9),
        (lambda p: SGD(p, 0.1, momentum=0.9, dampening=0.9), "damped", False, 0.1),
        (CaffeSGD, "heavy-ball", True, 1.0),
        (lambda p: CaffeSGD(p, 0.1), "damped", True, 0.1),
        (lambda p: SGD(p, torch.tensor(0.1), momentum=0.9), "heavy-ball", False, 1.0),
        (lambda p: SGD(p, 0.0, momentum=0.9), "heavy-ball", False, 1.0),
    ],
)
def test_the_form_of_momentum(build: Callable[..., Any], form: str, inside: bool, first: float) -> None:
    facts = measure_optimizer(build)
    assert (facts.form, facts.rate_inside, facts.linear) == (form, inside, True)
    assert facts.momentum == pytest.approx(0.9)
    assert facts.first == pytest.approx(first)


@pytest.mark.parametrize(
    "build", [lambda p: Adam(p, 0.1), lambda p: RMSprop(p, 0.1), lambda p: torch.optim.Rprop(p, 0.1)]
)
def test_what_is_no_sgd(build: Callable[..., Any]) -> None:
    assert not measure_optimizer(build).linear


@pytest.mark.parametrize("nesterov", [False, True])
def test_weight_decay_is_measured_for_each_kind(nesterov: bool) -> None:
    def build(model: torch.nn.Module) -> SGD:
        kinds = [
            {"params": [p], "weight_decay": 1e-4 * i} for i, (_, p) in enumerate(model.named_parameters(), start=1)
        ]
        return SGD(kinds, lr=0.3, momentum=0.9, nesterov=nesterov)

    decay = {kind: value for kind, found in measure_optimizer(build).decay.items() for value in found.values()}
    expected = {"convolution weights": 1e-4, "gamma": 2e-4, "beta": 3e-4, "fc weights": 4e-4, "fc bias": 5e-4}
    assert decay == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("build", "decoupled"),
    [
        (lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=1e-4), False),
        (lambda p: SGD(p, 0.001, momentum=0.9, weight_decay=1e-4, nesterov=True), False),
        (lambda p: SGD(p, 0.1, momentum=0.9, weight_decay=1e-4, dampening=0.5), False),
        (lambda p: SGD(p, 0.1, momentum=0.9), False),
        (lambda p: SGD(p, 0.1, weight_decay=1e-4), False),  # without momentum both are one
        (CaffeSGD, False),
        (lambda p: CaffeSGD(p, 0.1), False),
        (lambda p: made.DecoupledSGD(p, 0.1, momentum=0.9, weight_decay=1e-4), True),
        (lambda p: made.DecoupledSGD(p, 0.001, momentum=0.9, weight_decay=1e-4, nesterov=True), True),
    ],
)
def test_decay_that_passes_by_the_momentum(build: Callable[..., Any], decoupled: bool) -> None:
    assert bool(measure_optimizer(build).decoupled) == decoupled


def test_the_rates_are_those_that_the_scheduler_gives_in_training() -> None:
    """Beside a real loop over a network of one weight."""
    weight = torch.nn.Parameter(torch.ones(1))
    optimizer = made.sgd([weight])
    scheduler = made.with_warm_up(5)(optimizer)
    seen = []
    for _ in range(20):
        seen.append(optimizer.param_groups[0]["lr"])
        weight.grad = torch.ones(1)
        optimizer.step()
        scheduler.step()
    stretches = open_schedule(made.with_warm_up(5), made.sgd, None).trace(20)
    assert [s.rates[0] for s in stretches for _ in range(s.start, s.end)] == pytest.approx(seen)


def test_a_schedule_by_epochs_keeps_its_rate_through_each() -> None:
    assert open_schedule(made.by_epochs(2, 3), made.sgd, 7).trace(30) == [
        Stretch(0, 14, (0.1,)),
        Stretch(14, 21, (pytest.approx(0.01),)),
        Stretch(21, 30, (pytest.approx(0.001),)),
    ]


@pytest.mark.parametrize(
    ("drop", "slack", "fits"), [(100, 0, True), (101, 0, False), (101, 1, True), (99, 1, True), (98, 1, False)]
)
def test_a_drop_may_be_off_by_the_slack(drop: int, slack: float, fits: bool) -> None:
    wanted = [Stretch(0, 100, (0.1,)), Stretch(100, 200, (0.01,))]
    found = [Stretch(0, drop, (0.1,)), Stretch(drop, 200, (0.01,))]
    assert (find_misfit(found, wanted, slack) is None) == fits


def test_many_short_stretches_fit_no_constant_rate() -> None:
    """A slack of one step must not admit a rate that changes with each step."""
    found = [Stretch(i, i + 1, (0.1 - 1e-4 * i,)) for i in range(200)]
    assert find_misfit(found, [Stretch(0, 100, (0.1,)), Stretch(100, 200, (0.01,))], 1) is not None


class TestChance:
    def test_tails_are_exact(self) -> None:
        """Against sums over all outcomes of ten fair coins."""
        for seen in range(11):
            ways = sum(math.comb(10, k) for k in range(seen + 1)) / 2**10
            assert bool(surprising([Count("heads", seen, 10, 0.5)], 2.001 * ways)) or ways > 0.5
            assert not surprising(
                [Count("heads", seen, 10, 0.5)], 1.999 * min(ways, 1 - ways + math.comb(10, seen) / 2**10)
            )

    @pytest.mark.parametrize("chance", [0.5, 1 / 9])
    def test_false_alarms_are_as_rare_as_stated(self, chance: float) -> None:
        """At a rate where alarms can be seen: of 2,000 examinations with a stated 5% at most 5% (and 3 sigma) alarm."""
        draw = random.Random(1603)
        alarms = 0
        for _ in range(2000):
            seen = sum(draw.random() < chance for _ in range(100))
            alarms += bool(surprising([Count("heads", seen, 100, chance)], 0.05))
        assert 0 < alarms <= 2000 * 0.05 + 3 * math.sqrt(2000 * 0.05 * 0.95)

    def test_a_right_transform_raises_no_alarm_under_twenty_seeds(self) -> None:
        eye = Eye(made.CIFAR_TRAIN, "train_transform", coded())
        with generators_kept():
            for seed in range(20):
                crops = look_through(eye, 1000 * seed, draws=30)
                counts = [Count("flipped", crops.flips, 30, 0.5)]
                counts += [
                    Count(f"moved by {d}", sum(o[0] == d for o in crops.offsets), 30, 1 / 9) for d in range(-4, 5)
                ]
                assert surprising(counts) == []

    @pytest.mark.parametrize(("chance", "told"), [(0.5, False), (0.25, True), (0.75, True)])
    def test_400_draws_tell_a_flip_of_a_quarter(self, chance: float, told: bool) -> None:
        assert bool(surprising([Count("flipped", round(400 * chance), 400, 0.5)])) == told
