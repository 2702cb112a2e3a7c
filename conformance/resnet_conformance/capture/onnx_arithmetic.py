"""ONNX's arithmetic: elementwise operations on values as they lie, and sums over axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from .onnx_call import Call, Operator, broadcast
from .onnx_layout import Value, joined

Function = Callable[..., torch.Tensor]


def unary(function: Function) -> Operator:
    """An operation on each number."""

    def run(c: Call) -> Value:
        x = c.value(0)
        return x.like(function(x.tensor))

    return run


def shaped(function: Function, **attributes: tuple[str, float]) -> Operator:
    """An activation with attributes: torch's keyword = (ONNX's name, default)."""

    def run(c: Call) -> Value:
        x = c.value(0)
        return x.like(function(x.tensor, **{key: c.fraction(*given) for key, given in attributes.items()}))

    return run


def binary(function: Function) -> Operator:
    """An operation on two values; a value and one known number stay that."""

    def run(c: Call) -> Value:
        numbers = c.number(0), c.number(1)
        if numbers[1] is not None and not isinstance(c.inputs[0], np.ndarray):
            x = c.value(0)
            return x.like(function(x.tensor, numbers[1]))
        if numbers[0] is not None:
            x = c.value(1)
            return x.like(function(numbers[0], x.tensor))
        return _apply(c, function, c.value(0), c.value(1))

    return run


def _apply(c: Call, function: Function, one: Value, two: Value) -> Value:
    a, b, order = joined(one, two)
    c.within(broadcast(a.shape, b.shape))
    return Value(function(a, b), order)


def variadic(function: Function) -> Operator:
    """The operation over all operands, from left to right."""

    def run(c: Call) -> Value:
        found = c.value(0)
        for place in range(1, len(c.inputs)):
            number = c.number(place)
            if number is not None and function in (torch.maximum, torch.minimum):
                low, high = (number, None) if function is torch.maximum else (None, number)
                found = found.like(torch.clamp(found.tensor, low, high))
            else:
                found = _apply(c, function, found, c.value(place))
        return found

    return run


def mean(c: Call) -> Value:
    total = variadic(torch.add)(c)
    assert isinstance(total, Value)
    return total.like(total.tensor / len(c.inputs))


def clip(c: Call) -> Value:
    """A bound of none is left out; what has the bound 0 alone is a ReLU."""
    x = c.value(0)
    low, high = c.number(1), c.number(2)
    if c.opset < 11:
        low, high = (c.fraction(name, default) for name, default in (("min", -3.402823e38), ("max", 3.402823e38)))
    low = None if low is None or low < -3e38 else low
    high = None if high is None or high > 3e38 else high
    if low is None and high is None:
        return x
    if low == 0 and high is None:
        return x.like(torch.relu(x.tensor))
    return x.like(F.hardtanh(x.tensor, low, high) if None not in (low, high) else torch.clamp(x.tensor, low, high))  # type: ignore[arg-type]


def hard_sigmoid(c: Call) -> Value:
    x = c.value(0)
    return x.like(torch.clamp(c.fraction("alpha", 0.2) * x.tensor + c.fraction("beta", 0.5), 0, 1))


def prelu(c: Call) -> Value:
    x, slope = c.value(0), c.value(1)
    a, b, order = joined(x, slope)
    return Value(torch.where(a > 0, a, a * b), order)


def where(c: Call) -> Value:
    condition, one, two = (c.value(place) for place in range(3))
    largest = max((condition, one, two), key=lambda value: value.rank)
    parts = [value.laid_as(largest) for value in (condition, one, two)]
    c.within(broadcast(*(part.shape for part in parts)))
    return Value(torch.where(parts[0], parts[1], parts[2]), largest.order)


def reduce(function: Callable[..., Any]) -> Operator:
    """Over the axes that an attribute or, in later opsets, the second operand names; over all without them."""

    def run(c: Call) -> Value:
        x = c.value(0)
        axes, keep = c.integers("axes", 1), bool(c.integer("keepdims", 1))
        if not axes and c.integer("noop_with_empty_axes"):
            return x
        places = tuple(x.axis(axis) for axis in axes) if axes else x.order
        reduced = function(x.tensor, places, keep)
        if keep:
            return x.like(reduced)
        left = [axis for axis in x.order if axis not in places]
        return Value(reduced, tuple(sorted(left).index(axis) for axis in left))

    return run
