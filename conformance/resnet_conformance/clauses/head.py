"""HD: global average pooling and one fully connected layer (He et al. 2015, section 3.3, 4.2, Appendix A)."""

from __future__ import annotations

from ..anatomy import is_global_pool
from ..graph import Node, Shape
from ..layer_kinds import GLOBAL_POOLS
from .case import Case, Result, examines, failed, not_examined, passed, size_text
from .stages import widths_deviation

HEAD_POOLS = GLOBAL_POOLS | {"avg_pool", "max_pool"}


def head_pools(case: Case) -> list[Node]:
    """The pools behind the last block."""
    return [case.graph[i] for i in case.found.head if case.graph[i].op in HEAD_POOLS]


def _instead(case: Case) -> str:
    """What stands behind the last block where no pool does: operations that are none, without the classifier."""
    ops = [case.graph[i].op for i in case.found.head]
    return " -> ".join(op.removeprefix("aten.") for op in ops if op not in ("reshape", "permute", "linear", "add"))


@examines("HD-01")
def global_average_pooling(case: Case) -> Result:
    """Global average pooling precedes the classifier."""
    pools = head_pools(case)
    good = [n for n in pools if n.op in ("global_avg_pool", "avg_pool") and is_global_pool(case.graph, n)]
    if len(pools) == 1 and good:
        kernel = (
            f" ({size_text(good[0].attrs['kernel'])} kernel on a map of that size)" if good[0].op == "avg_pool" else ""
        )
        return passed(f"global average pooling{kernel}")
    found = "; ".join(
        n.op.replace("_", " ") + ("" if is_global_pool(case.graph, n) else " of a part of the map") for n in pools
    )
    return failed(
        "The last maps are not averaged over all positions.",
        "global average pooling",
        found or _instead(case) or "no pooling",
        [n.where for n in pools],
        "head-maxpool" if not pools or any("max" in n.op for n in pools) else None,
    )


@examines("HD-02")
def one_classifier(case: Case) -> Result:
    """One fully connected layer gives the logits."""
    graph, wanted = case.graph, case.architecture.classes
    expected = f"one fully connected layer with {wanted} outputs, logits"
    output = graph[graph.output]
    if not case.found.linears:
        return failed(
            "There is no classifier.",
            expected,
            f"an output of shape {size_text(output.shape[1:])}, made by no fully connected layer",
            [output.where],
            "fc-unused",
        )
    if len(case.found.linears) > 1:
        found = f"{len(case.found.linears)} fully connected layers"
        return failed(
            "There is more than one fully connected layer.",
            expected,
            found,
            [graph[i].where for i in case.found.linears],
            "extra-fc",
        )
    after = [graph[i] for i in case.found.head if i > case.found.linears[-1] and graph[i].op != "reshape"]
    soft = [n for n in after if n.op in ("softmax", "log_softmax")]
    if soft:
        return failed(
            "The network ends in a softmax; the paper's belongs to the loss.",
            expected,
            f"fc -> {soft[0].op}",
            [soft[0].where],
            "softmax-in-model",
        )
    classes = graph[case.found.linears[-1]].shape[-1]
    if classes != wanted:
        return failed(
            "The classifier has another number of classes.",
            expected,
            f"{classes} outputs",
            [graph[case.found.linears[-1]].where],
        )
    if after:
        return failed(
            "Something follows the classifier.",
            expected,
            " -> ".join(["fc", *(n.op for n in after)]),
            [n.where for n in after],
        )
    return passed(f"{classes} logits")


@examines("HD-03")
def no_hidden_layer(case: Case) -> Result:
    """There are no hidden fully connected layers."""
    linears = [case.graph[i] for i in case.found.linears]
    if len(linears) <= 1:
        return passed()
    widths = " -> ".join(str(n.shape[-1]) for n in linears)
    return failed(
        "There is a hidden fully connected layer.",
        "one fully connected layer",
        f"{len(linears)}: {widths}",
        [n.where for n in linears],
        "extra-fc",
    )


@examines("HD-04")
def pooled_width(case: Case) -> Result:
    """The pooled width is 512 (18/34), 2048 (50 and deeper), 64 (CIFAR)."""
    wanted = case.paper.blocks[-1].output_shape[1]
    sources = [case.graph[i].operand("x") for i in case.found.linears[:1]]
    features = head_pools(case)[-1:] or [case.graph[i] for i in sources if i is not None]
    if not features:
        return not_examined("There is neither a pooling nor a classifier.")
    found = features[0].shape[1]
    if found == wanted:
        return passed(str(found))
    last = case.found.blocks[-1].filters[-1:] if case.found.blocks else ()
    deviation = widths_deviation(case) if last == (found,) else None
    return failed(
        "The classifier sees another number of features.", str(wanted), str(found), [features[0].where], deviation
    )


def _kept(case: Case, shape: Shape) -> Shape:
    """What is the same at every input size: of maps, their number."""
    return shape[:2] if case.architecture.head == "none" else shape


@examines("HD-05")
def other_sizes(case: Case) -> Result:
    """The network accepts other input sizes."""
    candidate = case.candidate
    if candidate.resized is not None:
        shape = candidate.resized[candidate.resized.output].shape
        if _kept(case, shape) == _kept(case, case.graph[case.graph.output].shape):
            return passed(f"accepts {size_text(candidate.resized_shape[2:])}")
        found = f"at {size_text(candidate.resized_shape[2:])} the output has shape {size_text(shape)}"
    elif candidate.resized_failure:
        found = f"fails at {size_text(candidate.resized_shape[2:])}: {candidate.resized_failure}"
    else:
        return not_examined("No other input size was tried.")
    fixed = any(n.op == "avg_pool" for n in head_pools(case))
    expected = f"the same output shape at {size_text(candidate.resized_shape[2:])}"
    return failed(
        "The network works at one input size only.",
        expected,
        found,
        [n.where for n in head_pools(case)],
        "head-fixed-kernel" if fixed else None,
    )


@examines("HD-06")
def classifier_bias(case: Case) -> Result:
    """The classifier has a bias."""
    if not case.found.linears:
        return not_examined("There is no classifier.")
    node = case.graph[case.found.linears[-1]]
    if node.operand("bias") is not None:
        return passed()
    return failed("The classifier has no bias.", "a bias", "none", [node.where], "fc-no-bias")


@examines("HD-07")
def no_fixed_kernel(case: Case) -> Result:
    """The pooling follows the map's size instead of a fixed kernel."""
    pools = [n for n in head_pools(case) if n.op in ("avg_pool", "max_pool")]
    if not pools:
        return passed("the pool has no fixed kernel")
    resized = case.candidate.resized
    if resized is not None:
        live = [n for n in resized if n.op in ("avg_pool", "max_pool") and n.index in resized.live]
        if live and live[-1].attrs["kernel"] != pools[-1].attrs["kernel"] and is_global_pool(resized, live[-1]):
            return passed("the kernel follows the map's size")
    elif not case.candidate.resized_failure:
        return not_examined("No other input size was tried.")
    return failed(
        "The head's pool has a fixed kernel.",
        "a pool over the whole map, whatever its size",
        f"{pools[-1].op.replace('_', ' ')} with kernel {size_text(pools[-1].attrs['kernel'])}",
        [n.where for n in pools],
        "head-fixed-kernel",
    )
