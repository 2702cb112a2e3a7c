"""Lazy layers take their shapes from the first input, so each construction is shown one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_conformance.capture import CaptureError, capture_candidate

from .test_candidates import Net


def test_a_lazy_module_of_the_user_is_refused_with_advice():
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten())
    with pytest.raises(CaptureError, match="lazy"):
        capture_candidate(lazy)
    assert nn.parameter.is_lazy(lazy[0].weight)  # it is never changed


class Lazy(Net):
    """The same, whose layers take their shapes from the first input."""

    def __init__(self) -> None:
        nn.Module.__init__(self)
        self.conv, self.bn, self.fc = nn.LazyConv2d(8, 3, 2, 1), nn.LazyBatchNorm2d(), nn.LazyLinear(10)


@pytest.mark.parametrize("wanted", [3, 1])
def test_lazy_layers_take_their_shapes_from_an_input(wanted, form):
    class Made(Lazy):
        def features(self, x):
            assert x.shape[1] == wanted
            return super().features(x)

    class Same(Net):
        channels = wanted

    candidate, same = capture_candidate(Made), capture_candidate(Same)
    assert form(candidate.graph) == form(same.graph)
    assert [form(graph) for graph in candidate.train_graphs] == [form(graph) for graph in same.train_graphs]
    assert candidate.notes == (f"its lazy layers have taken their shapes from an input of 2x{wanted}x224x224",)
    first, second = candidate.laboratory.initial()
    assert sorted(t.shape for t in first.values()) == sorted(t.shape for t in second.values())
    assert any(not torch.equal(first[i], second[i]) for i in first)


def test_a_lazy_network_that_never_runs_says_so():
    class Broken(Lazy):
        def features(self, x):
            raise ValueError("not today")

    with pytest.raises(CaptureError, match=r"its lazy layers .* none works: .*not today"):
        capture_candidate(Broken)
