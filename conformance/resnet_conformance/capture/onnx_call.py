"""What an ONNX operator is given when it runs: its operands, its attributes, and in which mode the network is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch

from .onnx_layout import Value

Array = np.ndarray[Any, Any]
Operand = Value | Array | None  # a map or a parameter; numbers that are known (shapes, axes); left out
Result = Value | Array | tuple[Value | Array, ...]
LARGEST = 2**28  # numbers in a value: what a damaged file asks for must not fill the memory
FARTHEST = 2**12  # the largest kernel, stride or padding


@dataclass(frozen=True, slots=True)
class Call:
    """One run of an operator. `declared`: the batch size that the file fixes; `x`: the network's input in this run.

    `whole`: the window of this pool covers the map at the size that the file fixes.
    """

    kind: str
    inputs: tuple[Operand, ...]
    attributes: Mapping[str, Any]
    opset: int
    training: bool
    declared: int | None
    x: torch.Tensor
    whole: bool = False

    def has(self, place: int) -> bool:
        """Was this operand given?"""
        return place < len(self.inputs) and self.inputs[place] is not None

    def value(self, place: int) -> Value:
        """An operand as a value, also where it is known numbers. Raises ValueError where it was left out."""
        operand = self.inputs[place] if place < len(self.inputs) else None
        if operand is None:
            raise ValueError(f"operand {place} is missing")
        return operand if isinstance(operand, Value) else self.constant(operand)

    def constant(self, array: Array) -> Value:
        """Known numbers as a tensor, floats in the precision of the run."""
        if array.dtype.kind == "f":
            if array.size and not array.any():
                return Value.of(self.x.new_zeros(self.within(array.shape)))
            return Value.of(torch.as_tensor(np.array(array)).to(self.x.device, self.x.dtype))
        return Value.of(torch.as_tensor(np.array(array)).to(self.x.device))

    def tensor(self, place: int) -> torch.Tensor:
        """An operand as a tensor, its axes as the file counts them."""
        return self.value(place).plain

    def optional(self, place: int) -> torch.Tensor | None:
        """As `tensor`; None where it was left out."""
        return self.tensor(place) if self.has(place) else None

    def number(self, place: int) -> float | None:
        """An operand of one known number; None for anything else."""
        operand = self.inputs[place] if place < len(self.inputs) else None
        if not isinstance(operand, np.ndarray) or operand.size != 1:
            return None
        return float(str(operand.reshape(-1)[0]))  # the shortest decimal that single precision cannot tell from it

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute, or its default."""
        return self.attributes.get(name, default)

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute that is a whole number."""
        return int(self.attributes.get(name, default))

    def fraction(self, name: str, default: float) -> float:
        """A float attribute: the shortest decimal that single precision cannot tell from it, as 1e-05."""
        return float(str(np.float32(self.attributes.get(name, default))))

    def integers(self, name: str, place: int | None = None) -> tuple[int, ...] | None:
        """Whole numbers that an attribute says or, in later opsets, a known operand; None where nobody does."""
        if name in self.attributes:
            given = self.attributes[name]
            return tuple(int(n) for n in given) if isinstance(given, tuple) else (int(given),)
        if place is None or not self.has(place):
            return None
        operand = self.inputs[place]
        if not isinstance(operand, np.ndarray):
            raise ValueError(f"its {name} depend on the values of the input")
        return tuple(int(n) for n in operand.reshape(-1))

    def pair(self, name: str, default: tuple[int, int] | None = (1, 1)) -> tuple[int, int]:
        """Two whole numbers, for height and width."""
        given = self.integers(name)
        given = default if given is None else given
        if given is None or len(given) != 2 or any(not 0 < n <= FARTHEST for n in given):
            raise ValueError(f"its {name} is {given}, and a map has two dimensions")
        return given[0], given[1]

    def within(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that is about to be made. Raises ValueError where it is impossible."""
        if any(n < 0 for n in shape) or prod(shape) > LARGEST:
            raise ValueError(f"it would make a tensor of the impossible shape {shape}")
        return shape


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an elementwise result. Raises ValueError where the shapes do not go together."""
    return tuple(int(n) for n in np.broadcast_shapes(*map(tuple, shapes)))


Operator = Callable[[Call], Result]
