"""What is read by running it is read for its values; where a gradient is cut off as well, it stays what it is."""

from __future__ import annotations

import torch
from torch import nn


def rectified(x):
    return torch.fmax(x, torch.zeros_like(x))


def test_a_larger_of_x_and_zero_is_a_relu(graph_of, ops):
    for mode in ("eval", "train"):
        assert "relu" in ops(graph_of(rectified, mode=mode))


def test_one_that_lets_no_gradient_through_is_none(graph_of, ops):
    class Cut(nn.Module):
        def forward(self, x):
            return rectified(x.detach())

    found = ops(graph_of(Cut(), mode="train"))
    assert "relu" not in found
    assert "aten.fmax" in found
