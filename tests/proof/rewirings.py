"""Every change of joins and of whole blocks. Each gives another graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from resnet_conformance.blocks import Block

from .ends import pool_attributes
from .graph_draft import END, Draft
from .mutations import Changes, Plan, becoming, normalizing, preceding, reading, setting

JOINS: Mapping[str, Mapping[str, Any]] = {"sub": {"alpha": 1}, "mul": {}, "maximum": {}, "minimum": {}}
ON_A_BRANCH: Mapping[str, Mapping[str, Any]] = {
    "scale": {"factor": 0.5},
    "relu": {},
    "sigmoid": {},
    "detach": {},
    "dropout": {"rate": 0.5},
}


def of_join(plan: Plan, block: Block) -> Changes:
    """The addition: what joins, what is joined, with what factor."""
    assert block.join is not None
    at = block.join
    f, shortcut = _ways(plan, block)
    for op, attrs in JOINS.items():
        yield f"add -> {op}", becoming(at, op, attrs)
    yield "add -> concat and 1x1 convolution", partial(_concat, at, plan.graph[at].shape[1])
    yield "the second operand times 0.5", setting(at, alpha=0.5)
    for name, way, other in (("F", f, shortcut), ("the shortcut", shortcut, f)):
        role = _role(plan, at, way)
        yield f"{name} alone", partial(_replace, at, way)
        yield f"{name} twice", reading(at, _role(plan, at, other), way)
        for op, attrs in ON_A_BRANCH.items():
            yield f"{op} on {name}", preceding(at, role, op, **attrs)
        yield f"bn on {name}", normalizing(at, role)
        yield f"one more operand: {name} again", partial(_one_more, at, way)
    for name, source in _elsewhere(plan, block):
        yield f"the shortcut from {name}", partial(_reroute, plan, block, source)


def of_block(plan: Plan, block: Block) -> Changes:
    """A whole block: without its stride, left out, repeated."""
    graph = plan.graph
    body, entry = _body(plan, block)
    strided = [i for i in body if graph[i].op == "conv" and graph[i].attrs["stride"] == (2, 2)]
    sliced = [i for i in body if graph[i].op == "slice" and graph[i].attrs["step"] != (1, 1, 1, 1)]
    if strided:
        yield "without its stride", partial(_stride_all, strided, sliced, 1)
        on_f = [i for i in strided if i in block.residual.nodes]
        for other in block.residual.of("conv"):
            if other not in on_f:
                yield f"stride on {plan.places[other].rpartition('.')[2]}", partial(_move_stride, on_f, other)
    first = block.residual.of("conv")[:1]
    if not strided and block.shortcut_kind == "identity":
        yield "with stride 2, shortcut sub-sampled", partial(_stride_more, first, block, "slice")
        yield "with stride 2, shortcut pooled", partial(_stride_more, first, block, "avg_pool")
        yield "projection on the shortcut", partial(_project, block, graph[block.end].shape[1])
    if graph[body[-1]].shape == graph[entry].shape:
        yield "left out", partial(_replace, body[-1], entry)
        for fresh, words in ((True, "with weights of its own"), (False, "with the same weights")):
            yield f"repeated {words}", partial(_repeat, body, entry, fresh)


def of_neighbours(plan: Plan, block: Block, following: Block) -> Changes:
    """Two blocks in a row, where they could stand in either order."""
    (first, entry), (second, _) = _body(plan, block), _body(plan, following)
    shapes = {plan.graph[i].shape for i in (entry, first[-1], second[-1])}
    if len(shapes) == 1:
        yield f"swapped with {plan.case.labels[following.end]}", partial(_exchange, first, second, entry)


def _body(plan: Plan, block: Block) -> tuple[list[int], int]:
    """A block's nodes in order, and what they read."""
    inner = [*block.pre, *block.residual.nodes, *(block.shortcut.nodes if block.shortcut else ())]
    body = [*inner, *(() if block.join is None else (block.join,)), *block.post]
    return body, plan.graph[body[0]].inputs[0] if block.pre else block.entry


def _ways(plan: Plan, block: Block) -> tuple[int, int]:
    """F's last value and the shortcut's."""
    assert block.join is not None
    f = next(i for i in plan.graph[block.join].inputs if i in block.residual.nodes)
    return f, next(i for i in plan.graph[block.join].inputs if i != f)


def _role(plan: Plan, at: int, source: int) -> str:
    node = plan.graph[at]
    return node.roles[node.inputs.index(source)]


def _elsewhere(plan: Plan, block: Block) -> list[tuple[str, int]]:
    """Values that a shortcut could begin at by mistake."""
    graph, number, last = plan.graph, plan.blocks.index(block), _ways(plan, block)[0]
    ops = {op: [i for i in block.residual.nodes if graph[i].op == op and i != last] for op in ("batch_norm", "conv")}
    found = [(f"F's bn{position}", i) for position, i in enumerate(ops["batch_norm"], start=1)]
    found += [("F's first convolution", i) for i in ops["conv"][:1]]
    if block.pre:
        found.append(("what F reads", graph[block.residual.nodes[0]].inputs[0]))
    if number:
        found.append(("the entry of the block before", plan.blocks[number - 1].entry))
        found.append(("the sum of the block before", plan.blocks[number - 1].end))
    source = graph[block.entry]
    if source.op == "relu" and (not number or source.inputs[0] != plan.blocks[number - 1].end):
        found.append(("before the relu", source.inputs[0]))
    return [(name, i) for name, i in found if i != block.entry]


def _reroute(plan: Plan, block: Block, source: int, draft: Draft) -> None:
    assert block.join is not None
    way = block.shortcut.nodes if block.shortcut else ()
    if not way:
        draft.read(block.join, _role(plan, block.join, _ways(plan, block)[1]), source)
    for index in way[:1]:
        draft.read(index, "x", source)


def _concat(at: int, filters: int, draft: Draft) -> None:
    draft.become(at, "concat", axis=1)
    fitted = draft.convolution(at, filters, 1)
    draft.redirect(at, fitted, {fitted})


def _replace(at: int, way: int, draft: Draft) -> None:
    draft.redirect(at, way)


def _one_more(at: int, source: int, draft: Draft) -> None:
    added = draft.new("add", {"a": at, "b": source}, alpha=1)
    draft.redirect(at, added, {added})


def _stride_all(convolutions: list[int], slices: list[int], stride: int, draft: Draft) -> None:
    for index in convolutions:
        draft.set(index, stride=(stride, stride))
    for index in slices:
        draft.set(index, step=(1, 1, stride, stride))


def _move_stride(old: list[int], new: int, draft: Draft) -> None:
    for index in old:
        draft.set(index, stride=(1, 1))
    draft.set(new, stride=(2, 2))


def _stride_more(convolutions: tuple[int, ...], block: Block, op: str, draft: Draft) -> None:
    assert block.join is not None
    for index in convolutions:
        draft.set(index, stride=(2, 2))
    role = next(r for r in ("b", "a") if draft.operand(block.join, r) not in block.residual.nodes)
    region = {"start": (0, 0, 0, 0), "stop": (END,) * 4, "step": (1, 1, 2, 2)}
    draft.before(block.join, role, op, **(region if op == "slice" else pool_attributes(op, 2)))


def _project(block: Block, filters: int, draft: Draft) -> None:
    assert block.join is not None
    role = next(r for r in ("b", "a") if draft.operand(block.join, r) not in block.residual.nodes)
    draft.read(block.join, role, draft.norm(draft.convolution(draft.operand(block.join, role), filters, 1)))


def _repeat(body: list[int], entry: int, fresh: bool, draft: Draft) -> None:
    last = body[-1]
    copied = draft.copy(body, entry, last, fresh)
    draft.redirect(last, copied[last], set(copied.values()))


def _exchange(first: list[int], second: list[int], entry: int, draft: Draft) -> None:
    middle, last = first[-1], second[-1]
    moved = {index: {entry: last} for index in first} | {index: {middle: entry} for index in second}
    for index, node in draft.nodes.items():
        new = moved.get(index, {last: middle})
        draft.nodes[index] = replace(node, inputs=tuple(new.get(i, i) for i in node.inputs))
    draft.output = middle if draft.output == last else draft.output
