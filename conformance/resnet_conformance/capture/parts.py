"""A layer that is computed in parts: filter by filter, channel by channel, half of the channels at a time.

A convolution's filters are computed each for itself, and each is a sum over its input's channels; batch normalization
is computed channel by channel (Ioffe and Szegedy 2015, section 3.2). So parts side by side are one layer, whose
tensors are those of the parts side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..graph import Node, Shape

if TYPE_CHECKING:
    from .canonical import Named
    from .emitter import Emitter

CHANNELS = 1


def rejoined(e: Emitter, parts: Sequence[int], axis: int, shape: Shape) -> int | None:
    """The tensor that was sliced into these parts, put together again."""
    nodes = [e[i] for i in parts]
    if any(node.op != "slice" for node in nodes) or len({node.inputs for node in nodes}) != 1:
        return None
    source, at = e[nodes[0].inputs[0]], 0
    for node in nodes:
        start, stop = [0] * len(shape), list(source.shape)
        start[axis], stop[axis] = at, at + node.shape[axis]
        if (node.attrs["start"], node.attrs["stop"]) != (tuple(start), tuple(stop)) or set(node.attrs["step"]) != {1}:
            return None
        at += node.shape[axis]
    return source.index if source.shape == shape else None


def concat(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """Layers of one kind side by side."""
    parts, axis = tuple(x.values()), attrs["axis"]
    parts = tuple(i for i in parts if e[i].shape[axis])
    whole = rejoined(e, parts, axis, shape) if len(parts) > 1 else parts[0]
    whole = added(e, parts, axis, shape) if whole is None else whole
    if whole is not None or axis != CHANNELS or len(parts) < 2:
        return whole
    nodes = [e[i] for i in parts]
    if nodes[0].op not in ("conv", "batch_norm") or not _alike(e, nodes):
        return None
    roles, op, extra = nodes[0].roles, nodes[0].op, {}
    maps = [e[node.inputs[0]] for node in nodes]
    if op == "conv" and len({node.index for node in maps}) == 1 and nodes[0].attrs["groups"] == 1:
        source: int | None = maps[0].index
    else:
        channels = sum(node.shape[1] for node in maps)
        source = rejoined(e, [node.index for node in maps], axis, (shape[0], channels, *maps[0].shape[2:]))
        if op == "conv":  # each part of the channels has filters of its own: groups
            if len({node.shape for node in nodes}) > 1 or len({node.shape for node in maps}) > 1:
                return None
            extra = {"groups": nodes[0].attrs["groups"] * len(nodes)}
    if source is None or any(e.depends[i] for node in nodes for r, i in _operands(node).items() if r != "x"):
        return None
    operands = {role: _beside(e, [_operands(node)[role] for node in nodes], 0) for role in roles if role != "x"}
    return _whole(e, nodes, {"x": source, **operands}, shape, extra)


def added(e: Emitter, parts: Sequence[int], axis: int, shape: Shape) -> int | None:
    """A tensor to one part of which something was added, put together again: to the rest nothing was added."""
    sums = [(place, e[i]) for place, i in enumerate(parts) if e[i].op == "add"]
    if len(sums) != 1 or sums[0][1].attrs["alpha"] != 1:
        return None
    (place, node), before, after = sums[0], [0] * len(shape), [0] * len(shape)
    before[axis] = sum(e[i].shape[axis] for i in parts[:place])
    after[axis] = sum(e[i].shape[axis] for i in parts[place + 1 :])
    for mine, other in (node.inputs, node.inputs[::-1]):
        whole = rejoined(e, [*parts[:place], mine, *parts[place + 1 :]], axis, shape)
        if whole is not None and e[other].shape == node.shape:
            e.effects.add(node.index)
            attrs = {"before": tuple(before), "after": tuple(after), "value": 0.0}
            padded = e.emit("pad", {"x": other}, attrs, shape)
            return e.emit("add", {"a": whole, "b": padded}, {"alpha": 1}, shape)
    return None


def add(e: Emitter, x: Named, attrs: Mapping[str, Any], shape: Shape) -> int | None:
    """Convolutions of the parts of one map, added up."""
    nodes = [e[i] for i in x.values()]
    if len(nodes) != 2 or any(node.op != "conv" or e.depends[node.inputs[1]] for node in nodes) or attrs["alpha"] != 1:
        return None
    nodes.sort(key=lambda node: _first_channel(e, node))
    biases = [i for node in nodes if (i := node.operand("bias")) is not None]
    maps = [e[node.inputs[0]] for node in nodes]
    if len(biases) > 1 or not _alike(e, nodes, biased=True) or nodes[0].attrs["groups"] != 1:
        return None
    channels = sum(node.shape[1] for node in maps)
    joined = (maps[0].shape[0], channels, *maps[0].shape[2:])
    source = rejoined(e, [node.index for node in maps], CHANNELS, joined) or _partial(e, maps, joined)
    if source is None:
        return None
    weight = _beside(e, [node.inputs[1] for node in nodes], 1)
    operands = {"x": source, "weight": weight}
    if biases:
        operands["bias"] = biases[0]
    return _whole(e, nodes, operands, shape, {})


def _first_channel(e: Emitter, node: Node) -> int:
    source = e[node.inputs[0]]
    return int(source.attrs["start"][CHANNELS]) if source.op == "slice" else 0


def _partial(e: Emitter, maps: Sequence[Node], shape: Shape) -> int | None:
    """Neighbouring parts, of more than two: the stretch of the map that they are."""
    if any(node.op != "slice" for node in maps) or len({node.inputs for node in maps}) != 1:
        return None
    first, second = (node.attrs for node in maps)
    neighbours = first["stop"][CHANNELS] == second["start"][CHANNELS]
    same = all(first[k][i] == second[k][i] for k in ("start", "stop") for i in (0, 2, 3))
    if not (neighbours and same and {*first["step"], *second["step"]} == {1}):
        return None
    stop = tuple(second["stop"][i] if i == CHANNELS else n for i, n in enumerate(first["stop"]))
    return e.emit("slice", {"x": maps[0].inputs[0]}, {**first, "stop": stop}, shape)


def _alike(e: Emitter, nodes: Sequence[Node], biased: bool = False) -> bool:
    """The same layer with other tensors of one shape per filter."""
    first = nodes[0]
    return all(
        node.op == first.op
        and node.attrs == first.attrs
        and len(node.shape) == 4
        and (biased or node.roles == first.roles)
        and not node.attrs.get("transposed")
        for node in nodes
    )


def _operands(node: Node) -> dict[str, int]:
    return dict(zip(node.roles, node.inputs, strict=True))


def _beside(e: Emitter, parts: Sequence[int], axis: int) -> int:
    """Tensors side by side."""
    shapes = [e[i].shape for i in parts]
    extent = sum(shape[axis] for shape in shapes)
    return e.emit("concat", tuple(parts), {"axis": axis}, (*shapes[0][:axis], extent, *shapes[0][axis + 1 :]))


def _whole(
    e: Emitter, nodes: Sequence[Node], operands: Mapping[str, int], shape: Shape, extra: Mapping[str, Any]
) -> int:
    e.effects.update(node.index for node in nodes)  # they mean nothing but their whole
    where, e.where = e.where, nodes[0].where
    found = e.emit(nodes[0].op, operands, {**nodes[0].attrs, **extra}, shape)
    e.where = where
    return found
