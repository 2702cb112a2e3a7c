"""STG-07 to 11, 13: where and how a network downsamples (He et al. 2015, Table 1, section 3.3; section 4.2)."""

from __future__ import annotations

from math import prod

from ..blocks import Block
from .case import Case, Result, examines, failed, holds_for_all, padding_text, passed

POOLS = ("max_pool", "avg_pool", "blur")  # blur: a convolution in whose weights nothing is learned


def _stride(block: Block) -> int:
    """Total stride of F along the height."""
    return prod(c.stride[0] for c in block.residual.convolutions)


def _pooled(case: Case) -> list[Block]:
    """Blocks with a pool on the main path, in F or around the block."""
    return [
        b
        for b in case.found.blocks
        if b.residual.of(*POOLS) or any(case.graph[i].op in POOLS for i in (*b.post, *b.pre))
    ]


def stride_deviation(case: Case) -> str | None:
    """The name of the way in which stages downsample otherwise, if it has one."""
    pools = {
        case.graph[i].op
        for b in _pooled(case)
        for i in (*b.residual.nodes, *b.post, *b.pre)
        if case.graph[i].op in POOLS
    }
    if pools:
        smooth = pools <= {"avg_pool", "blur"}
        return "anti-aliased-downsampling" if smooth else "proj-maxpool" if pools == {"max_pool"} else None
    firsts = [_stride(stage[0]) for stage in case.found.stages]
    others = {_stride(b) for stage in case.found.stages for b in stage[1:]}
    wanted = [_stride(stage[0]) for stage in case.paper.stages]
    if len(firsts) != len(wanted) or firsts == wanted:
        return None
    if others == {1} and firsts == [2, *([1] * (len(firsts) - 1))]:
        return "stride-inverted"
    if others == {1} and firsts == [2, *wanted[1:]]:
        return "stride-stage1"
    if others == {1} and firsts == [*wanted[:-1], 1]:
        return "last-stride-1"
    if set(firsts) == {1} and all(_stride(stage[-1]) == 2 for stage in case.found.stages[:-1]):
        return "stride-last-block"
    if others == {1} and all(f in (1, w) for f, w in zip(firsts, wanted, strict=True)):
        return "stride-missing"
    return None


def _stride_text(case: Case, block: Block) -> str:
    return f"{case.labels[block.end]}: strides {', '.join(str(c.stride[0]) for c in block.residual.convolutions)}"


@examines("STG-07")
def downsampling_blocks(case: Case) -> Result:
    """Downsampling is done by the first blocks of conv3_x, conv4_x and conv5_x, and by no other."""
    wanted = [case.labels[b.end] for b, p in case.pairs if _stride(p) == 2]
    found = [b for b in case.found.blocks if _stride(b) != 1]
    if [case.labels[b.end] for b in found] == wanted and all(_stride(b) == 2 for b in found):
        return passed(", ".join(wanted))
    text = (
        ", ".join(f"{case.labels[b.end]} (stride {_stride(b)})" for b in found)
        or "no block (F has no strided convolution)"
    )
    names = ", ".join(f"{stage.name.removesuffix('_x')}_1" for stage in case.architecture.stages if stage.stride == 2)
    return failed(
        "Not exactly the blocks that Table 1 names downsample by a stride.",
        f"{names}, with stride 2",
        text,
        [case.name(b) for b in found],
        stride_deviation(case),
    )


@examines("STG-08")
def no_pooling_in_stages(case: Case) -> Result:
    """Inside stages strided convolutions downsample, not pools."""
    wrong = _pooled(case)
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "A pool stands on the main path",
        "strided convolutions only",
        lambda b: f"{case.labels[b.end]}: {' -> '.join((*b.residual.ops, *b.activations))}",
        stride_deviation(case),
    )


@examines("STG-09")
def other_blocks_keep_size(case: Case) -> Result:
    """conv2_x and all blocks that are not first in their stage have stride 1."""
    keep = [
        b
        for number, stage in enumerate(case.found.stages)
        for position, b in enumerate(stage)
        if position or not number
    ]
    wrong = [b for b in keep if _stride(b) != 1]
    return holds_for_all(
        case,
        wrong,
        len(keep),
        "A block that should keep the map size strides",
        "stride 1",
        lambda b: _stride_text(case, b),
        stride_deviation(case),
    )


@examines("STG-10")
def padding_keeps_size(case: Case) -> Result:
    """3x3 convolutions have padding 1, 1x1 convolutions padding 0, that of a CIFAR stem too."""
    branches = [branch for b in case.found.blocks for branch in (b.residual, b.shortcut) if branch]
    everywhere = [*case.found.stem_convolutions, *(c for branch in branches for c in branch.convolutions)]
    convolutions = [c for c in everywhere if c.kernel in ((3, 3), (1, 1))]
    wrong = [c for c in convolutions if c.padding != tuple(k // 2 for k in c.kernel)]
    if not wrong:
        return passed(f"all {len(convolutions)} convolutions")
    text = "; ".join(dict.fromkeys(f"{c.text} with padding {padding_text(c.padding)}" for c in wrong))
    deviation = "pad-same-asymmetric" if any(len(c.padding) == 4 for c in wrong) else None
    if all(set(c.dilation) != {1} for c in wrong):
        deviation = "dilation"
    return failed(
        "Convolutions have another padding.",
        "3x3: padding 1; 1x1: padding 0",
        text,
        [c.where for c in wrong],
        deviation,
    )


@examines("STG-11")
def total_stride(case: Case) -> Result:
    """conv1..conv4_x have total stride 16; in ResNet-101 they are 91 convolutions."""
    stages = case.found.stages[:3]
    if len(case.found.stages) < 3:
        return failed("There are fewer than three stages.", "conv2_x, conv3_x, conv4_x", f"{len(stages)} stages")
    wanted_size, size = (s[2][-1].output_shape[2:] for s in (case.paper.stages, case.found.stages))
    full = case.candidate.input_shape[2:]
    stride, wanted = full[0] / size[0], full[0] / wanted_size[0]
    count = len(case.found.stem_convolutions) + sum(len(b.residual.convolutions) for s in stages for b in s)
    wanted_count = len(case.paper.stem_convolutions) + sum(
        len(b.residual.convolutions) for s in case.paper.stages[:3] for b in s
    )
    counts = case.architecture.depth == 101
    text = f"total stride {stride:g}" + (f", {count} convolutions" if counts else "")
    if size == wanted_size and (count == wanted_count or not counts):
        return passed(text)
    expected = f"total stride {wanted:g}" + (f", {wanted_count} convolutions" if counts else "")
    return failed(
        "conv1 to conv4_x have another total stride" + (" or number of convolutions." if counts else "."),
        expected,
        text,
        [case.name(stages[-1][-1])],
        stride_deviation(case),
    )


@examines("STG-13")
def cifar_subsampling(case: Case) -> Result:
    """A stride-2 convolution stands at the entry of the 16x16 and of the 8x8 group."""
    wrong = []
    for stage in case.found.stages[1:]:
        strides = [c.stride[0] for c in stage[0].residual.convolutions]
        if strides[:1] != [2] or any(s != 1 for s in strides[1:]):
            wrong.append(stage[0])
    if len(case.found.stages) < 2:
        return failed("There is only one group.", "three groups", f"{len(case.found.stages)}")
    swapped = any([c.stride[0] for c in b.residual.convolutions] == [1, 2] for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(case.found.stages) - 1,
        "A group is not entered by a stride-2 convolution",
        "the first 3x3 of the group has stride 2, the second stride 1",
        lambda b: _stride_text(case, b),
        "stride-conv2-basic" if swapped else stride_deviation(case),
    )
