"""Which of several outputs is the network's main result."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
import torch

from resnet_conformance.capture import CaptureError


@dataclass
class Output:
    loss: Any
    logits: torch.Tensor
    features: torch.Tensor


class Pair(NamedTuple):
    logits: torch.Tensor
    aux: torch.Tensor


def logits(x):
    return torch.sigmoid(x.mean((2, 3)))


@pytest.mark.parametrize(
    "wrap",
    [
        logits,
        lambda x: Output(None, logits(x), x.mean((2, 3))),
        lambda x: Pair(logits(x), torch.tanh(x.mean((2, 3)))),
        lambda x: (x, logits(x)),
        lambda x: [[x.mean((2, 3))], [logits(x), x]],
        lambda x: (x.mean((2, 3)).argmax(1), logits(x)),
        lambda x: {"features": x.mean((2, 3)), "out": logits(x)},
        lambda x: OrderedDict(logits=logits(x), last=torch.tanh(x.mean((2, 3)))),
        lambda x: {"other_batch": torch.ones(3, 4), "a": logits(x), "index": x.mean((2, 3)).long()},
    ],
)
def test_logits_are_found(graph_of, wrap):
    graph = graph_of(wrap)
    assert graph[graph.output].op == "sigmoid"
    assert graph[graph.output].shape == (2, 4)


def test_the_first_tensor_where_none_is_flat(graph_of):
    graph = graph_of(lambda x: (torch.tanh(x), torch.sigmoid(x)))
    assert graph[graph.output].op == "tanh"


def test_of_maps_of_several_sizes_the_deepest(graph_of):
    graph = graph_of(lambda x: {"a": torch.tanh(x), "b": torch.sigmoid(x[..., ::2, ::2]), "c": torch.relu(x)})
    assert graph[graph.output].op == "sigmoid"


def test_of_the_deepest_maps_the_last(graph_of):
    graph = graph_of(lambda x: [x, torch.tanh(x[..., ::2, ::2]), torch.sigmoid(x[..., ::2, ::2])])
    assert graph[graph.output].op == "sigmoid"


@pytest.mark.parametrize(("value", "name"), [(None, "NoneType"), ([], "list"), ({"a": 3}, "dict")])
def test_no_tensor_is_refused(graph_of, value, name):
    with pytest.raises(CaptureError, match=f"returned no tensor but {name}"):
        graph_of(lambda x: value)
