"""In what two networks differ, in the paper's terms: what is said to a person whose weights do not go over.

Two networks may have the same parameters and compute different functions: the stride of a bottleneck stands on its
first 1x1 convolution in He et al. 2015 and on the 3x3 in what came to be called v1.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..align import regions
from ..anatomy import Anatomy
from ..enumerating import listed
from ..graph import Graph, Node

QUIET = frozenset({"reshape", "permute", "detach", "dropout"})  # the values stay as they are
UNSAID = frozenset({"momentum", "keepdim", "stop", "tensor", "output_padding"})
WORDS = {"conv": "convolution", "batch_norm": "BN", "linear": "fully connected layer"}
SHOWN = 4


def differences(source: Anatomy, destination: Anatomy) -> tuple[str, ...]:
    """The differences of wiring and attributes, each with the places where it was found. Empty: none is visible."""
    found: dict[str, list[str]] = {}
    for what, place in (*_wholes(source, destination), *_details(source, destination)):
        found.setdefault(what, []).append(place)
    named = ((what, [place for place in places if place]) for what, places in found.items())
    return tuple(f"{what}: {listed(places, SHOWN, '; ')}" if places else what for what, places in named)


def _wholes(source: Anatomy, destination: Anatomy) -> Iterator[tuple[str, str]]:
    for name, mine, theirs in (
        ("pre-activation", source.preactivation, destination.preactivation),
        ("shortcut option", source.option, destination.option),
        ("blocks", "/".join(source.kinds), "/".join(destination.kinds)),
        ("blocks in the stages", [len(s) for s in source.stages], [len(s) for s in destination.stages]),
    ):
        if mine != theirs:
            yield _apart(name, mine, theirs), ""


def _details(source: Anatomy, destination: Anatomy) -> Iterator[tuple[str, str]]:
    for region in regions(source, destination):
        mine = [source.graph[i] for i in region.found if source.graph[i].op not in QUIET]
        theirs = [destination.graph[i] for i in region.paper if destination.graph[i].op not in QUIET]
        ops, other_ops = [node.op for node in mine], [node.op for node in theirs]
        if ops != other_ops:
            yield _apart("operations", ", ".join(ops) or "none", ", ".join(other_ops) or "none"), region.name
            continue
        counts: dict[str, int] = {}
        for node, other in zip(mine, theirs, strict=True):
            counts[node.op] = counts.get(node.op, 0) + 1
            many = ops.count(node.op) > 1
            place = f"{WORDS.get(node.op, node.op)}{f' {counts[node.op]}' if many else ''} of {region.name}"
            yield from ((what, place) for what in _attributes(source.graph, destination.graph, node, other))


def _attributes(source: Graph, destination: Graph, node: Node, other: Node) -> Iterator[str]:
    for key in node.attrs:
        a, b = _plain(node.attrs[key]), _plain(other.attrs.get(key))
        if key not in UNSAID and a != b:
            yield _apart(key, a, b)
    sizes = [_weight(source, node), _weight(destination, other)]
    if sizes[0] != sizes[1]:
        yield _apart("weight", *("x".join(map(str, size)) for size in sizes))


def _weight(graph: Graph, node: Node) -> tuple[int, ...]:
    index = node.operand("weight")
    shape = graph[index].shape if index is not None else ()
    return shape if node.op == "conv" else tuple(extent for extent in shape if extent != 1)


def _plain(value: Any) -> Any:
    """A pair of equal numbers as one number."""
    values = tuple(value) if isinstance(value, (list, tuple)) else None
    return values[0] if values is not None and len(values) == 2 and values[0] == values[1] else value


def _apart(name: str, mine: Any, theirs: Any) -> str:
    return f"{name}: {mine} in the source, {theirs} in the destination"
