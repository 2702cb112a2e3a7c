"""Sums of products of powers, in one form for all ways of writing them: the algebra behind `normalizers.py`.

An atom is anything with an equality (a tensor, a mean, a polynomial under a root); exponents are multiples of one
half. Coefficients are floats and compared up to rounding: what a network computes from its sizes (1/n, n/(n-1)) is
known to about 1e-15, and the smallest difference that matters, that of n and n-1 elements, is above 1e-8.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

Atom = tuple[Any, ...]
Product = tuple[tuple[Atom, float], ...]  # atoms with exponents other than 0, in a fixed order
Polynomial = Mapping[Product, float]

ROUNDING = 1e-10
MOST_TERMS = 24  # of anything that is still part of a normalization


def number(value: float) -> Polynomial:
    """A constant."""
    return {(): float(value)} if value else {}


def atom(*parts: Any) -> Polynomial:
    """One atom."""
    return {(((*parts,), 1.0),): 1.0}


def total(one: Polynomial, other: Polynomial, factor: float = 1.0) -> Polynomial:
    """one + factor * other; what cancels up to rounding is gone."""
    found = dict(one)
    for product, coefficient in other.items():
        before = found.get(product, 0.0)
        after = before + factor * coefficient
        if abs(after) <= ROUNDING * max(abs(before), abs(factor * coefficient)):
            found.pop(product, None)
        else:
            found[product] = after
    return found


@lru_cache(maxsize=4096)
def _joined(one: Product, other: Product) -> Product:
    powers = dict(one)
    for base, exponent in other:
        powers[base] = powers.get(base, 0.0) + exponent
    return tuple(sorted((item for item in powers.items() if item[1]), key=repr))


def times(one: Polynomial, other: Polynomial) -> Polynomial | None:
    """The product; None where it grows beyond what a normalization has."""
    if len(one) * len(other) > MOST_TERMS:
        return None
    found: Polynomial = {}
    for left, a in one.items():
        for right, b in other.items():
            product = _joined(left, right)
            whole = next((base for base, e in product if base[0] == "sum" and e == 1), None)
            term: Polynomial | None = {product: a * b}
            if whole is not None:  # the root of a sum times itself
                rest = {tuple(item for item in product if item[0] != whole): a * b}
                term = times(rest, thaw(whole[1]))
            if term is None:
                return None
            found = total(found, term)
    return found


def power(base: Polynomial, exponent: float) -> Polynomial | None:
    """The power for a real base (above 0 where the exponent is broken); None where that is no number or too large.

    A root of a sum is an atom of its own, ("sum", the sum).
    """
    if not base:
        return None
    if exponent == int(exponent) and 0 < exponent <= 2:
        return base if exponent == 1 else times(base, base)
    if len(base) == 1:
        ((product, coefficient),) = base.items()
        # (a^2)^(1/2) is |a|, and no product of roots is the root of a product unless all are above 0
        plain = len(product) <= 1 and coefficient > 0 and all(e == 1 or e != int(e) for _, e in product)
        if plain or exponent == int(exponent):
            return {tuple((a, e * exponent) for a, e in product): coefficient**exponent}
    return {((("sum", freeze(base)), float(exponent)),): 1.0}


def freeze(p: Polynomial) -> Hashable:
    """The polynomial as a key."""
    return tuple(sorted(((product, float(f"{c:.10g}")) for product, c in p.items()), key=repr))


def thaw(key: Any) -> Polynomial:
    """The polynomial of a key."""
    return dict(key)


def same(one: Polynomial, other: Polynomial) -> bool:
    """Equal up to rounding."""
    return one.keys() == other.keys() and all(abs(c - other[k]) <= 1e-9 * abs(c) for k, c in one.items())


def atoms(p: Polynomial) -> frozenset[Atom]:
    """All atoms in it, those under roots too."""
    found: set[Atom] = set()
    for product in p:
        for base, _ in product:
            found.add(base)
            if base[0] == "sum":
                found |= atoms(thaw(base[1]))
    return frozenset(found)


def exponent_of(product: Product, wanted: Atom) -> float:
    """Exponent of an atom in a product, 0 where it is not in it."""
    return next((e for base, e in product if base == wanted), 0.0)


def split(p: Polynomial, wanted: Atom, exponent: float) -> tuple[Polynomial, Polynomial]:
    """The terms with the atom in just this power, divided by that; and all the others."""
    with_it: dict[Product, float] = {}
    without: dict[Product, float] = {}
    for product, c in p.items():
        if exponent_of(product, wanted) == exponent:
            with_it[tuple(item for item in product if item[0] != wanted)] = c
        else:
            without[product] = c
    return with_it, without


def only_atom(p: Polynomial) -> Atom | None:
    """The atom where the polynomial is just that."""
    if len(p) != 1:
        return None
    ((product, c),) = p.items()
    return product[0][0] if len(product) == 1 and product[0][1] == 1 and abs(c - 1) < ROUNDING else None
