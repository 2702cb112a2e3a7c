"""What is known of a constant's values: enough to see a zero tensor, and a random mask for the dropout
that it is.

`F.dropout`, stochastic depth and hand-written dropout all multiply by a mask drawn from a Bernoulli
distribution; after the dispatcher nothing is left of the module but `empty_like`, `bernoulli_`, `div_`
and `mul`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Fact:
    """`fill`: every value is this number. `keep`: values are `scale` with this probability and 0 otherwise.

    `uniform`: values are uniform on [uniform, uniform + 1). `count`: the values count from its first number in steps of
    its second.
    """

    fill: float | None = None
    keep: float | None = None
    scale: float = 1.0
    uniform: float | None = None
    count: tuple[int, int] | None = None

    @property
    def zero(self) -> bool:
        """Every value is 0."""
        return self.fill == 0

    @property
    def unbiased(self) -> bool:
        """A mask whose mean is 1, as dropout needs it."""
        return self.keep is not None and abs(self.keep * self.scale - 1) < 1e-6


UNKNOWN = Fact()
# operations that move values without changing them: padding with 0 and concatenation are treated on their own
MOVES = frozenset(
    {
        "reshape",
        "permute",
        "slice",
        "detach",
        "aten.expand",
        "aten.as_strided",
        "aten.repeat",
        "aten._to_copy",
    }
)


def _scaled(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    factor = attrs["factor"]
    if fact.fill is not None:
        return Fact(fill=fact.fill * factor)
    if fact.count is not None and factor == int(factor):
        return Fact(count=(fact.count[0] * int(factor), fact.count[1] * int(factor)))
    return replace(fact, scale=fact.scale * factor) if fact.keep is not None else UNKNOWN


def _shifted(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    value = attrs["value"]
    if fact.fill is not None:
        return Fact(fill=fact.fill + value)
    return Fact(uniform=fact.uniform + value) if fact.uniform is not None else UNKNOWN


def _floored(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    # floor(keep + U[0, 1)) is the mask of timm's and EfficientNet's drop path
    return Fact(keep=fact.uniform) if fact.uniform is not None and 0 <= fact.uniform <= 1 else UNKNOWN


def _below(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    return Fact(keep=float(attrs["other"])) if fact.uniform == 0 and "other" in attrs else UNKNOWN


def _above(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    return Fact(keep=1 - float(attrs["other"])) if fact.uniform == 0 and "other" in attrs else UNKNOWN


def _bernoulli(fact: Fact, attrs: Mapping[str, Any]) -> Fact:
    return Fact(keep=fact.fill) if fact.fill is not None else UNKNOWN


_RULES: Mapping[str, Callable[[Fact, Mapping[str, Any]], Fact]] = {
    "scale": _scaled,
    "add_scalar": _shifted,
    "aten.floor": _floored,
    "aten.lt": _below,
    "aten.le": _below,
    "aten.gt": _above,
    "aten.ge": _above,
    "aten.bernoulli": _bernoulli,
}


def derive(op: str, facts: tuple[Fact, ...], attrs: Mapping[str, Any]) -> Fact:
    """What is known of the result of an operation on constants."""
    if not facts:
        return UNKNOWN
    if op in MOVES:
        return facts[0] if facts[0].count is None or op in ("detach", "aten._to_copy") else UNKNOWN
    if len(facts) == 1 and op in _RULES:
        return _RULES[op](facts[0], attrs)
    if op == "mul" and any(f.zero for f in facts):
        return Fact(fill=0.0)
    if op == "pad" and attrs.get("value", 0) != 0:
        return UNKNOWN
    if op in ("add", "sub", "concat", "pad", "scatter", "relu", "maximum", "minimum") and all(f.zero for f in facts):
        return Fact(fill=0.0)
    return UNKNOWN
