"""BN: batch normalisation right after each convolution (He et al. 2015, section 3.4; Ioffe and Szegedy 2015)."""

from __future__ import annotations

from math import prod

from ..graph import Graph, Node, Tensor, learned_from
from .case import Case, Result, examines, failed, not_examined, passed

ELEMENTWISE = frozenset({"add", "sub", "mul", "div", "scale", "add_scalar", "aten.exp", "aten.expm1", "aten.softplus"})


def _user(case: Case, node: Node) -> str:
    users = [case.graph[i] for i in case.graph.users.get(node.index, ())]
    return " and ".join(n.op for n in users) or "nothing"


def _tensors(case: Case, nodes: tuple[Node, ...], role: str) -> int:
    """Distinct tensors in that role: a layer used twice counts once."""
    return len({n.operand(role) for n in nodes})


@examines("BN-01")
def after_each_convolution(case: Case) -> Result:
    """BN stands right after each convolution and before the activation."""
    convolutions = case.layers("conv")
    wrong = [n for n in convolutions if _user(case, n) != "batch_norm"]
    if not wrong:
        return passed(f"after all {len(convolutions)} convolutions")
    follow = dict.fromkeys(_user(case, n) for n in wrong)
    message = f"{len(wrong)} of {len(convolutions)} convolutions are not followed by BN alone."
    return failed(
        message,
        "conv -> batch_norm",
        "; ".join(f"conv -> {op}" for op in list(follow)[:4]),
        [n.where for n in wrong],
        _missing_deviation(case, wrong),
    )


def _missing_deviation(case: Case, wrong: list[Node]) -> str | None:
    """Which of the known ways of missing a BN this is."""
    groups = any("group_norm" in n.op for n in case.graph)
    if case.found.preactivation and (case.layers("batch_norm") or not groups):
        return "preact"
    if groups:
        return "groupnorm"
    indices = {n.index for n in wrong}
    stem = {c.index for c in case.found.stem_convolutions}
    projections = {c.index for _, s in case.shortcuts for c in s.convolutions}
    last = {b.residual.convolutions[-1].index for b in case.found.blocks if b.residual.convolutions}
    if indices <= stem:
        return "stem-no-bn"
    if indices <= projections:
        return "proj-no-bn"
    if indices <= last:
        after = any("batch_norm" in b.activations for b in case.found.blocks)
        return "bn-after-add" if after else "bn-missing-last"
    return None


def norm_layers(case: Case) -> int:
    """Normalizations with parameters and statistics of their own; those that share some count once."""
    norms = case.layers("batch_norm")
    roles = [r for r in ("gamma", "beta", "mean", "var") if all(n.operand(r) is not None for n in norms)]
    return min((_tensors(case, norms, role) for role in roles), default=len(norms))


@examines("BN-02")
def as_many_as_convolutions(case: Case) -> Result:
    """There are as many BN layers as convolutions, projections included."""
    norms, convolutions, layers = case.layers("batch_norm"), case.layers("conv"), norm_layers(case)
    weights = len({n.operand("weight") for n in convolutions})
    shared = layers < len(norms)
    if layers == weights:
        return passed(str(layers))
    found = f"{layers} BN layers" + (f" (used {len(norms)} times)" if shared else "") + f" for {weights} convolutions"
    groups = any("group_norm" in n.op for n in case.graph)
    deviation = "preact" if case.found.preactivation else "bn-shared" if shared else None
    if groups and (not norms or deviation is None):
        deviation = "groupnorm"
    return failed(
        "The numbers of BN layers and convolutions differ.", f"{weights} BN layers", found, deviation=deviation
    )


@examines("BN-03")
def learnable_affine(case: Case) -> Result:
    """BN has learnable gamma and beta, one per channel."""
    graph, wrong, reasons, unread = case.graph, [], set(), set()
    norms = case.layers("batch_norm")
    for node in norms:
        for role in ("gamma", "beta"):
            index = node.operand(role)
            if index is None:
                reason = f"no {role}"
            elif graph[index].op == "parameter":
                tensor = graph.tensors[graph[index].attrs["tensor"]]
                if not tensor.requires_grad:
                    reason = f"{role} does not require a gradient"
                elif tensor.shape != node.shape[1:2]:
                    reason = f"{role} of shape {tensor.shape} for {node.shape[1]} channels"
                else:
                    continue
            elif graph[index].op in ("buffer", "constant"):
                reason = f"{role} is a {graph[index].op}, not a parameter"
            elif (function := function_of_parameters(graph, index)) is not None and learned_from(graph, index) is None:
                unread.add(f"{role} is a function of parameters ({function})")
                continue
            elif learned_from(graph, index) is None:
                reason = f"{role} is computed ({graph[index].op.removeprefix('aten.')}), not a parameter"
            elif not _is_trained(graph, index):
                reason = f"{role} does not require a gradient"
            elif prod(graph[index].shape) != node.shape[1]:
                reason = f"{role} of shape {graph[index].shape} for {node.shape[1]} channels"
            else:
                continue  # a part, or another shape, of a parameter
            reasons.add(reason)
            wrong.append(node)
    if not norms:
        return failed(
            "There is no BN.",
            "BN with gamma and beta",
            "no BN",
            deviation=_missing_deviation(case, list(case.layers("conv"))),
        )
    if not wrong:
        reading = "; ".join(sorted(unread))
        return (
            not_examined(f"A {reading}: which values it can take is not read.")
            if unread
            else passed(f"all {len(norms)}")
        )
    deviation = (
        "bn-frozen"
        if any("not" in r for r in reasons)
        else "bn-no-affine"
        if any("no " in r for r in reasons)
        else None
    )
    return failed(
        "A BN has no learnable gamma and beta.",
        "gamma and beta, learnable, one per channel",
        "; ".join(sorted(reasons)),
        list(dict.fromkeys(n.where for n in wrong)),
        deviation,
    )


def _is_trained(graph: Graph, index: int) -> bool:
    """Do all parameters that a value comes from require a gradient?"""
    node = graph[index]
    if node.op == "parameter":
        tensor: Tensor = graph.tensors[node.attrs["tensor"]]
        return tensor.requires_grad
    return all(_is_trained(graph, i) for i in node.inputs)


def function_of_parameters(graph: Graph, index: int) -> str | None:
    """The operations by which a value is computed, number by number, from learned ones alone; None for any other."""
    found: dict[str, None] = {}
    learned, ahead = False, [index]
    while ahead:
        node = graph[ahead.pop()]
        if node.op == "parameter":
            learned = True
        elif node.op in ELEMENTWISE:
            found[node.op.removeprefix("aten.")] = None
            ahead.extend(node.inputs)
        elif node.op in ("reshape", "slice"):
            ahead.extend(node.inputs)
        else:
            return None
    return ", ".join(found) if learned and _is_trained(graph, index) else None


@examines("BN-04")
def epsilon(case: Case) -> Result:
    """BN's eps is 1e-5."""
    wanted = next(n.attrs["eps"] for n in case.paper.graph if n.op == "batch_norm")
    values = {n.attrs["eps"] for n in case.layers("batch_norm")}
    if values <= {wanted}:
        return passed(f"{wanted:g}")
    wrong = [n for n in case.layers("batch_norm") if n.attrs["eps"] != wanted]
    others = ", ".join(f"{v:g}" for v in sorted(values - {wanted}))
    found = f"{others} in {len(wrong)} of {len(case.layers('batch_norm'))} BN layers"
    return failed("BN has another eps.", f"{wanted:g}", found, [n.where for n in wrong], "bn-eps")


@examines("BN-05")
def stored_statistics(case: Case) -> Result:
    """In eval BN uses stored statistics."""
    wrong = [n for n in case.layers("batch_norm") if n.attrs["batch_statistics"]]
    if not wrong:
        return passed("stored statistics")
    return failed(
        "In eval BN normalises with the batch's own statistics: samples of a batch see each other.",
        "running statistics",
        f"{len(wrong)} BN layers use batch statistics",
        [n.where for n in wrong],
        "bn-functional-train",
    )


@examines("BN-07")
def momentum(case: Case) -> Result:
    """BN's momentum is free: what was found is said."""
    values = sorted({n.attrs["momentum"] for n in case.layers("batch_norm") if n.attrs.get("momentum") is not None})
    text = ", ".join(f"{v:g}" for v in values) or "none"
    return passed(f"momentum {text} (weight of the new batch)")
