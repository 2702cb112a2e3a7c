"""A value and how its axes lie, so that a transposition that moves no number leaves no trace.

Converters from Keras, TensorFlow and JAX keep maps as (N, H, W, C) and put Transposes around every convolution. Here a
Transpose only changes `order`; elementwise operations work on the tensor as it lies, and a convolution finds its
(N, C, H, W) again.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Value:
    """Axis i of the value, as the file counts them, is axis `order[i]` of the tensor."""

    tensor: torch.Tensor
    order: tuple[int, ...]

    @classmethod
    def of(cls, tensor: torch.Tensor) -> Value:
        """A value that lies as it is counted."""
        return cls(tensor, tuple(range(tensor.dim())))

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents, as the file counts the axes."""
        return tuple(self.tensor.shape[axis] for axis in self.order)

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.order)

    @property
    def plain(self) -> torch.Tensor:
        """The tensor with its axes as the file counts them."""
        return self.tensor if self.order == tuple(range(self.rank)) else self.tensor.permute(self.order)

    def axis(self, number: int) -> int:
        """The tensor's axis for one of the file's; negative ones count from the end."""
        if not -self.rank <= number < self.rank:
            raise ValueError(f"there is no axis {number} among {self.rank}")
        return self.order[number]

    def transposed(self, order: tuple[int, ...]) -> Value:
        """The value with its axes counted in another order."""
        if sorted(order) != list(range(self.rank)):
            raise ValueError(f"{order} is no order of {self.rank} axes")
        return Value(self.tensor, tuple(self.order[axis] for axis in order))

    def like(self, tensor: torch.Tensor) -> Value:
        """Another tensor that lies as this one."""
        return Value(tensor, self.order)

    def laid_as(self, other: Value) -> torch.Tensor:
        """This value's tensor, its axes as those of the other's tensor; axes that it lacks have one element."""
        if self.order == other.order:
            return self.tensor
        plain = self.plain
        if self.rank < other.rank:
            if other.order == tuple(range(other.rank)):
                return plain  # torch adds the axes
            plain = plain.reshape((1,) * (other.rank - self.rank) + tuple(plain.shape))
        inverse = tuple(other.order.index(axis) for axis in range(other.rank))
        return plain if inverse == tuple(range(other.rank)) else plain.permute(inverse)


def joined(a: Value, b: Value) -> tuple[torch.Tensor, torch.Tensor, tuple[int, ...]]:
    """Two values as an elementwise operation needs them, and the order of its result: that of the larger."""
    if a.rank >= b.rank:
        return a.tensor, b.laid_as(a), a.order
    return a.laid_as(b), b.tensor, b.order
