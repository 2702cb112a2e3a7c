"""Batches and views are functions of seed and iteration."""

from __future__ import annotations

import torch

from resnet_impl.cifar10.order import Order


def test_every_image_once_in_an_epoch() -> None:
    rows = Order(images=100, batch=32, seed=0).rows(0, 25).flatten()  # 800 positions are 8 epochs
    for epoch in rows.split(100):
        assert sorted(epoch.tolist()) == list(range(100))
    assert not torch.equal(rows[:100], rows[100:200])


def test_a_batch_of_a_later_iteration_is_the_same_from_anywhere() -> None:
    order = Order(images=100, batch=32, seed=5)
    rows, offsets = order.rows(0, 20), order.offsets(0, 20)
    for start in (1, 3, 7, 19):
        assert torch.equal(order.rows(start, 20 - start), rows[start:])
        assert torch.equal(order.offsets(start, 20 - start), offsets[start:])


def test_another_seed_is_another_order() -> None:
    one, other = Order(100, 32, 0), Order(100, 32, 1)
    assert not torch.equal(one.rows(0, 3), other.rows(0, 3))
    assert not torch.equal(one.offsets(0, 3), other.offsets(0, 3))


def test_offsets_are_uniform() -> None:
    """162 views in 64,000 draws: chi-square with 161 degrees of freedom, whose 1 - 1e-9 quantile is below 294."""
    offsets = Order(images=1000, batch=128, seed=3).offsets(0, 500).flatten(0, 1)
    assert offsets.min() == 0
    assert offsets[:, :2].max() == 8
    assert offsets[:, 2].max() == 1
    counts = torch.bincount(offsets @ torch.tensor([18, 2, 1]), minlength=162).double()
    expected = len(offsets) / 162
    assert float(((counts - expected) ** 2 / expected).sum()) < 294


def test_a_batch_larger_than_the_set() -> None:
    rows = Order(images=5, batch=12, seed=0).rows(0, 5)
    assert torch.bincount(rows.flatten()).tolist() == [12] * 5
