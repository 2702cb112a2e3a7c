"""ONNX's operations that move numbers and change none: reshaping, slicing, padding, joining.

A file that was exported for one batch size has that size in its reshapes. Where the first axis is the batch's, the
size of the run takes its place: an exporter's constant is no rule of the network.
"""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from .onnx_call import Array, Call, Result, broadcast
from .onnx_layout import Value


def identity(c: Call) -> Result:
    return c.value(0)


def cast(c: Call) -> Result:
    """To half precision values are rounded; every other float is of the run's own precision, the experiment's."""
    from onnx import TensorProto

    x, to = c.value(0), c.integer("to")
    halves: dict[int, torch.dtype] = {TensorProto.FLOAT16: torch.float16, TensorProto.BFLOAT16: torch.bfloat16}
    if to in (*halves, TensorProto.FLOAT, TensorProto.DOUBLE):
        return x.like(x.tensor.to(halves.get(to, c.x.dtype)))
    if to == TensorProto.BOOL:
        return x.like(x.tensor.to(torch.bool))
    return x.like(x.tensor.to(torch.int64))


def cast_like(c: Call) -> Result:
    """To the kind of number that the other operand has."""
    x, other = c.value(0), c.value(1)
    return x.like(x.tensor.to(other.tensor.dtype))


def shape(c: Call) -> Array:
    found = c.value(0).shape
    end = c.attribute("end")
    return np.array(found[c.integer("start") : len(found) if end is None else int(end)], dtype=np.int64)


def size(c: Call) -> Array:
    return np.array(prod(c.value(0).shape), dtype=np.int64)


def reshape(c: Call) -> Value:
    x, wanted = c.tensor(0), list(c.integers("shape", 1) or ())
    if not c.integer("allowzero"):
        wanted = [x.shape[i] if n == 0 and i < x.dim() else n for i, n in enumerate(wanted)]
    return Value.of(x.reshape(_for_batch(c, x, wanted)))


def _for_batch(c: Call, x: torch.Tensor, wanted: list[int]) -> list[int]:
    """The wanted shape, with the batch size of this run in the place of the file's."""
    batch = c.x.shape[0]
    if c.declared not in (None, batch) and wanted[:1] == [c.declared] and x.dim() and x.shape[0] == batch:
        rest = prod(n for n in wanted[1:])
        if rest < 0 or batch * rest == x.numel():
            return [batch, *wanted[1:]]
    return wanted


def flatten(c: Call) -> Value:
    x, axis = c.tensor(0), c.integer("axis", 1)
    if not -x.dim() <= axis <= x.dim():
        raise ValueError(f"there is no axis {axis} among {x.dim()}")
    axis = axis + x.dim() if axis < 0 else axis
    return Value.of(x.flatten(1) if axis == 1 and x.dim() > 1 else x.reshape(prod(x.shape[:axis]), -1))


def squeeze(c: Call) -> Value:
    x, axes = c.tensor(0), c.integers("axes", 1)
    axes = tuple(i for i, n in enumerate(x.shape) if n == 1) if axes is None else axes
    places = {axis + x.dim() if axis < 0 else axis for axis in axes}
    if any(not 0 <= place < x.dim() or x.shape[place] != 1 for place in places):
        raise ValueError(f"axes {axes} of {tuple(x.shape)} are not of one element")
    return Value.of(x.reshape([n for i, n in enumerate(x.shape) if i not in places]))


def unsqueeze(c: Call) -> Value:
    x, axes = c.tensor(0), c.integers("axes", 1) or ()
    rank = x.dim() + len(axes)
    for place in sorted(axis + rank if axis < 0 else axis for axis in axes):
        x = x.unsqueeze(place)
    return Value.of(x)


def transpose(c: Call) -> Value:
    x, order = c.value(0), c.integers("perm")
    return x.transposed(tuple(reversed(range(x.rank))) if order is None else order)


def concat(c: Call) -> Value:
    """Zeros that are joined to a map have the map's size, also where the file has them in one fixed size."""
    maps = [operand for operand in c.inputs if isinstance(operand, Value)]
    if not maps:
        raise ValueError("it joins nothing that depends on the input")
    order, axis = maps[0].order, maps[0].axis(c.integer("axis", 0))
    parts = []
    for operand in c.inputs:
        if isinstance(operand, np.ndarray) and operand.ndim == maps[0].rank and not operand.any():
            extents = list(maps[0].tensor.shape)
            extents[axis] = operand.shape[c.integer("axis", 0)]
            parts.append(maps[0].tensor.new_zeros(c.within(tuple(extents))))
        elif operand is not None:
            value = operand if isinstance(operand, Value) else c.constant(operand)
            parts.append(value.laid_as(maps[0]))
    return Value(torch.cat(parts, axis), order)


def split(c: Call) -> Result:
    x, sizes = c.value(0), c.integers("split", 1)
    axis = x.axis(c.integer("axis", 0))
    if sizes is None:
        count = max(1, c.integer("num_outputs", 2))
        each = -(-x.tensor.shape[axis] // count)
        return tuple(x.like(part) for part in torch.split(x.tensor, each, axis))
    return tuple(x.like(part) for part in torch.split(x.tensor, list(sizes), axis))


def cut(c: Call) -> Value:
    """Slice: starts, ends, axes and steps as attributes (opset 1) or operands."""
    x = c.value(0)
    starts, ends = c.integers("starts", 1) or (), c.integers("ends", 2) or ()
    axes, steps = c.integers("axes", 3) or tuple(range(len(starts))), c.integers("steps", 4) or (1,) * len(starts)
    index = [slice(None)] * x.rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step < 1:
            raise ValueError("a slice that runs backwards is not known here")
        index[x.axis(axis)] = slice(start, end, step)
    return x.like(x.tensor[tuple(index)])


def pad(c: Call) -> Value:
    x, mode, pads = c.value(0), c.attribute("mode", "constant"), c.integers("pads", 1) or ()
    axes = c.integers("axes", 3) or tuple(range(x.rank))
    if len(pads) != 2 * len(axes) or any(abs(n) > 2**16 for n in pads):
        raise ValueError(f"its pads are {pads}, for {len(axes)} axes")
    around = [(0, 0)] * x.rank
    for place, axis in enumerate(axes):
        around[x.axis(axis)] = (pads[place], pads[place + len(axes)])
    c.within(tuple(max(0, n + a + b) for n, (a, b) in zip(x.tensor.shape, around, strict=True)))
    flat = [n for sides in reversed(around) for n in sides]
    if mode != "constant":
        mode = {"edge": "replicate", "wrap": "circular"}.get(mode, mode)
        return x.like(F.pad(x.tensor, flat[:4], mode=mode))
    value = c.number(2) if c.has(2) else c.fraction("value", 0.0)
    return x.like(F.pad(x.tensor, flat, value=value or 0.0))


def expand(c: Call) -> Value:
    x, wanted = c.tensor(0), list(c.integers("shape", 1) or ())
    wanted = [1] * (x.dim() - len(wanted)) + _for_batch(c, x, wanted)
    return Value.of(x.expand(c.within(broadcast(x.shape, tuple(wanted)))))


def gather(c: Call) -> Value:
    x, indices, axis = c.tensor(0), c.inputs[1], c.integer("axis", 0)
    if not isinstance(indices, np.ndarray) or indices.ndim > 1:
        raise ValueError("what it takes depends on the values of the input")
    if indices.ndim == 0:
        return Value.of(x.select(axis, int(indices)))
    count = x.shape[axis]
    return Value.of(x.index_select(axis, torch.as_tensor(indices % count, device=x.device)))
