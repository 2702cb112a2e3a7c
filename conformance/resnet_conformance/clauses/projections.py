"""V2-07 to 09: what a pre-activation net's projections read, and where its units stride (He et al. 2016, appendix)."""

from __future__ import annotations

from ..blocks import TRANSPARENT, Block, Branch
from ..choices import has_bn_of_its_own
from ..graph import Graph
from ..layer_kinds import ACTIVATIONS, POOLS
from .blocks import strides
from .bottleneck import entries, strides_text
from .case import Case, Result, examines, failed, holds_for_all, not_examined
from .downsampling import stride_deviation
from .shortcuts import grown, shortcut_stride, shortcut_text


def _read_by(branch: Branch) -> int | None:
    """What the first convolution of a branch reads."""
    if not branch.convolutions:
        return None
    graph = branch.graph
    source = graph[branch.convolutions[0].index].operand("x")
    while source is not None and graph[source].op in TRANSPARENT | {"pad"}:
        source = graph[source].inputs[0]
    return source


def _is_activated(graph: Graph, index: int | None) -> bool:
    """An activation, or the stem's pool of one."""
    while index is not None and graph[index].op in POOLS | TRANSPARENT:
        index = graph[index].inputs[0]
    return index is not None and graph[index].op in ACTIVATIONS


def _shares_preactivation(block: Block) -> bool:
    if block.shortcut is None or block.shortcut_kind != "projection":
        return False
    source = _read_by(block.shortcut)
    return source == _read_by(block.residual) and _is_activated(block.graph, source)


def _source_text(case: Case, block: Block) -> str:
    label = case.labels[block.end]
    if block.shortcut is None or block.shortcut_kind != "projection":
        return f"{label}: {shortcut_text(block)}"
    source = _read_by(block.shortcut)
    if source == _read_by(block.residual) or source is None:
        return f"{label}: both paths read what has no activation"
    if _is_activated(block.graph, source):
        return f"{label}: the projection reads an activation of its own"
    return f"{label}: the projection reads {'x itself' if source == block.entry else block.graph[source].op}"


@examines("V2-07")
def projections_read_the_preactivation(case: Case) -> Result:
    """Bottleneck nets use projections for increasing dimensions, fed by the pre-activation."""
    blocks = grown(case)
    if not blocks:
        return failed("No unit increases dimensions.", "projections where stages begin", "no such unit")
    wrong = [b for b in blocks if not _shares_preactivation(b)]
    raw = all(b.shortcut is not None and _read_by(b.shortcut) == b.entry != _read_by(b.residual) for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "Where dimensions increase, the shortcut is no projection of the pre-activation",
        "a projection that reads what F's first convolution reads, behind BN and ReLU",
        lambda b: _source_text(case, b),
        "preact-shortcut-source" if raw and not any(_starts_bare(b) for b in wrong) else None,
    )


def _starts_bare(block: Block) -> bool:
    """F's first convolution reads no activation either."""
    return not _is_activated(block.graph, _read_by(block.residual))


@examines("V2-08")
def projections_are_bare(case: Case) -> Result:
    """A projection has no BN of its own; the first unit (16 -> 64 on CIFAR) has one with stride 1."""
    projections = [b for b, _ in case.shortcuts if b.shortcut_kind == "projection"]
    if not projections:
        return not_examined("There is no projection.")
    first = case.found.blocks[0]
    if first.shortcut_kind != "projection" or shortcut_stride(first) != 1:
        return failed(
            "The first unit has no projection with stride 1.",
            "1x1 conv with stride 1",
            shortcut_text(first),
            [case.name(first)],
        )
    return holds_for_all(
        case,
        [b for b in projections if has_bn_of_its_own(b)],
        len(projections),
        "A projection has a BN of its own",
        "1x1 conv and nothing after it",
        shortcut_text,
    )


@examines("V2-09")
def stride_on_first(case: Case) -> Result:
    """The stride 2 is on the first 1x1; on the 3x3 the verdict admits it."""
    firsts = entries(case)
    expected = "strides 2, 1, 1 (on the first 1x1), as in resnet-1k-layers"
    if not firsts:
        return failed("There are no stages behind the first.", expected, "none of these units")
    wrong = [b for b in firsts if strides(b) != (2, 1, 1)]
    on_second = bool(wrong) and all(strides(b) == (1, 2, 1) for b in wrong)
    message = "The stride is not on the first 1x1, of which the paper says nothing"
    if on_second:
        message = "The stride is on the 3x3, as in fb.resnet.torch and admitted, not on the first 1x1"
    return holds_for_all(
        case,
        wrong,
        len(firsts),
        message,
        expected,
        lambda b: strides_text(case, b),
        "stride-3x3" if on_second else stride_deviation(case),
    )
