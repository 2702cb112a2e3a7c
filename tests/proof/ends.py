"""Every change of option A's shortcuts, of the pools and of the classifier. Each gives another graph."""

from __future__ import annotations

from functools import partial
from typing import Any

from resnet_conformance.graph import Node

from .graph_draft import END, Draft, Stillborn
from .mutations import Changes, Plan, becoming, following, preceding, reading, removing, resize, setting


def of_shortcut(plan: Plan, node: Node) -> Changes:
    """The sub-sampling and the zeros of option A."""
    at, shape = node.index, plan.graph[node.inputs[0]].shape
    if node.op == "slice":
        for start in ((0, 0, 1, 1), (0, 0, 1, 0), (0, 0, 0, 1)):
            yield f"starts at {start[2]}, {start[3]}", setting(at, start=start)
        for op in ("avg_pool", "max_pool"):
            for kernel in (2, 3):
                yield (
                    f"slice -> {op} {kernel}x{kernel}",
                    becoming(at, op, pool_attributes(op, kernel)),
                )
        yield "corner alone", setting(at, stop=(END, END, *(e // 2 for e in shape[2:])), step=(1, 1, 1, 1))
        return
    before, after = node.attrs["before"], node.attrs["after"]
    extra = before[1] + after[1]
    for where, front in (("before", extra), ("on both sides", extra // 2), ("unevenly", extra // 4)):
        sides = {"before": (0, front, 0, 0), "after": (0, extra - front, 0, 0)}
        yield f"zeros {where}", setting(at, **sides)
    yield "ones for zeros", setting(at, value=1.0)
    yield "copies for zeros", partial(_double, at)
    yield "half of the channels lost", partial(_lose, at, shape[1] // 2, extra)
    yield "fitted by a 1x1 convolution", partial(_fit, at, shape[1] + extra)


def of_pool(plan: Plan, node: Node) -> Changes:
    """The stem's pool: kind, geometry, rounding."""
    at, a = node.index, node.attrs
    geometry = {"kernel": a["kernel"], "stride": a["stride"], "padding": a["padding"], "ceil": a["ceil"]}
    yield (
        "max_pool -> avg_pool",
        becoming(at, "avg_pool", {**geometry, "dilation": (1, 1), "count_include_pad": True, "divisor": None}),
    )
    for size, padding in ((2, 0), (2, 1), (5, 2)):
        yield (
            f"kernel 3 -> {size}, padding {padding}",
            setting(at, kernel=(size, size), padding=(padding, padding)),
        )
    for step in ((1, 1), (3, 3), (2, 1)):
        yield f"stride 2 -> {step[0]}x{step[1]}", setting(at, stride=step)
    for padding, ceil in ((0, True), (0, False), (1, False), (1, True)):
        if (padding, ceil) != (a["padding"][0], a["ceil"]):
            yield f"padding {padding}, ceil {ceil}", setting(at, padding=(padding, padding), ceil=ceil)
    yield "dilation 1 -> 2", setting(at, dilation=(2, 2))
    yield "removed", removing(at)
    yield "before its relu", partial(_before, at, "relu")
    yield "a second one behind", following(at, "max_pool", **a)


def of_global_pool(plan: Plan, node: Node) -> Changes:
    """The pool before the classifier."""
    at, extent = node.index, plan.graph[node.inputs[0]].shape[2]
    yield "average -> maximum", becoming(at, "global_max_pool", {"keepdim": False})
    yield "removed, map flattened", becoming(at, "reshape", {})
    for kernel in (extent, extent - 1, extent // 2):
        yield f"window {kernel}x{kernel}", partial(_window, at, kernel)
    yield "relu behind", following(at, "relu")
    yield "bn behind", partial(_normalize, at)


def of_linear(plan: Plan, node: Node) -> Changes:
    """The classifier."""
    at, (classes, width) = node.index, plan.graph[node.inputs[1]].shape
    tensors = [plan.graph[i].attrs["tensor"] for i in node.inputs[1:]]
    yield "without bias", reading(at, "bias", None)
    for number in (classes + 1, classes - 1, 100):
        yield f"{number} classes", partial(resize, tensors, (number,))
    for name, ops in (("hidden layer", ()), ("hidden layer and relu", ("relu",)), ("hidden layer behind", None)):
        yield name, partial(_hidden, at, width if ops is not None else classes, ops)
    for op in ("softmax", "log_softmax"):
        yield f"{op} behind", following(at, op, axis=1)
    yield "sigmoid behind", following(at, "sigmoid")
    yield "dropout before", preceding(at, "x", "dropout", rate=0.5)
    yield "removed", removing(at)
    yield "bias detached", preceding(at, "bias", "detach")


def pool_attributes(op: str, kernel: int) -> dict[str, Any]:
    """A pool with stride 2."""
    side = ((kernel - 1) // 2,) * 2
    attrs = {"kernel": (kernel, kernel), "stride": (2, 2), "padding": side, "ceil": False, "dilation": (1, 1)}
    return attrs | ({"count_include_pad": True, "divisor": None} if op == "avg_pool" else {})


def _double(at: int, draft: Draft) -> None:
    source = draft.operand(at)
    draft.redirect(at, draft.new("concat", {"x0": source, "x1": source}, axis=1))


def _fit(at: int, filters: int, draft: Draft) -> None:
    draft.redirect(at, draft.convolution(draft.operand(at), filters, 1))


def _normalize(at: int, draft: Draft) -> None:
    added = draft.norm(at)
    draft.redirect(at, added, {added})


def _lose(at: int, kept: int, extra: int, draft: Draft) -> None:
    draft.before(at, "x", "slice", start=(0, 0, 0, 0), stop=(END, kept, END, END), step=(1, 1, 1, 1))
    draft.set(at, before=(0, 0, 0, 0), after=(0, extra + kept, 0, 0))


def _before(at: int, op: str, draft: Draft) -> None:
    """A pool changes places with the operation before it."""
    source = draft.operand(at)
    if draft.nodes[source].op != op:
        raise Stillborn(f"no {op} before it")
    draft.redirect(at, source, {source})
    draft.read(at, "x", draft.operand(source))
    draft.read(source, "x", at)


def _window(at: int, kernel: int, draft: Draft) -> None:
    """A pool of one size, and what it leaves flattened: a classifier that holds for one input size."""
    attrs = {"kernel": (kernel, kernel), "stride": (kernel, kernel), "padding": (0, 0), "ceil": False}
    draft.become(at, "avg_pool", **attrs, dilation=(1, 1), count_include_pad=True, divisor=None)
    draft.after(at, "reshape")


def _hidden(at: int, width: int, ops: tuple[str, ...] | None, draft: Draft) -> None:
    source = at if ops is None else draft.operand(at)
    hidden = draft.weigh(draft.new("linear", {"x": source}), "weight", "bias", outputs=width)
    last = hidden
    for op in ops or ():
        last = draft.new(op, {"x": last})
    draft.redirect(source, last, {hidden})
