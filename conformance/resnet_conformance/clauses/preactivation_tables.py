"""V2-05, 06, 10, 14: depth, widths and counts (He et al. 2016, section 4.1, Table 4, appendix; resnet-1k-layers)."""

from __future__ import annotations

from ..figures import agrees
from .backbones import full_depth
from .case import Case, Result, examines, failed, passed, size_text
from .downsampling import stride_deviation
from .stages import block_counts, compare_widths


@examines("V2-05")
def depth_and_units(case: Case) -> Result:
    """The depth is 9n+2: 3n bottleneck units, n on each map size."""

    def rows(stages: list[tuple[int, str]]) -> str:
        return ", ".join(f"{units} units at {size}" for units, size in stages)

    depth, wanted = full_depth(case), case.architecture.depth
    found = [(len(stage), size_text(stage[-1].output_shape[2:])) for stage in case.found.stages]
    paper = [(len(stage), size_text(stage[-1].output_shape[2:])) for stage in case.paper.stages]
    if depth == wanted and found == paper:
        return passed(f"{depth} = 9 x {paper[0][0]} + 2, {rows(found)}")
    formula = "" if (depth - 2) % 9 == 0 else ", which is not 9n+2"
    same_counts = [units for units, _ in found] == [units for units, _ in paper]
    return failed(
        "The depth, or the number of units on a map size, differs.",
        f"{wanted} = 9 x {paper[0][0]} + 2, {rows(paper)}",
        f"{depth} weighted layers{formula}; {rows(found)}",
        deviation=stride_deviation(case) if same_counts else "block-count",
    )


@examines("V2-06")
def widths(case: Case) -> Result:
    """Widths (16,16,64), (32,32,128) and (64,64,256) in the three groups."""
    return compare_widths(case)


@examines("V2-10")
def units_of_200(case: Case) -> Result:
    """ResNet-200 has (3,24,36,3) units."""
    return block_counts(case)


@examines("V2-14")
def weights(case: Case) -> Result:
    """Convolution weights and fc, without BN, number 1,679,034 (164) and 10,178,490 (1001): 1.7M and 10.2M."""
    mine, theirs = case.found_measures, case.paper_measures
    found = mine.parameters - mine.batch_norm_affine - mine.convolution_biases  # biases are CB-01's matter
    wanted = theirs.parameters - theirs.batch_norm_affine
    printed = next((p for p in case.architecture.printed if p.quantity == "weights"), None)
    figure = f", printed as {printed.value}M in Table 4" if printed is not None else ""
    if found == wanted:
        return passed(f"{found:,}")
    rounded = ", which rounds to the print" if printed is not None and agrees(printed, found) else ""
    return failed(
        "The weights of convolutions and classifier (BN not counted) differ in number.",
        f"{wanted:,}{figure}",
        f"{found:,} ({found - wanted:+,}){rounded}",
    )
