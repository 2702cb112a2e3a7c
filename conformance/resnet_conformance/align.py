"""Pairs the parameters of two networks of the same anatomy: which tensor of the one holds the values of which tensor
of the other, by place and role in the network, never by name.

One side is usually the blueprint ("paper"), whose tensors are held as they are; the candidate ("found") may keep them
in another shape or order, in parts, or several in one tensor. Sources: He et al. 2015, Fig. 2, 3 and 5 for the places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .anatomy import Anatomy
from .blocks import Block
from .graph import Graph, Shape
from .unread import PICKED

ROLES: Mapping[str, tuple[str, ...]] = {
    "conv": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "batch_norm": ("gamma", "beta", "mean", "var"),
}
MOVES = frozenset({"reshape", "permute", "slice", "concat"})  # the same numbers, elsewhere
SHIFT = "add_scalar"  # the same numbers, but for one that is added to all: a gamma of 1 + g
WORDS = {"conv": "convolution", "linear": "fully connected layer", "batch_norm": "batch normalization"}
ADMITTED = frozenset({("conv", "bias"), ("linear", "bias")})  # may be there on one side alone


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values that a layer reads are kept: a registered tensor (`op` "tensor"), or a movement of other places.

    `op` is "tensor", "reshape", "permute" (attribute order), "slice" (start, stop, step), "concat" (axis) or
    "add_scalar" (value: the number that is added to what is kept), the value has the shape `shape`; `parts` are what is
    moved, innermost the tensors.
    """

    op: str
    shape: Shape
    tensor: int = -1
    attrs: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Place, ...] = ()

    def tensors(self) -> Iterator[int]:
        """Indices of the registered tensors that it reads from, in order."""
        if self.op == "tensor":
            yield self.tensor
        for part in self.parts:
            yield from part.tensors()


@dataclass(frozen=True, slots=True)
class Link:
    """The same values in both networks: what they are to which layer, and where each keeps them."""

    role: str  # "weight" | "bias" | "gamma" | "beta" | "mean" | "var"
    found: Place
    paper: Place


@dataclass(frozen=True)
class Alignment:
    """Two networks side by side. `layers` maps the paper's convolution, BN and linear nodes to the candidate's.

    `reasons` say for people what has no partner. `extra` and `missing` are biases of convolutions and linear layers
    that one side alone has, which a clause may admit: `extra` the candidate's by the paper's node, `missing` the
    paper's by its node.
    """

    links: tuple[Link, ...]
    layers: Mapping[int, int] = field(default_factory=dict)
    extra: Mapping[int, Place] = field(default_factory=dict)
    missing: Mapping[int, Place] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Nothing is without a partner, but for what `extra` and `missing` name."""
        return not self.reasons

    @cached_property
    def pairs(self) -> Mapping[int, Place]:
        """From the paper's tensor to where its values live in the candidate; tensors that the paper keeps whole."""
        return {link.paper.tensor: link.found for link in self.links if link.paper.op == "tensor"}


def pair(found: Anatomy, paper: Anatomy, prepared: bool = False) -> Alignment:
    """Pair two networks layer by layer: stem, each block's F, shortcut and what stands around them, head.

    Both anatomies are of simplified graphs. What cannot be paired is said in `reasons`; nothing is guessed. `prepared`:
    the paper's gets the input as the other one has normalised it, so that the numbers for that need no partner.
    """
    work = _Pairing(found.graph, paper.graph)
    if prepared:
        work.skip("found", found.graph, found.preparation)
    mine, theirs = ([len(stage) for stage in anatomy.stages] for anatomy in (found, paper))
    if mine != theirs:
        work.reasons.append(f"the blocks of the stages are {mine} and not {theirs}")
    for region in regions(found, paper):
        work.region(region)
    work.close()
    return Alignment(tuple(work.links), work.layers, work.extra, work.missing, tuple(work.reasons))


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of nodes that two networks have in the same place; `name` is the place for people."""

    name: str
    found: tuple[int, ...]
    paper: tuple[int, ...]


def regions(found: Anatomy, paper: Anatomy) -> Iterator[Region]:
    """The two networks stretch by stretch: stem, each block's parts as far as both have blocks, head."""
    yield Region("the stem", found.stem, paper.stem)
    for number, (mine, theirs) in enumerate(zip(found.stages, paper.stages, strict=False), start=1):
        for position, (block, other) in enumerate(zip(mine, theirs, strict=False), start=1):
            name = f"block {position} of stage {number} ({block.where})"
            yield Region(f"what comes before {name}", block.pre, other.pre)
            yield Region(f"F of {name}", block.residual.nodes, other.residual.nodes)
            yield Region(f"the shortcut of {name}", *(_shortcut(b) for b in (block, other)))
            yield Region(f"the sum of {name}", *((b.join,) if b.join is not None else () for b in (block, other)))
            yield Region(f"what comes after {name}", block.post, other.post)
    yield Region("the head", found.head, paper.head)


def _shortcut(block: Block) -> tuple[int, ...]:
    return block.shortcut.nodes if block.shortcut is not None else ()


class _Pairing:
    """What has been paired so far."""

    def __init__(self, found: Graph, paper: Graph) -> None:
        self.found, self.paper = found, paper
        self.links: list[Link] = []
        self.layers: dict[int, int] = {}
        self.extra: dict[int, Place] = {}
        self.missing: dict[int, Place] = {}
        self.reasons: list[str] = []
        self.told: set[tuple[str, int]] = set()  # tensors whose trouble stands in `reasons`

    def region(self, region: Region) -> None:
        """Pair the layers with weights of two stretches of nodes, in order."""
        name = region.name
        mine, theirs = _layers(self.found, region.found), _layers(self.paper, region.paper)
        ops, other_ops = [self.found[i].op for i in mine], [self.paper[i].op for i in theirs]
        if ops != other_ops:
            self.reasons.append(f"{name} has {_listed(ops)} where {_listed(other_ops)} belongs")
            self.skip("found", self.found, mine)
            self.skip("paper", self.paper, theirs)
            return
        for i, k in zip(mine, theirs, strict=True):
            self.layers[k] = i
            for role in ROLES[self.found[i].op]:
                self._operand(name, role, i, k)

    def skip(self, side: str, graph: Graph, layers: Sequence[int]) -> None:
        """What these layers read needs no partner."""
        operands = [i for layer in layers for i in graph[layer].inputs]
        self.told |= {(side, t) for i in operands if (place := place_of(graph, i)) for t in place.tensors()}

    def _operand(self, name: str, role: str, i: int, k: int) -> None:
        mine, theirs = self.found[i], self.paper[k]
        a, b = mine.operand(role), theirs.operand(role)
        if a is None and b is None:
            return
        what = f"{role} of the {WORDS[mine.op]} {mine.where or f'at node {i}'}"
        held = place_of(self.found, a) if a is not None else None
        kept = place_of(self.paper, b) if b is not None else None
        if (a is not None and held is None) or (b is not None and kept is None):
            plain = a is not None and held is None and _is_unregistered(self.found, a)
            where = (
                "stands in a tensor that no register_buffer keeps"
                if plain
                else "is computed on the way and kept nowhere"
            )
            self.reasons.append(f"{name}: {what} {where}")
            self.skip("found", self.found, [i])
            self.skip("paper", self.paper, [k])
        elif held is None or kept is None:
            if (mine.op, role) not in ADMITTED:
                self.reasons.append(f"{name}: the {what} {'is missing' if held is None else 'has no partner'}")
                self.told |= {("found", t) for t in (held.tensors() if held else ())}
                self.told |= {("paper", t) for t in (kept.tensors() if kept else ())}
            elif held is not None:
                self.extra[k] = held
            elif kept is not None:
                self.missing[k] = kept
        else:
            self._link(f"{name}: the {what}", role, held, kept)

    def _link(self, what: str, role: str, held: Place, kept: Place) -> None:
        if held.shape != kept.shape and _squeezed(held.shape) == _squeezed(kept.shape):
            held = Place("reshape", kept.shape, parts=(held,))  # a 1x1 convolution as classifier
        if held.shape != kept.shape:
            self.reasons.append(f"{what} has shape {_size(held.shape)} and not {_size(kept.shape)}")
            self.told |= {("found", t) for t in held.tensors()} | {("paper", t) for t in kept.tensors()}
        else:
            self.links.append(Link(role, held, kept))

    def close(self) -> None:
        """Say which tensors are read and have no partner, and which are held by several layers at once."""
        for side, graph in (("found", self.found), ("paper", self.paper)):
            places = [getattr(link, side) for link in self.links]
            places += (self.extra if side == "found" else self.missing).values()
            shares: dict[int, int] = {}
            twice: set[int] = set()
            known: list[Place] = []
            for place in places:
                for t, size in _sizes(place):
                    shares[t] = shares.get(t, 0) + size
                if place.op != "tensor":
                    twice |= set(place.tensors()) if place in known else set()
                    known.append(place)
            kept = [i for i in graph.live if graph[i].op in ("parameter", "buffer")]
            read = {graph[i].attrs["tensor"] for i in kept if not _is_index(graph, i)}
            whose = "" if side == "found" else " of the other network"
            for t in sorted(read):
                tensor = graph.tensors[t]
                name = tensor.names[0] if tensor.names else f"tensor {t}"
                if (side, t) in self.told:
                    continue
                if t not in shares:
                    self.reasons.append(f"{name}{whose} is read and has no partner")
                elif t in twice or shares[t] > tensor.size:
                    self.reasons.append(f"{name}{whose} is read by several layers, each of which has values of its own")
                elif shares[t] < tensor.size:
                    self.reasons.append(f"{name}{whose} has {tensor.size} values, of which {shares[t]} have a partner")


def place_of(graph: Graph, index: int) -> Place | None:
    """Where the value of a node is kept; None where it is computed. A detached value is the same value."""
    node = graph[index]
    if node.op in ("parameter", "buffer"):
        return Place("tensor", node.shape, node.attrs["tensor"])
    if node.op == "detach":
        return place_of(graph, node.inputs[0])
    parts = [place_of(graph, i) for i in node.inputs] if node.op in MOVES | {SHIFT} else []
    if not parts or None in parts:
        return None
    attrs = {key: node.attrs[key] for key in ("order", "start", "stop", "step", "axis", "value") if key in node.attrs}
    return Place(node.op, node.shape, attrs=attrs, parts=tuple(part for part in parts if part is not None))


def _is_index(graph: Graph, index: int) -> bool:
    """A buffer that says which values are taken, and is itself no value of the network."""
    users = [graph[i] for i in graph.users.get(index, ())]
    return graph[index].op != "parameter" and all(
        node.op in PICKED or (node.op in MOVES and _is_index(graph, node.index)) for node in users
    )


def _layers(graph: Graph, nodes: Sequence[int]) -> list[int]:
    return [i for i in nodes if graph[i].op in ROLES]


def _listed(ops: Sequence[str]) -> str:
    return ", ".join(WORDS[op] for op in ops) or "no layer with weights"


def _squeezed(shape: Shape) -> Shape:
    return tuple(extent for extent in shape if extent != 1)


def _size(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "()"


def _sizes(place: Place) -> Iterator[tuple[int, int]]:
    """How many values a place takes from each tensor."""
    if place.op == "concat":
        for part in place.parts:
            yield from _sizes(part)
        return
    size = 1
    for extent in place.shape:
        size *= extent
    inner = list(dict.fromkeys(place.tensors()))
    if len(inner) == 1:
        yield inner[0], size
    else:  # moved after its parts were put together
        for part in place.parts:
            yield from _sizes(part)


def _is_unregistered(graph: Graph, index: int) -> bool:
    """Is it a tensor that the network has beside its parameters and buffers?"""
    while graph[index].op in ("reshape", "permute", "slice", "detach"):
        index = graph[index].inputs[0]
    return graph[index].op == "constant"
