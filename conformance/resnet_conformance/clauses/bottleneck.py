"""BTN: the bottleneck and the place of its stride (He et al. 2015, Fig. 5 right, section 4.1, Table 1)."""

from __future__ import annotations

from ..blocks import Block
from ..layer_kinds import ACTIVATIONS
from .blocks import foreign, geometry_deviation, only_kind, strides
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, not_examined
from .downsampling import stride_deviation
from .stages import expands_first, widths_deviation


def entries(case: Case) -> list[Block]:
    """The blocks that the clauses on the stride name: the first ones of the stages that downsample in the paper."""
    stages = zip(case.found.stages, case.architecture.stages, strict=False)
    return [found[0] for found, paper in stages if paper.stride != 1]


def strides_text(case: Case, block: Block) -> str:
    return f"{case.labels[block.end]}: strides {', '.join(map(str, strides(block)))}"


def _text(block: Block) -> str:
    return " -> ".join(f"{c.text}" for c in block.residual.convolutions) or "no convolution"


@examines("BTN-01")
def layers(case: Case) -> Result:
    """F is 1x1 (reduce), 3x3, 1x1 (restore), dilation 1, one group (in a ResNeXt as many as its cardinality)."""
    groups = case.architecture.groups

    def wrong(block: Block) -> bool:
        convolutions = block.residual.convolutions
        if block.kind != "bottleneck" or any(set(c.dilation) != {1} for c in convolutions):
            return True
        if [c.groups for c in convolutions] != [1, groups, 1]:
            return True
        return convolutions[0].filters > convolutions[2].filters or bool(foreign(block))

    found = [b for b in case.found.blocks if wrong(b)]
    order = bool(found) and all(map(expands_first, found))

    def text(block: Block) -> str:
        extra = [f"dilation {c.dilation[0]}" for c in block.residual.convolutions if set(c.dilation) != {1}]
        extra += [f"{c.groups} groups" for c in block.residual.convolutions if c.groups != 1]
        extra += ["one group"] if groups > 1 and not any("groups" in text for text in extra) else []
        extra += foreign(block)
        return _text(block) + (f" ({', '.join(dict.fromkeys(extra))})" if extra else "")

    return holds_for_all(
        case,
        found,
        len(case.found.blocks),
        "F is not the bottleneck of Fig. 5",
        f"1x1 (reduce) -> 3x3 -> 1x1 (restore), dilation 1, {'one group' if groups == 1 else f'{groups} groups'}",
        text,
        "bottleneck-order" if order else geometry_deviation(found) if groups == 1 else None,
    )


@examines("BTN-02")
def expansion(case: Case) -> Result:
    """The restoring 1x1 has four times the reduced width."""
    factor = (
        case.paper.blocks[0].residual.convolutions[-1].filters // case.paper.blocks[0].residual.convolutions[0].filters
    )
    wrong = []
    for block in case.found.blocks:
        widths = [c.filters for c in block.residual.convolutions]
        if len(widths) != 3 or widths[2] != factor * widths[0] or widths[1] != widths[0]:
            wrong.append(block)
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "The last convolution does not restore the width",
        f"{factor} times the reduced width",
        lambda b: " -> ".join(str(c.filters) for c in b.residual.convolutions),
        widths_deviation(case),
    )


@examines("BTN-03")
def activations(case: Case) -> Result:
    """ReLU follows the first and the second convolution, none follows the third before the addition."""

    def pattern(block: Block) -> list[str]:
        layers = [
            "relu" if op in ACTIVATIONS else op for op in block.residual.chain_ops if op == "conv" or op in ACTIVATIONS
        ]
        return layers[layers.index("conv") :] if "conv" in layers else layers

    wrong = [b for b in case.found.blocks if pattern(b) != ["conv", "relu", "conv", "relu", "conv"]]
    missing = bool(wrong) and all(b.kind == "bottleneck" and pattern(b).count("relu") < 2 for b in wrong)
    late = bool(wrong) and all(pattern(b) == ["conv", "relu"] * 3 for b in wrong)
    closes = all(any(op in ACTIVATIONS for op in b.activations) for b in wrong)
    late_name = "relu-before-add" if closes else "relu-before-not-after"
    deviation = "no-mid-relu" if missing else late_name if late else None
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "F has its ReLUs elsewhere than in Fig. 5",
        "conv -> relu -> conv -> relu -> conv (each conv with BN)",
        lambda b: " -> ".join(pattern(b)),
        deviation,
    )


@examines("BTN-04")
def stride_on_first(case: Case) -> Result:
    """In conv3_1, conv4_1 and conv5_1 the stride 2 is on the first 1x1."""
    if all(stage.stride == 1 for stage in case.architecture.stages):
        return not_applicable("No block downsamples.")
    firsts = entries(case)
    if not firsts:
        return failed(
            "There are no stages behind the first.",
            "strides 2, 1, 1 in conv3_1, conv4_1, conv5_1",
            "none of these blocks",
        )
    wrong = [b for b in firsts if strides(b) != (2, 1, 1)]
    on_second = all(strides(b) == (1, 2, 1) for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(firsts),
        "The stride is not on the first 1x1, where the paper's FLOPs and released models have it (its text is silent)",
        "strides 2, 1, 1 (on the first 1x1) in conv3_1, conv4_1, conv5_1",
        lambda b: strides_text(case, b),
        "stride-3x3" if on_second else stride_deviation(case),
    )


@examines("BTN-05")
def no_stride_on_3x3(case: Case) -> Result:
    """The 3x3 has stride 1 everywhere."""
    blocks = [b for b in case.found.blocks if len(strides(b)) == 3]
    if not blocks:
        return not_examined("There is no block of three convolutions.")
    wrong = [b for b in blocks if strides(b)[1] != 1]
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "A 3x3 convolution strides",
        "stride 1",
        lambda b: strides_text(case, b),
        "stride-3x3",
    )


@examines("BTN-06")
def stride_on_3x3(case: Case) -> Result:
    """The stride stands on the 3x3: the variant named v1.5."""
    if case.architecture.strided != 2:
        return not_applicable("Only the variants named -v1.5 have the stride on the 3x3.")
    expected, firsts = "strides 1, 2, 1 (on the 3x3) in conv3_1, conv4_1, conv5_1", entries(case)
    if not firsts:
        return failed("There are no stages behind the first.", expected, "none of these blocks")
    wrong = [b for b in firsts if strides(b) != (1, 2, 1)]
    return holds_for_all(
        case,
        wrong,
        len(firsts),
        "The stride is not on the 3x3",
        expected,
        lambda b: strides_text(case, b),
        stride_deviation(case),
    )


@examines("BTN-07")
def bottlenecks_only(case: Case) -> Result:
    """All blocks are bottlenecks."""
    return only_kind(case, "bottleneck")
