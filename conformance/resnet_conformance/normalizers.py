"""Batch normalization that is written out in arithmetic, found by what it computes.

y = gamma (x - mean) / sqrt(var + eps) + beta, with the batch's own mean and biased variance over images and positions
or with stored ones (Ioffe and Szegedy 2015, Algorithm 1 and 2). Every node is read as a polynomial (`channelwise.py`);
a node whose polynomial is exactly that formula is a `batch_norm`, however it was written; any other stays what it
is. The running statistics are the tensors that are moved towards these moments beside the path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .channel_rules import RULES
from .channelwise import OUTSIDE, Reading, Value, has_x, map_axes
from .graph import Node
from .polynomials import (
    Atom,
    Polynomial,
    atom,
    atoms,
    exponent_of,
    freeze,
    number,
    only_atom,
    same,
    split,
    thaw,
    times,
    total,
)

OTHER_AXES = {"HW": "instance_norm", "CHW": "layer_norm"}
ROOTS = frozenset({"aten.rsqrt", "aten.sqrt", "aten.pow", "aten.std", "aten.std_mean"})


@dataclass(frozen=True, slots=True)
class Norm:
    """A normalization: the node that holds its result, what it is, its operands by role (node indices), attributes.

    What is almost batch normalization has a name of its own: `unbiased_norm` divides by the root of the unbiased
    variance, `detached_norm` lets no gradient through its statistics, `instance_norm`, `layer_norm` and
    `other_axes_norm` take them over other axes.
    """

    node: int
    op: str
    operands: Mapping[str, int]
    attrs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, and the nodes that only led there: they mean nothing where nobody else reads them."""

    norms: tuple[Norm, ...]
    passing: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Running:
    """A stored tensor that is moved towards a moment: its node, the weight of the new value, corrected for n - 1?"""

    tensor: int
    momentum: float
    corrected: bool = True


def find_norms(nodes: Sequence[Node], depends: Sequence[bool], fills: Mapping[int, float]) -> Findings:
    """All normalizations of a network. `depends`: does the node depend on the input; `fills`: constants by value."""
    bare = any(node.op == "batch_norm" and "gamma" not in node.roles for node in nodes)
    if not bare and not any(node.op in ROOTS for node in nodes):
        return Findings((), frozenset())
    search = _Search(nodes, depends, fills)
    norms = [norm for node in nodes for norm in search.norm(node)]
    return Findings(tuple(norms), search.passing({n.operands["x"] for n in norms}))


class _Search:
    """One pass over the nodes of a network."""

    def __init__(self, nodes: Sequence[Node], depends: Sequence[bool], fills: Mapping[int, float]) -> None:
        self.nodes, self.depends = nodes, depends
        self.reading = Reading(nodes, depends, fills, RULES)
        self.computed: dict[Any, int] = {}  # by polynomial: the first node of that value that depends on no input
        self.moved: dict[tuple[int, int], _Running] = {}  # by x and moment
        for node in nodes:
            values = self.reading.of(node.index)
            if not depends[node.index] and OUTSIDE in values:
                self.computed.setdefault(freeze(values[OUTSIDE].terms), node.index)
            for x, value in values.items():
                self._see_update(x, value)
            if node.op == "batch_norm" and node.attrs["batch_statistics"]:
                self._see_layer(node)

    def passing(self, maps: set[int]) -> frozenset[int]:
        """Nodes that are arithmetic on one of these maps."""
        found = (node.index for node in self.nodes if maps & self.reading.of(node.index).keys())
        return frozenset(found) - maps

    def norm(self, node: Node) -> tuple[Norm, ...]:
        """The normalization whose result the node is, of the nearest map."""
        if node.op == "batch_norm" or not self.depends[node.index] or len(node.shape) != 4:
            return ()
        for x, value in sorted(self.reading.of(node.index).items(), reverse=True):
            whole = value.axes == map_axes(node.shape) and self.nodes[x].shape == node.shape
            found = self._match(node, x, value.terms) if x != node.index and whole else None
            if found is not None:
                return (replace(found, op="detached_norm") if value.cut else found,)
        return ()

    def _match(self, node: Node, x: int, terms: Polynomial) -> Norm | None:
        slope, shift = split(terms, ("x", x), 1.0)
        if not slope or has_x(shift, x):
            return None
        for root in (base for base, exponent in next(iter(slope)) if exponent == -0.5):
            gamma, rest = split(slope, root, -0.5)
            spread = _spread(root)
            if rest or spread is None:
                continue
            variance, eps = spread
            letters = next((base[3] for base in atoms(variance) if base[0] == "moment" and base[1:3] == (x, 2)), "")
            if letters:
                op, found = self._own(node, x, letters, gamma, shift, root, variance)
            else:
                op, found = "batch_norm", self._stored(node, gamma, shift, root, variance)
            if found is not None:
                attrs = {"eps": eps, "momentum": None, "batch_statistics": bool(letters)}
                return Norm(node.index, op, {"x": x, **found}, attrs | (self._momentum(x) if letters else {}))
        return None

    def _own(
        self, node: Node, x: int, letters: str, gamma: Polynomial, shift: Polynomial, root: Atom, variance: Polynomial
    ) -> tuple[str, dict[str, int] | None]:
        """With statistics of the data: beta = shift + gamma * E[x] / root."""
        n, own, positions = self.reading.count(x, letters), _variance_of(x, letters), self.reading.positions(x)
        biased = same(variance, own)
        if not biased and not same(variance, times(own, number(n / (n - 1))) or {}):
            return "", None
        centre = {tuple(sorted(((("moment", x, 1, letters), 1.0), (root, -0.5)), key=repr)): 1.0}
        moved = times(gamma, centre)
        found = None if moved is None else self._affine(node, gamma, total(shift, moved))
        if letters != positions:
            return OTHER_AXES.get(letters, "other_axes_norm"), found
        running = {role: self.moved.get((x, k)) for role, k in (("mean", 1), ("var", 2))}
        if found is not None:
            found |= {role: given.tensor for role, given in running.items() if given is not None}
        return ("batch_norm" if biased else "unbiased_norm"), found

    def _stored(
        self, node: Node, gamma: Polynomial, shift: Polynomial, root: Atom, variance: Polynomial
    ) -> dict[str, int] | None:
        """beta = shift without its part under the root, which is - gamma * mean."""
        under, beta = split(shift, root, -0.5)
        var, mean = self._node(variance, node.index), None
        (first, weight), *_ = gamma.items()
        for product, c in under.items():
            if all(exponent_of(product, base) == e for base, e in first):
                rest = tuple(item for item in product if item not in first)
                candidate: Polynomial = {rest: -c / weight}
                back = times(gamma, candidate)
                if back is not None and same(total({}, back, -1.0), under):
                    mean = self._node(candidate, node.index)
        found = self._affine(node, gamma, beta)
        if mean is None or var is None or found is None:
            return None
        sizes = {self._size(mean), self._size(var)}
        return found | {"mean": mean, "var": var} if sizes == {node.shape[1]} else None

    def _affine(self, node: Node, gamma: Polynomial, beta: Polynomial) -> dict[str, int] | None:
        found: dict[str, int] = {}
        for role, value, neutral in (("gamma", gamma, number(1)), ("beta", beta, {})):
            if same(value, neutral):
                continue
            index = self._node(value, node.index)
            if index is None:
                return None
            found[role] = index
        return found

    def _node(self, value: Polynomial, before: int) -> int | None:
        """The node that holds this value per channel."""
        if any(base[0] not in ("tensor", "sum") for base in atoms(value)):
            return None
        single = only_atom(value)
        index = single[1] if single is not None and single[0] == "tensor" else self.computed.get(freeze(value))
        return index if index is not None and index < before else None

    def _size(self, index: int) -> int:
        return max(self.nodes[index].shape, default=1)

    def _momentum(self, x: int) -> dict[str, Any]:
        mean, var = self.moved.get((x, 1)), self.moved.get((x, 2))
        found: dict[str, Any] = {} if var is None or var.corrected else {"running_var": "biased"}
        weights = [round(given.momentum, 9) for given in (mean, var) if given is not None]
        if weights and len(set(weights)) == 1:
            found["momentum"] = weights[0]
        return found

    def _see_update(self, x: int, value: Value) -> None:
        """(1 - momentum) * stored + momentum * moment, which goes to no operation of the path."""
        if x == OUTSIDE or not 2 <= len(value.terms) <= 3 or has_x(value.terms, x):
            return
        letters = self.reading.positions(x)
        first, second = ("moment", x, 1, letters), ("moment", x, 2, letters)
        k, target, corrected = 1, atom(*first), True
        if ((second, 1.0),) in value.terms:
            k, target = 2, _variance_of(x, letters)
        weight = value.terms.get((((first, second)[k - 1], 1.0),), 0.0)
        stored = [(p[0][0], c) for p, c in value.terms.items() if len(p) == 1 and p[0][0][0] == "tensor"]
        if weight <= 0 or len(stored) != 1:
            return
        (_, index), kept = stored[0]
        if k == 2:
            n = self.reading.count(x, letters)
            corrected = abs(kept + weight - 1) > 1e-9
            weight = weight * (n - 1) / n if corrected else weight
            target = times(target, number(n / (n - 1))) or {} if corrected else target
        wanted = total(times(target, number(weight)) or {}, atom("tensor", index), 1 - weight)
        if self.nodes[index].op in ("buffer", "constant") and same(wanted, value.terms):
            self.moved[x, k] = _Running(index, weight, corrected)

    def _see_layer(self, node: Node) -> None:
        x, mean, var = node.operand("x"), node.operand("mean"), node.operand("var")
        momentum = node.attrs.get("momentum")
        if x is not None and mean is not None and var is not None:
            for k, tensor in ((1, mean), (2, var)):
                self.moved[x, k] = _Running(tensor, momentum if momentum is not None else 0.0)


def _variance_of(x: int, letters: str) -> Polynomial:
    """E[x^2] - E[x]^2 over these axes."""
    return {((("moment", x, 2, letters), 1.0),): 1.0, ((("moment", x, 1, letters), 2.0),): -1.0}


def _spread(root: Atom) -> tuple[Polynomial, float] | None:
    """What stands under the root, as (variance, eps); an eps below 0 is none."""
    if root[0] != "sum":
        return {((root, 1.0),): 1.0}, 0.0
    under = dict(thaw(root[1]))
    eps = under.pop((), 0.0)
    return (under, eps) if eps >= 0 else None
