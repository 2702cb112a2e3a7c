"""Repeated construction: what is drawn differs, what is loaded or seeded does not, and nothing is left behind."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch import nn

from resnet_conformance.capture import initial
from resnet_conformance.capture.initial import PROBE, initial_weights
from resnet_conformance.capture.target import load_target


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8))


def large() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 64, 3), nn.Linear(2048, 2100), nn.Conv2d(64, 8, 1, bias=False))


def seeded_large() -> nn.Module:
    torch.manual_seed(7)
    return large()


def drawn_by_numpy() -> nn.Module:
    net = small()
    net[0].weight.data = torch.from_numpy(np.random.randn(8, 3, 3, 3))
    return net


def test_all_tensors_of_each_construction_are_there_in_their_order() -> None:
    made = initial_weights(load_target(small), 3)
    assert made is not None
    assert len(made) == 3
    for values in made:
        assert [tuple(t.shape) for t in values.values()] == [(8, 3, 3, 3), (8,), (8,), (8,), (8,), (8,), ()]
        assert not any(t.requires_grad for t in values.values())
        assert bool((values[2] == 1).all())
    assert not torch.equal(made[0][0], made[1][0])
    assert not torch.equal(made[1][0], made[2][0])


def test_numbers_drawn_by_numpy_differ_too() -> None:
    made = initial_weights(load_target(drawn_by_numpy))
    assert made is not None
    assert not torch.equal(made[0][0], made[1][0])


@pytest.mark.parametrize("factory", [small, large, drawn_by_numpy])
def test_the_same_seed_gives_the_same_weights(factory: object) -> None:
    first, again, other = (initial_weights(load_target(factory), 2, seed) for seed in (1, 1, 2))
    assert first is not None
    assert again is not None
    assert other is not None
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a[0], b[0]) for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize("factory", [small, large, drawn_by_numpy])
def test_random_numbers_go_on_as_if_nothing_had_been_drawn(factory: object) -> None:
    def draw() -> tuple[float, float, float]:
        return random.random(), float(torch.rand(())), float(np.random.rand())

    random.seed(0)
    torch.manual_seed(0)
    np.random.seed(0)
    expected = draw()
    random.seed(0)
    torch.manual_seed(0)
    np.random.seed(0)
    initial_weights(load_target(factory))
    assert draw() == expected


def test_of_a_large_network_only_first_numbers_are_drawn_again() -> None:
    made = initial_weights(load_target(large))
    assert made is not None
    assert len(made) == 3
    assert [tuple(t.shape) for t in made[0].values()] == [(64, 3, 3, 3), (64,), (2100, 2048), (2100,), (8, 64, 1, 1)]
    assert float(made[0][2][-1].std()) > 0
    for values in made[1:]:
        assert [len(t) for t in values.values()] == [PROBE, 64, PROBE, PROBE, PROBE]
    assert all(not torch.equal(made[1][i], made[2][i]) for i in made[1])


def test_a_large_network_that_seeds_itself_starts_the_same() -> None:
    made = initial_weights(load_target(seeded_large))
    assert made is not None
    assert all(torch.equal(made[-1][i], made[-2][i]) for i in made[-1])
    plain = large  # and under the same seed the same network that does not
    drawn = initial_weights(load_target(plain))
    assert drawn is not None
    assert not any(torch.equal(made[0][i], drawn[0][i]) for i in made[0])


def test_what_is_drawn_under_the_sparing_mode_is_what_is_drawn_without() -> None:
    """The first layer's first numbers: later ones depend on how many were drawn before."""
    values = [initial._construct(load_target(large), 5, whole) for whole in (True, False)]
    assert torch.equal(values[0][0].reshape(-1)[:PROBE], values[1][0])


def test_a_network_that_is_there_already_has_no_initial_weights() -> None:
    assert initial_weights(load_target(small())) is None


def test_a_factory_that_builds_only_once() -> None:
    calls = []

    def once() -> nn.Module:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("the file is locked")
        return small()

    assert initial_weights(load_target(once)) is None
    assert len(calls) == 2


def test_a_factory_that_builds_something_else_each_time() -> None:
    sizes = iter((4, 5, 6))
    assert initial_weights(load_target(lambda: nn.Linear(next(sizes), 2))) is None


def test_once_is_not_enough() -> None:
    with pytest.raises(ValueError, match="at least 2 times, not 1"):
        initial_weights(load_target(small), 1)
