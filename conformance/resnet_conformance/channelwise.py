"""What a node means as a function of one map x and of numbers per channel: a polynomial in x, its moments, parameters.

`Reading.of(node)` gives one `Value` for each x (any map that the node was computed from may be that x). Moments
are atoms: ("moment", x, k, "HNW") is the mean of x^k over images and positions. So every way of writing a mean, a
variance or a normalization comes to the same polynomial, and what is not one to another. A value whose meaning is not
known has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from .graph import Node, Shape
from .polynomials import Atom, Polynomial, atom, atoms, number, power, thaw, times, total

Axis = tuple[tuple[str, int], ...]  # which axes of x lie in this one, with their extents; () where all values are alike
OUTSIDE = -1  # the "x" of values that depend on no input


@dataclass(frozen=True, slots=True)
class Value:
    """A polynomial over axes. `cut`: a gradient does not pass everywhere that it would."""

    terms: Polynomial
    axes: tuple[Axis, ...]
    cut: bool = False


Readings = Mapping[int, Value]
Rule = Callable[["Reading", Node, Sequence[Value], int], "Value | None"]


@lru_cache(maxsize=1024)
def map_axes(shape: Shape) -> tuple[Axis, ...]:
    """The axes of a map: image, channel, height, width."""
    return tuple(((letter, extent),) if extent > 1 else () for letter, extent in zip("NCHW", shape, strict=True))


class Reading:
    """Reads the nodes of one network. `rules` say by operation what its operands become (`channel_rules.py`)."""

    def __init__(
        self,
        nodes: Sequence[Node],
        depends: Sequence[bool],
        fills: Mapping[int, float],
        rules: Mapping[str, Rule],
    ) -> None:
        self.nodes, self.depends, self.fills, self.rules = nodes, depends, fills, rules
        self.known: dict[int, Readings] = {}

    def of(self, index: int) -> Readings:
        """What the node means, by x."""
        if index not in self.known:
            self.known[index] = self._read(self.nodes[index])
        return self.known[index]

    def _read(self, node: Node) -> Readings:
        found: dict[int, Value] = {}
        rule = self.rules.get(node.op)
        operands = [self.of(i) for i in node.inputs] if rule else []
        if rule and operands:
            bases = {b for given in operands for b in given if b != OUTSIDE} or {OUTSIDE}
            for x in sorted(bases):
                values = [given.get(x, given.get(OUTSIDE)) for given in operands]
                value = rule(self, node, values, x) if all(values) else None  # type: ignore[arg-type]
                if value is not None:
                    found[x] = replace(value, cut=True) if any(v.cut for v in values if v) else value
        if not self.depends[node.index]:
            return found or self._outside(node)
        if len(node.shape) == 4:
            found[node.index] = Value(atom("x", node.index), map_axes(node.shape))
        return found

    def _outside(self, node: Node) -> Readings:
        """A tensor that depends on no input and lies along one axis at most."""
        extents = [n for n in node.shape if n > 1]
        if len(extents) > 1:
            return {}
        fill = self.fills.get(node.index) if not extents else None
        terms = atom("tensor", node.index) if fill is None else number(fill)
        return {OUTSIDE: Value(terms, tuple((("C", n),) if n > 1 else () for n in node.shape))}

    def count(self, x: int, letters: str) -> int:
        """How many elements of x lie along these axes."""
        return prod(extent for axis in map_axes(self.nodes[x].shape) for letter, extent in axis if letter in letters)

    def positions(self, x: int) -> str:
        """All axes of x but that of the channels."""
        return letters_of(map_axes(self.nodes[x].shape)).replace("C", "")

    def varies(self, base: Atom) -> set[str]:
        """The axes along which an atom differs."""
        kind = base[0]
        if kind == "tensor":
            return {"C"} if prod(self.nodes[base[1]].shape) > 1 else set()
        if kind == "sum":
            return set().union(*(self.varies(inner) for inner in atoms(thaw(base[1]))))
        everywhere = {letter for axis in map_axes(self.nodes[base[1]].shape) for letter, _ in axis}
        return everywhere - set(base[3]) if kind == "moment" else everywhere


def letters_of(axes: Iterable[Axis]) -> str:
    """The letters of axes, in alphabetical order."""
    return "".join(sorted(letter for axis in axes for letter, _ in axis))


def has_x(terms: Polynomial, x: int) -> bool:
    """Does the polynomial hold x itself, under a root too?"""
    return ("x", x) in atoms(terms)


def broadcast(one: Sequence[Axis], other: Sequence[Axis]) -> tuple[Axis, ...] | None:
    """Axes of an elementwise operation; None where different axes of x would meet."""
    rank = max(len(one), len(other))
    pairs = zip(((),) * (rank - len(one)) + tuple(one), ((),) * (rank - len(other)) + tuple(other), strict=True)
    found: list[Axis] = []
    for a, b in pairs:
        if a and b and a != b:
            return None
        found.append(a or b)
    return tuple(found)


def combine(one: Value, other: Value, terms: Polynomial | None) -> Value | None:
    """The value of an elementwise operation."""
    axes = broadcast(one.axes, other.axes)
    if axes is None or terms is None:
        return None
    return Value(terms, axes)


def add(one: Value, other: Value, factor: float = 1.0) -> Value | None:
    """one + factor * other."""
    return combine(one, other, total(one.terms, other.terms, factor))


def multiply(one: Value, other: Value) -> Value | None:
    """The product."""
    return combine(one, other, times(one.terms, other.terms))


def raise_to(value: Value, exponent: float, x: int) -> Value | None:
    """The power; x itself is only ever squared."""
    whole = exponent in (1, 2)
    if not whole and has_x(value.terms, x):
        return None
    terms = power(value.terms, exponent)
    return None if terms is None else replace(value, terms=terms)


def scaled(value: Value, factor: float) -> Value:
    """Times a number."""
    return replace(value, terms=times(value.terms, number(factor)) or {})


def mean(reading: Reading, value: Value, dims: Sequence[int], keep: bool) -> Value | None:
    """The mean over axes of the tensor."""
    letters = letters_of(value.axes[d] for d in dims)
    axes = tuple(() if d in dims else axis for d, axis in enumerate(value.axes) if keep or d not in dims)
    found: Polynomial = {}
    for product, c in value.terms.items():
        inside = [(base, e) for base, e in product if not reading.varies(base).isdisjoint(letters)]
        term: Polynomial | None = {tuple(item for item in product if item not in inside): c}
        if inside:
            moment = _moment(inside, letters)
            term = None if moment is None or term is None else times(term, moment)
        if term is None:
            return None
        found = total(found, term)
    return Value(found, axes, value.cut)


def _moment(factors: Sequence[tuple[Atom, float]], letters: str) -> Polynomial | None:
    """The mean of x, of x^2, or of a mean of them; None for any other product."""
    (base, exponent), *more = factors
    if more:
        return None
    if base[0] == "x" and exponent in (1, 2):
        return atom("moment", base[1], int(exponent), letters)
    if base[0] == "moment" and exponent == 1:
        return atom("moment", base[1], base[2], "".join(sorted(base[3] + letters)))
    return None
