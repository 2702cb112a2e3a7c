"""One call of an aten operation, its arguments by name: what the lowerings read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..graph import Shape
from .emitter import Emitter


@dataclass(slots=True)
class Call:
    """One call of an aten operation, its arguments by name, and the shape of its (first) result."""

    name: str
    args: Mapping[str, Any]
    shape: Shape
    emitter: Emitter
    read: Callable[[torch.Tensor], int]

    def __getitem__(self, key: str) -> Any:
        return self.args[key]

    def get(self, key: str, default: Any = None) -> Any:
        """An argument, or the default where the operation has none of that name."""
        return self.args.get(key, default)

    def node(self, key: str) -> int | None:
        """The node of a tensor argument; None where it is absent."""
        value = self.args.get(key)
        return self.read(value) if isinstance(value, torch.Tensor) else None

    def fixed(self, given: torch.Tensor) -> torch.Tensor | None:
        """The values of an argument that nothing learned enters, nor the input; None where they are not there."""
        return None if given.is_meta or self.emitter.is_learned(self.read(given)) else given.detach()

    def x(self) -> int:
        """The node of the first argument."""
        return self.read(next(iter(self.args.values())))

    def emit(
        self,
        op: str,
        operands: Mapping[str, int | None] | tuple[int, ...],
        attrs: Mapping[str, Any] | None = None,
    ) -> int:
        """Emit a node with the shape of the result."""
        return self.emitter.emit(op, operands, attrs or {}, self.shape)


Lowering = Callable[[Call], int]


def pair(values: Any, n: int = 2) -> tuple[int, ...]:
    listed: tuple[int, ...] = tuple(values) if isinstance(values, Sequence) else (values,)
    return listed * n if len(listed) == 1 else listed


def axes(dims: Any, rank: int) -> tuple[int, ...]:
    if dims is None or (isinstance(dims, Sequence) and not dims):
        return tuple(range(rank))
    return tuple(sorted(d % rank for d in (dims if isinstance(dims, Sequence) else (dims,)))) if rank else ()


def generic(c: Call) -> int:
    """An operation under its own name."""
    operands: list[int] = []
    attrs: dict[str, Any] = {}
    for key, value in c.args.items():
        items = value if isinstance(value, (list, tuple)) else (value,)
        if any(isinstance(item, torch.Tensor) for item in items):
            operands.extend(c.read(item) for item in items if isinstance(item, torch.Tensor))
        elif isinstance(value, (bool, int, float, str)):
            attrs[key] = value
        elif isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float, str)) for item in value):
            attrs[key] = tuple(value)
        elif isinstance(value, torch.dtype):
            attrs[key] = str(value)
    name = c.name if "." in c.name else f"aten.{c.name}"
    return c.emitter.emit(name, tuple(operands), attrs, c.shape) if operands else c.emitter.constant(c.shape)
