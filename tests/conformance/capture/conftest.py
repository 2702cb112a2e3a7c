"""Small nets and a comparison of graphs that does not look at names."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest
import torch
from torch import nn

from resnet_conformance.capture import capture
from resnet_conformance.graph import Graph


class Function(nn.Module):
    """A function of one tensor as a network; keyword arguments are its parts."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: torch.Tensor) -> Any:
        code = getattr(self.function, "__code__", None)
        takes_self = code is not None and code.co_varnames[:1] == ("self",)
        return self.function(self, x) if takes_self else self.function(x)


def frozen(value: Any) -> Hashable:
    """An attribute in a form that compares: lists and tuples alike, 0 and 0.0 alike."""
    return tuple(frozen(v) for v in value) if isinstance(value, (list, tuple)) else value


def form(graph: Graph) -> list[Hashable]:
    """Live nodes in the order of a walk from the output: operation, roles, operands, attributes, shape;
    no names.
    """
    place: dict[int, int] = {}
    found: list[Hashable] = []
    stack: list[tuple[int, bool]] = [(graph.output, False)]
    while stack:
        index, ready = stack.pop()
        if index in place:
            continue
        node = graph[index]
        if not ready:
            stack.append((index, True))
            stack.extend((i, False) for i in reversed(node.inputs))
            continue
        place[index] = len(place)
        attrs = {k: frozen(v) for k, v in node.attrs.items() if k != "tensor"}
        found.append(
            (
                node.op,
                node.roles,
                tuple(place[i] for i in node.inputs),
                tuple(sorted(attrs.items())),
                node.shape,
            )
        )
    return found


@pytest.fixture(params=["meta", "cpu"])
def graph_of(request: pytest.FixtureRequest) -> Callable[..., Graph]:
    """The graph of a function or module, on both kinds of tensors."""

    def run(what: Any, shape: tuple[int, ...] = (2, 4, 8, 8), mode: str = "eval", **parts: Any) -> Graph:
        module = what if isinstance(what, nn.Module) else Function(what, **parts)
        return capture(module, shape, mode, request.param)

    return run


@pytest.fixture(name="form")
def _form() -> Callable[[Graph], list[Hashable]]:
    return form


@pytest.fixture
def ops() -> Callable[[Graph], list[str]]:
    """Names of the live operations in order, without input, parameters and buffers."""

    def run(graph: Graph) -> list[str]:
        quiet = {"input", "parameter", "buffer"}
        return [node.op for node in graph if node.index in graph.live and node.op not in quiet]

    return run


@pytest.fixture
def net() -> type[Function]:
    """A function as a network."""
    return Function
