"""Every change that a layer allows: convolutions, batch normalizations, activations. Each gives another graph.

A change is a function of a draft; its name says the place in the paper's words and what becomes of what. Changes of
joins and whole blocks are in rewirings.py, those of pools, zero shortcuts and the classifier in ends.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

from resnet_conformance.blocks import Block
from resnet_conformance.clauses import Case
from resnet_conformance.graph import Graph, Node

from .graph_draft import Draft, Stillborn

Change = Callable[[Draft], object]
Changes = Iterator[tuple[str, Change]]

ACTIVATIONS: Mapping[str, Mapping[str, Any]] = {
    "leaky_relu": {"negative_slope": 0.01},
    "relu6": {},
    "gelu": {"approximate": "none"},
    "silu": {},
    "elu": {"alpha": 1, "scale": 1, "input_scale": 1},
    "sigmoid": {},
    "tanh": {},
}
NAMES = {"batch_norm": "bn", "max_pool": "pool", "global_avg_pool": "pool", "linear": "fc"}


@dataclass(frozen=True)
class Plan:
    """A right network with the paper's names for its places."""

    case: Case

    @property
    def graph(self) -> Graph:
        """The network."""
        return self.case.graph

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Its blocks."""
        return self.case.found.blocks

    @cached_property
    def places(self) -> Mapping[int, str]:
        """The paper's name of every node that computes something: conv3_1.conv2, conv3_1.shortcut.bn."""
        found = self.case.found
        places: dict[int, str] = {}
        self._name(places, found.stem, "stem.")
        for block in found.blocks:
            label = self.case.labels[block.end]
            self._name(places, block.pre, f"{label}.pre.")
            self._name(places, block.residual.nodes, f"{label}.", numbered=True)
            self._name(places, block.shortcut.nodes if block.shortcut else (), f"{label}.shortcut.")
            self._name(places, () if block.join is None else (block.join,), f"{label}.")
            self._name(places, block.post, f"{label}.")
        self._name(places, found.head, "head.")
        return places

    def _name(self, places: dict[int, str], nodes: tuple[int, ...], prefix: str, numbered: bool = False) -> None:
        seen: dict[str, int] = {}
        for index in nodes:
            op = self.graph[index].op
            name = NAMES.get(op, op)
            seen[name] = seen.get(name, 0) + 1
            places[index] = prefix + name + (str(seen[name]) if numbered or seen[name] > 1 else "")

    def earlier(self, node: Node, role: str) -> Node | None:
        """The node before this one, of its operation, whose operand in that role has the same shape."""
        operand = node.operand(role)
        shape = () if operand is None else self.graph[operand].shape
        found = None
        for index in self.places:
            other = self.graph[index]
            twin = other.operand(role)
            if other.op == node.op and index < node.index and twin is not None and self.graph[twin].shape == shape:
                found = other if found is None or index > found.index else found
        return found

    def reader(self, node: Node, op: str) -> Node | None:
        """The only node that reads this one, where it is of that operation."""
        users = self.graph.users.get(node.index, ())
        return self.graph[users[0]] if len(users) == 1 and self.graph[users[0]].op == op else None


def setting(index: int, **attrs: Any) -> Change:
    """Other attributes of a node."""
    return lambda draft: draft.set(index, **attrs)


def becoming(index: int, op: str, attrs: Mapping[str, Any]) -> Change:
    """Another operation in place of a node's."""
    return lambda draft: draft.become(index, op, **attrs)


def following(index: int, op: str, **attrs: Any) -> Change:
    """One more operation behind a node."""
    return lambda draft: draft.after(index, op, **attrs)


def preceding(index: int, role: str, op: str, **attrs: Any) -> Change:
    """One more operation on one of a node's operands."""
    return lambda draft: draft.before(index, role, op, **attrs)


def reading(index: int, role: str, source: int | None) -> Change:
    """Another operand of a node, or none."""
    return lambda draft: draft.read(index, role, source)


def removing(index: int) -> Change:
    """The network without a node."""
    return lambda draft: draft.remove(index)


def normalizing(index: int, role: str = "x") -> Change:
    """A batch normalization of one of a node's operands."""
    return lambda draft: draft.read(index, role, draft.norm(draft.operand(index, role), draft.nodes[index].where))


def of_conv(plan: Plan, node: Node) -> Changes:
    """A convolution: its geometry, its weight, its neighbours."""
    at, a = node.index, node.attrs
    kernel, stride = a["kernel"][0], a["stride"][0]
    weight = plan.graph[node.inputs[node.roles.index("weight")]]
    filters, channels = node.shape[1], plan.graph[node.inputs[0]].shape[1]
    for new in ((2, 2), (2, 1), (1, 2), (3, 3)) if stride == 1 else ((1, 1), (1, 2), (2, 1), (3, 3)):
        yield f"stride {stride} -> {_pair(new)}", setting(at, stride=new)
    for new in {kernel // 2 + 1, 0, 1} - {kernel // 2}:
        yield f"padding {kernel // 2} -> {new}", setting(at, padding=(new, new))
    for size in {1: (3,), 3: (1, 2, 5), 7: (3, 5, 9)}[kernel]:
        yield f"kernel {kernel} -> {size}", setting(at, kernel=(size, size), padding=(size // 2, size // 2))
    if kernel > 1:
        yield "padding after alone", partial(_pad_unevenly, at, kernel // 2, 0)
        yield "padding before alone", partial(_pad_unevenly, at, kernel // 2, 1)
        yield "padding of ones", partial(_pad_with, at, kernel // 2, 1.0)
        yield f"kernel {kernel} -> {kernel}x1", setting(at, kernel=(kernel, 1), padding=(kernel // 2, 0))
        yield "dilation 1 -> 2", setting(at, dilation=(2, 2), padding=(kernel - 1, kernel - 1))
    for groups in dict.fromkeys((2, 4, channels)):
        yield f"groups 1 -> {groups}", setting(at, groups=groups)
    for new_filters in (filters // 2, filters * 2, filters + 1):
        yield f"filters {filters} -> {new_filters}", partial(resize, (weight.attrs["tensor"],), (new_filters,))
    yield "bias added", lambda d: d.weigh(at, "bias", outputs=filters)
    if (twin := plan.earlier(node, "weight")) is not None:
        shared = twin.inputs[twin.roles.index("weight")]
        yield f"weight shared with {plan.places[twin.index]}", reading(at, "weight", shared)
    yield "removed", removing(at)
    for size in (1, 3):
        yield f"{size}x{size} convolution inserted behind", partial(_conv_after, at, filters, size)
    if stride == 1:
        yield "transposed", partial(_transpose, at, weight, filters, channels)
    yield "weight detached", preceding(at, "weight", "detach")
    yield "bn inserted before", normalizing(at)


def of_batch_norm(plan: Plan, node: Node) -> Changes:
    """A batch normalization: its numbers, its statistics, its place."""
    at = node.index
    yield "removed", removing(at)
    yield "a second one behind", lambda d: _behind(d, at, d.norm(at, node.where))
    for eps in (1e-3, 1e-12):
        yield f"eps {node.attrs['eps']:g} -> {eps:g}", setting(at, eps=eps)
    for momentum in (0.0, 0.5, 1.0):
        yield f"momentum {node.attrs['momentum']:g} -> {momentum:g}", setting(at, momentum=momentum)
    yield "without gamma", reading(at, "gamma", None)
    yield "without beta", reading(at, "beta", None)
    yield "without both", partial(_plain, at)
    yield "batch statistics in eval", setting(at, batch_statistics=True)
    yield "stored statistics in training", setting(at, frozen=True)
    yield "gamma detached", preceding(at, "gamma", "detach")
    yield "gamma and beta swapped", partial(_swap_affine, at)
    if (twin := plan.earlier(node, "gamma")) is not None:
        for what in ({"gamma", "beta"}, {"mean", "var"}, {"gamma", "beta", "mean", "var"}):
            words = ", ".join(role for role in node.roles if role in what)
            yield f"{words} shared with {plan.places[twin.index]}", partial(_share, at, twin, what)
    source = plan.graph[node.inputs[0]]
    if source.op == "conv" and len(plan.graph.users[source.index]) == 1:
        yield "before its convolution", partial(_swap, source.index, at)
    if (relu := plan.reader(node, "relu")) is not None:
        yield "behind its relu", partial(_swap, at, relu.index)


def of_relu(plan: Plan, node: Node) -> Changes:
    """An activation: none, twice, another one; what stands behind it."""
    yield "removed", removing(node.index)
    yield "doubled", following(node.index, "relu")
    for op, attrs in ACTIVATIONS.items():
        yield f"relu -> {op}", becoming(node.index, op, attrs)
    yield "dropout behind", following(node.index, "dropout", rate=0.5)


def of_any(plan: Plan, node: Node) -> Changes:
    """Any value: what may stand behind it for all that read it."""
    if node.op != "relu":
        yield "relu inserted behind", following(node.index, "relu")
    yield "detached", following(node.index, "detach")
    yield "halved", following(node.index, "scale", factor=0.5)


def _pair(size: tuple[int, int]) -> str:
    return str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}"


def _pad_unevenly(at: int, padding: int, before: int, draft: Draft) -> None:
    sides = (2 * padding * before, 2 * padding * (1 - before))
    attrs = {"before": (0, 0, sides[0], sides[0]), "after": (0, 0, sides[1], sides[1]), "value": 0.0}
    draft.before(at, "x", "pad", **attrs)
    draft.set(at, padding=(0, 0))


def _pad_with(at: int, padding: int, value: float, draft: Draft) -> None:
    sides = (0, 0, padding, padding)
    draft.before(at, "x", "pad", before=sides, after=sides, value=value)
    draft.set(at, padding=(0, 0))


def resize(tensors: Sequence[int], shape: tuple[int, ...], draft: Draft) -> None:
    """Other first extents of these tensors: the number of outputs that a layer keeps."""
    for tensor in tensors:
        old = draft.tensors[tensor]
        draft.tensors[tensor] = replace(old, shape=(*shape, *old.shape[len(shape) :]))


def _plain(at: int, draft: Draft) -> None:
    for role in ("gamma", "beta"):
        draft.read(at, role, None)


def _behind(draft: Draft, at: int, added: int) -> None:
    draft.redirect(at, added, {added})


def _conv_after(at: int, filters: int, kernel: int, draft: Draft) -> None:
    _behind(draft, at, draft.convolution(at, filters, kernel, draft.nodes[at].where))


def _transpose(at: int, weight: Node, filters: int, channels: int, draft: Draft) -> None:
    resize((weight.attrs["tensor"],), (channels, filters), draft)
    draft.set(at, transposed=True)


def _swap_affine(at: int, draft: Draft) -> None:
    gamma, beta = draft.operand(at, "gamma"), draft.operand(at, "beta")
    draft.set(gamma, initial=1.0)
    draft.set(beta, initial=0.0)
    draft.read(at, "gamma", beta)
    draft.read(at, "beta", gamma)


def _share(at: int, twin: Node, what: set[str], draft: Draft) -> None:
    for role, source in zip(twin.roles, twin.inputs, strict=True):
        if role in what:
            draft.read(at, role, source)


def _swap(first: int, second: int, draft: Draft) -> None:
    """Two nodes in a row change places."""
    if draft.operand(second) != first:
        raise Stillborn("they do not follow each other")
    source = draft.operand(first)
    draft.redirect(second, first, {first})
    draft.read(second, "x", source)
    draft.read(first, "x", second)
