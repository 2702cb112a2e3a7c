"""ONNX operators on numbers that are known before the network runs: shapes, axes, weights that the file transposes.

torch's exporters write `x.view(x.size(0), -1)` as a chain of Shape, Gather, Unsqueeze, Concat; none of it is a layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from .onnx_file import Array, Operation

LARGEST = 2**26  # numbers in one of them

NORM = "BatchNormalization"  # in training it has new statistics as further results

Known = Callable[[Operation, int, Sequence[Array]], Array]


def compute(operation: Operation, opset: int, inputs: Sequence[Array | None]) -> Array | None:
    """The operation's one result, where it can be known from these operands; else None.

    Raises ValueError where a result would be impossibly large.
    """
    function = KNOWN.get(operation.kind)
    if function is None or (len(operation.outputs) != 1 and operation.kind != NORM):
        return None
    given = [operand for operand in inputs if operand is not None]
    with np.errstate(all="ignore"):
        found = np.asarray(function(operation, opset, given))
    return found.astype(np.float32) if found.dtype.kind == "f" else found


def _axes(o: Operation, inputs: Sequence[Array], place: int = 1) -> tuple[int, ...] | None:
    if "axes" in o.attributes:
        return tuple(o.attributes["axes"])
    return tuple(int(n) for n in inputs[place].reshape(-1)) if len(inputs) > place else None


def _within(shape: Sequence[int]) -> tuple[int, ...]:
    if any(n < 0 for n in shape) or prod(int(n) for n in shape) > LARGEST:
        raise ValueError(f"it would make a tensor of the impossible shape {tuple(shape)}")
    return tuple(int(n) for n in shape)


def _constant(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in o.attributes:
            given = o.attributes[name]
            dtype = np.float32 if "float" in name else np.int64
            return given if isinstance(given, np.ndarray) else np.array(given, dtype=dtype)
    raise ValueError("a constant without a value that is known here")


def _constant_of_shape(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    fill = o.attributes.get("value", np.zeros(1, np.float32))
    return np.full(_within(inputs[0].tolist()), fill.reshape(-1)[0], dtype=fill.dtype)


def _cast(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    from onnx import helper

    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(int(o.attributes["to"])))
    return inputs[0].astype(dtype if dtype.kind in "iub" else np.float32)


def _gather(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    axis, indices = int(o.attributes.get("axis", 0)), inputs[1].astype(np.int64)
    _within((*inputs[0].shape, *indices.shape))
    return np.take(inputs[0], indices, axis=axis)


def _slice(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    given = [tuple(int(n) for n in operand.reshape(-1)) for operand in inputs[1:]]
    starts = tuple(o.attributes["starts"]) if "starts" in o.attributes else given[0]
    ends = tuple(o.attributes["ends"]) if "ends" in o.attributes else given[1]
    axes = o.attributes.get("axes", given[2] if len(given) > 2 else tuple(range(len(starts))))
    steps = given[3] if len(given) > 3 else (1,) * len(starts)
    index = [slice(None)] * inputs[0].ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        stop = None if step < 0 and end < -inputs[0].shape[axis] else end
        index[axis] = slice(start, stop, step)
    return inputs[0][tuple(index)]


def _reshape(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    wanted = o.attributes.get("shape", inputs[1].reshape(-1).tolist() if len(inputs) > 1 else ())
    if not o.attributes.get("allowzero"):
        wanted = [inputs[0].shape[i] if n == 0 else n for i, n in enumerate(wanted)]
    return inputs[0].reshape(wanted)


def _squeeze(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    return np.squeeze(inputs[0], _axes(o, inputs))


def _unsqueeze(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    return np.expand_dims(inputs[0], _axes(o, inputs) or ())


def _transpose(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    return np.ascontiguousarray(np.transpose(inputs[0], o.attributes.get("perm")))


def _expand(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    shape = np.broadcast_shapes(inputs[0].shape, _within(inputs[1].tolist()))
    return np.array(np.broadcast_to(inputs[0], _within(shape)))


def _range(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    start, limit, step = (operand.item() for operand in inputs)
    _within((max(0, int((limit - start) / step) + 1),))
    return np.arange(start, limit, step, dtype=inputs[0].dtype)


def _divide(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    a, b = inputs
    whole = a.dtype.kind in "iu" and b.dtype.kind in "iu"
    return np.trunc(np.true_divide(a, b)).astype(a.dtype) if whole else a / b


def _reduced(function: Callable[..., Any]) -> Known:
    """Over all axes where none is named, unless the node says that it then does nothing."""

    def run(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
        x, axes = inputs[0], _axes(o, inputs)
        if not axes:
            axes = () if o.attributes.get("noop_with_empty_axes") else None
        found = function(x, axis=axes, keepdims=bool(o.attributes.get("keepdims", 1)))
        return np.asarray(found).astype(x.dtype)

    return run


def _normalized(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
    """Weights that a network standardizes: with their own mean and variance, or with those that are given."""
    x, gamma, beta, mean, var = inputs
    if x.ndim < 2 or any(v.shape != x.shape[1:2] for v in inputs[1:]):
        raise ValueError(f"its operands have the shapes {', '.join(str(v.shape) for v in inputs)}")
    if o.attributes.get("training_mode") or any(o.outputs[1:]):
        rest = tuple(axis for axis in range(x.ndim) if axis != 1)
        mean, var = x.mean(rest), x.var(rest)
    gamma, beta, mean, var = (v.reshape(-1, *(1,) * (x.ndim - 2)) for v in (gamma, beta, mean, var))
    return np.asarray((x - mean) / np.sqrt(var + float(o.attributes.get("epsilon", 1e-5))) * gamma + beta)


def _elementwise(function: Callable[..., Any]) -> Known:
    def run(o: Operation, opset: int, inputs: Sequence[Array]) -> Array:
        _within(np.broadcast_shapes(*(operand.shape for operand in inputs)))
        return np.asarray(function(*inputs))

    return run


KNOWN: Mapping[str, Known] = {
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "Identity": lambda o, opset, inputs: np.array(inputs[0]),
    "Cast": _cast,
    "CastLike": lambda o, opset, inputs: inputs[0].astype(inputs[1].dtype),
    "Shape": lambda o, opset, inputs: np.array(inputs[0].shape, dtype=np.int64),
    "Size": lambda o, opset, inputs: np.array(inputs[0].size, dtype=np.int64),
    "Gather": _gather,
    "Slice": _slice,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Expand": _expand,
    "Range": _range,
    "Concat": lambda o, opset, inputs: np.concatenate(inputs, axis=int(o.attributes.get("axis", 0))),
    "Add": _elementwise(np.add),
    "Sub": _elementwise(np.subtract),
    "Mul": _elementwise(np.multiply),
    "Div": _divide,
    "Mod": _elementwise(np.mod),
    "Neg": _elementwise(np.negative),
    "Sqrt": _elementwise(np.sqrt),
    "Reciprocal": _elementwise(np.reciprocal),
    "Floor": _elementwise(np.floor),
    "Ceil": _elementwise(np.ceil),
    "Equal": _elementwise(np.equal),
    "Greater": _elementwise(np.greater),
    "Less": _elementwise(np.less),
    "Not": _elementwise(np.logical_not),
    "And": _elementwise(np.logical_and),
    "Or": _elementwise(np.logical_or),
    "Where": _elementwise(np.where),
    "Max": lambda o, opset, inputs: np.maximum.reduce(list(inputs)),
    "Min": lambda o, opset, inputs: np.minimum.reduce(list(inputs)),
    "ReduceProd": _reduced(np.prod),
    "ReduceMean": _reduced(np.mean),
    NORM: _normalized,
}
