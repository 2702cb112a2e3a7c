"""What each operation makes of polynomials in a map and its moments: the rules of `channelwise.Reading`.

A rule gets the node, the operands' values for one x, and x; None where the result is no such polynomial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

from .channelwise import OUTSIDE, Axis, Reading, Rule, Value, add, map_axes, mean, multiply, raise_to, scaled
from .graph import Node
from .polynomials import number, same, total


def _dims(node: Node, rank: int, key: str = "dim") -> tuple[int, ...]:
    given = node.attrs.get(key)
    if given is None:
        return tuple(range(rank))
    return tuple(d % rank for d in (given if isinstance(given, tuple) else (given,)))


def _mean(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    source = reading.nodes[node.inputs[0]].shape
    axes = (2, 3) if node.op == "global_avg_pool" else tuple(node.attrs["axes"])
    found = mean(reading, v[0], axes, bool(node.attrs["keepdim"]))
    if found is None or node.op != "aten.sum":
        return found
    return scaled(found, prod(source[a] for a in axes))


def _variance(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    """E[x^2] - E[x]^2, times n / (n - correction); all axes at once."""
    source, keep = reading.nodes[node.inputs[0]].shape, bool(node.attrs.get("keepdim", False))
    dims = _dims(node, len(source))
    square = multiply(v[0], v[0])
    n, correction = prod(source[d] for d in dims), node.attrs.get("correction", 1)
    first = mean(reading, v[0], dims, keep)
    second = None if square is None else mean(reading, square, dims, keep)
    if first is None or second is None or n <= correction:
        return None
    square_of_mean = multiply(first, first)
    if square_of_mean is None:
        return None
    found = add(second, square_of_mean, -1.0)
    if found is None:
        return None
    found = scaled(found, n / (n - correction))
    return raise_to(found, 0.5, x) if "std" in node.op else found


def _second_result(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    """The mean that var_mean and std_mean give besides."""
    call = reading.nodes[node.inputs[0]]
    value = reading.of(call.inputs[0]).get(x)
    dims = _dims(call, len(reading.nodes[call.inputs[0]].shape))
    return None if value is None else mean(reading, value, dims, bool(call.attrs.get("keepdim", False)))


def _reshape(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    source = reading.nodes[node.inputs[0]].shape
    if any(n != prod(extent for _, extent in axis) for n, axis in zip(source, v[0].axes, strict=True)):
        return None  # a value repeated along an axis
    letters = [item for axis in v[0].axes for item in axis]
    axes: list[Axis] = []
    for extent in node.shape:
        axis: list[tuple[str, int]] = []
        while prod(n for _, n in axis) < extent and letters:
            axis.append(letters.pop(0))
        if prod(n for _, n in axis) != extent:
            return None
        axes.append(tuple(axis))
    return replace(v[0], axes=tuple(axes))


def _permute(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    return replace(v[0], axes=tuple(v[0].axes[i] for i in node.attrs["order"]))


def _expand(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    return replace(v[0], axes=((),) * (len(node.shape) - len(v[0].axes)) + v[0].axes)


def _detach(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    return None if x == OUTSIDE else replace(v[0], cut=True)


def _shifted(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    shift = float(node.attrs["value"])
    return replace(v[0], terms=total(v[0].terms, number(shift)))


def _subtracted_from(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    factor = -float(node.attrs.get("alpha", 1))
    if len(v) == 2:
        return add(v[1], v[0], factor)
    return replace(v[0], terms=total(number(float(node.attrs["other"])), v[0].terms, factor))


def _power(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    exponent = node.attrs.get("exponent")
    return raise_to(v[0], float(exponent), x) if len(v) == 1 and isinstance(exponent, (int, float)) else None


def _quotient(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    inverse = raise_to(v[1], -1, x)
    return None if inverse is None else multiply(v[0], inverse)


def _added_product(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    factor: Value | None = v[2] if node.op == "aten.addcmul" else raise_to(v[2], -1, x)
    product = None if factor is None else multiply(v[1], factor)
    return None if product is None else add(v[0], product, float(node.attrs.get("value", 1)))


def _interpolated(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    difference = add(v[1], v[0], -1.0)
    if difference is None:
        return None
    weight = node.attrs.get("weight")
    step = multiply(difference, v[2]) if len(v) == 3 else scaled(difference, float(weight)) if weight else None
    return None if step is None else add(v[0], step)


def _batch_norm(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    """A layer's own normalization, where its gamma and beta may come behind it."""
    if "gamma" in node.roles or "beta" in node.roles or x == OUTSIDE:
        return None
    roles = dict(zip(node.roles, v, strict=True))
    given, average, variance = roles["x"], roles.get("mean"), roles.get("var")
    axis: tuple[Axis, ...] = ((), *map_axes(node.shape)[1:2], (), ()) if len(node.shape) == 4 else ()
    if node.attrs["batch_statistics"]:
        average = mean(reading, given, (0, 2, 3), True)
        square = multiply(given, given)
        second = None if square is None else mean(reading, square, (0, 2, 3), True)
        product = None if average is None else multiply(average, average)
        variance = None if second is None or product is None else add(second, product, -1.0)
    elif average is not None and variance is not None:
        average, variance = replace(average, axes=axis), replace(variance, axes=axis)
    if average is None or variance is None:
        return None
    deviation = raise_to(replace(variance, terms=total(variance.terms, number(node.attrs["eps"]))), -0.5, x)
    centred = add(given, average, -1.0)
    return None if deviation is None or centred is None else multiply(centred, deviation)


def _rectified(reading: Reading, node: Node, v: Sequence[Value], x: int) -> Value | None:
    """max(variance, 0), which guards E[x^2] - E[x]^2 against rounding: a variance is never negative."""
    terms = v[0].terms
    for letters in {base[3] for product in terms for base, _ in product if base[:3] == ("moment", x, 2)}:
        square, mean_square = ((("moment", x, 2, letters), 1.0),), ((("moment", x, 1, letters), 2.0),)
        weight = terms.get(square, 0.0)
        if weight > 0 and same(terms, {square: weight, mean_square: -weight}):
            return v[0]
    return None


def _raised(exponent: float) -> Rule:
    return lambda reading, node, v, x: raise_to(v[0], exponent, x)


RULES: Mapping[str, Rule] = {
    "add": lambda r, node, v, x: add(v[0], v[1], float(node.attrs.get("alpha", 1))),
    "sub": lambda r, node, v, x: add(v[0], v[1], -float(node.attrs.get("alpha", 1))),
    "mul": lambda r, node, v, x: multiply(v[0], v[1]),
    "div": _quotient,
    "scale": lambda r, node, v, x: scaled(v[0], float(node.attrs["factor"])),
    "add_scalar": _shifted,
    "aten.rsub": _subtracted_from,
    "aten.reciprocal": _raised(-1.0),
    "aten.sqrt": _raised(0.5),
    "aten.rsqrt": _raised(-0.5),
    "aten.square": _raised(2.0),
    "aten.pow": _power,
    **dict.fromkeys(("aten.addcmul", "aten.addcdiv"), _added_product),
    "aten.lerp": _interpolated,
    **dict.fromkeys(("aten.mean", "aten.sum", "global_avg_pool"), _mean),
    **dict.fromkeys(("aten.var", "aten.std", "aten.var_mean", "aten.std_mean"), _variance),
    **dict.fromkeys(("aten.var_mean.1", "aten.std_mean.1"), _second_result),
    "relu": _rectified,
    "reshape": _reshape,
    "permute": _permute,
    "aten.expand": _expand,
    "detach": _detach,
    "batch_norm": _batch_norm,
}
