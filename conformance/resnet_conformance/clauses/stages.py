"""STG: how many blocks and filters, maps of which size (He et al. 2015, Table 1, section 3.3; CIFAR: section 4.2)."""

from __future__ import annotations

import itertools

from ..blocks import Block, Convolution
from .backbones import full_depth
from .case import Case, Result, examines, failed, passed, size_text
from .downsampling import stride_deviation


def _size(block: Block) -> tuple[int, ...]:
    return block.output_shape[2:]


def expands_first(block: Block) -> bool:
    """A bottleneck whose first 1x1 is wider than its output; many groups are a ResNeXt's width, and no such mistake."""
    convolutions = block.residual.convolutions
    return (
        block.kind == "bottleneck"
        and convolutions[0].filters > convolutions[2].filters
        and all(c.groups == 1 for c in convolutions)
    )


def widths_deviation(case: Case) -> str | None:
    """The name of the way in which F's widths differ, if it has one."""
    wrong = [b for b, p in case.pairs if b.filters != p.filters]
    if not wrong or any(b.kind != case.architecture.block for b in case.found.blocks):
        return None
    if len(case.architecture.kernels) == 3:
        if all(map(expands_first, wrong)):
            return "bottleneck-order"
        if all(b in case.found.stages[0] and b.filters[0] == b.filters[2] for b in wrong):
            return "stage1-not-expanded"
    return "widths"


@examines("STG-01")
def stage_sizes(case: Case) -> Result:
    """Four stages with maps of 56, 28, 14 and 7."""
    wanted = [size_text(_size(stage[-1])) for stage in case.paper.stages]
    found = [size_text(_size(stage[-1])) for stage in case.found.stages]
    if wanted == found:
        return passed(", ".join(found))
    where = [case.name(s[-1]) for s, w, f in zip(case.found.stages, wanted, found, strict=False) if w != f]
    return failed(
        "The stages have other map sizes.", ", ".join(wanted), ", ".join(found), where, stride_deviation(case)
    )


@examines("STG-02")
def block_counts(case: Case) -> Result:
    """Blocks per stage as in Table 1."""
    wanted = [len(stage) for stage in case.paper.stages]
    found = [len(stage) for stage in case.found.stages]
    if wanted == found:
        return passed(str(tuple(found)))
    return failed(
        "The stages have other numbers of blocks.", str(tuple(wanted)), str(tuple(found)), deviation="block-count"
    )


def compare_widths(case: Case) -> Result:
    """Filters of every convolution of every block, as in the blueprint."""
    wanted = [stage[0].filters for stage in case.paper.stages]
    found = [list(dict.fromkeys(b.filters for b in stage)) for stage in case.found.stages]
    wrong = [b for b, p in case.pairs if b.filters != p.filters]
    wrong += [b for stage in case.found.stages[len(wanted) :] for b in stage]
    if not wrong and len(found) == len(wanted):
        return passed(" / ".join(str(w[0]) for w in found))
    text = " / ".join(" or ".join(map(str, w)) for w in found)
    return failed(
        "The convolutions have other numbers of filters.",
        " / ".join(map(str, wanted)),
        text,
        [case.name(b) for b in wrong],
        widths_deviation(case),
    )


@examines("STG-03")
def basic_widths(case: Case) -> Result:
    """Widths 64/128/256/512 in the stages of basic blocks."""
    return compare_widths(case)


@examines("STG-04")
def bottleneck_widths(case: Case) -> Result:
    """Widths (64,64,256) to (512,512,2048) in the stages of bottlenecks."""
    return compare_widths(case)


def _layers(case: Case) -> list[Convolution]:
    """Layers that STG-05 speaks of: from conv2_x on; in the CIFAR nets the first layer too."""
    blocks = [c for b in case.found.blocks for c in b.residual.convolutions]
    return blocks if case.architecture.stem.pool else [*case.found.stem_convolutions, *blocks]


@examines("STG-05")
def same_size_same_filters(case: Case) -> Result:
    """Layers with the same map size have the same number of filters."""
    widths: dict[str, dict[int, list[str]]] = {}
    for layer in _layers(case):
        widths.setdefault(size_text(layer.output), {}).setdefault(layer.filters, []).append(layer.where)
    wrong = {size: found for size, found in widths.items() if len(found) > 1}
    if not wrong:
        return passed("; ".join(f"{size}: {next(iter(found))}" for size, found in widths.items()))
    text = "; ".join(f"{size}: {' and '.join(map(str, found))} filters" for size, found in wrong.items())
    where = [places[0] for found in wrong.values() for places in found.values()]
    return failed(
        "Maps of one size have layers of different width.",
        "one number of filters for each map size",
        text,
        where,
        stride_deviation(case),
    )


def _filters(block: Block) -> int:
    return block.filters[-1] if block.filters else block.output_shape[1]


@examines("STG-06")
def filters_double(case: Case) -> Result:
    """From stage to stage the filters double when the map halves."""
    ends = [stage[-1] for stage in case.found.stages]
    wrong = []
    for before, after in itertools.pairwise(ends):
        halves = all(-(-a // 2) == b for a, b in zip(_size(before), _size(after), strict=True))
        if not (halves and _filters(after) == 2 * _filters(before)):
            wrong.append(after)
    text = " -> ".join(f"{_filters(b)} at {size_text(_size(b))}" for b in ends)
    if wrong:
        expected = "each stage has half the map size and twice the filters of the one before"
        where = [case.name(b) for b in wrong]
        return failed("Filters and map sizes do not change together.", expected, text, where, stride_deviation(case))
    return passed(text)


@examines("STG-12")
def cifar_groups(case: Case) -> Result:
    """Three groups of 2n 3x3 layers with 16/32/64 filters on maps of 32/16/8."""

    def groups(stages: tuple[tuple[Block, ...], ...]) -> list[str]:
        texts = []
        for stage in stages:
            layers = [c for b in stage for c in b.residual.convolutions]
            kinds = dict.fromkeys(
                f"{size_text(c.kernel)}, {c.filters} filters on {size_text(c.output)}" for c in layers
            )
            texts.append(f"{len(layers)} layers {' and '.join(kinds)}")
        return texts

    wanted, found = groups(case.paper.stages), groups(case.found.stages)
    if wanted == found:
        return passed("; ".join(found))
    same_counts = [len(s) for s in case.paper.stages] == [len(s) for s in case.found.stages]
    deviation = stride_deviation(case) or widths_deviation(case) or (None if same_counts else "block-count")
    return failed(
        "The groups of layers differ from those of section 4.2.",
        "; ".join(wanted),
        "; ".join(found),
        deviation=deviation,
    )


@examines("STG-14")
def cifar_depth(case: Case) -> Result:
    """The depth is 6n+2."""
    depth, wanted = full_depth(case), case.architecture.depth
    if depth == wanted and (depth - 2) % 6 == 0:
        return passed(f"{depth} = 6 x {(depth - 2) // 6} + 2")
    found = f"{depth} weighted layers" + ("" if (depth - 2) % 6 == 0 else ", which is not 6n+2")
    return failed("The depth differs.", f"{wanted} = 6 x {(wanted - 2) // 6} + 2", found)
