"""BLK-02, 06, 07, 08: what F is, the layers of a block (He et al. 2015, section 3.2, section 3.3, Fig. 2)."""

from __future__ import annotations

from ..blocks import Block
from ..layer_kinds import ACTIVATIONS, NORMS
from .addition import added_again
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, size_text
from .scaling import SCALINGS

EXPECTED = "3x3 conv -> ReLU -> 3x3 conv (each conv with BN, dilation 1, one group)"
PLAIN_LAYERS = {"conv", "pad", "dropout", "detach", *NORMS, *ACTIVATIONS, *SCALINGS}


def foreign(block: Block) -> list[str]:
    """Operations in F that are no layers of the paper's.

    Normalization, activation, scaling and repeated shortcuts have their clauses.
    """
    return sorted(set(block.residual.ops) - PLAIN_LAYERS - ({"add"} if added_again(block) else set()))


def strides(block: Block) -> tuple[int, ...]:
    """Strides of F's convolutions, in order."""
    return tuple(c.stride[0] for c in block.residual.convolutions)


@examines("BLK-02")
def basic_layers(case: Case) -> Result:
    """F is two 3x3 convolutions with one ReLU between, dilation 1, one group."""

    def wrong(block: Block) -> bool:
        convolutions = block.residual.convolutions
        if block.kind != "basic" or any(set(c.dilation) != {1} or c.groups != 1 for c in convolutions):
            return True
        between = [
            op
            for op, i in zip(block.residual.chain_ops, block.residual.chain, strict=True)
            if convolutions[0].index < i < convolutions[1].index and op in ACTIVATIONS
        ]
        return len(between) != 1 or bool(foreign(block))

    found = [b for b in case.found.blocks if wrong(b)]
    missing = found and all(
        b.kind == "basic" and not foreign(b) and not any(op in ACTIVATIONS for op in b.residual.ops) for b in found
    )
    deviation = "no-mid-relu" if missing else geometry_deviation(found)
    return holds_for_all(
        case, found, len(case.found.blocks), "F is not the pair of layers of Fig. 2", EXPECTED, _text, deviation
    )


def geometry_deviation(blocks: list[Block]) -> str | None:
    """The name for blocks with dilated or with grouped convolutions, where that is what they have."""
    if blocks and all(any(set(c.dilation) != {1} for c in b.residual.convolutions) for b in blocks):
        return "dilation"
    if blocks and all(any(c.groups != 1 for c in b.residual.convolutions) for b in blocks):
        return "grouped-conv"
    return None


def _text(block: Block) -> str:
    """F in one line: its operations, and its convolutions' geometry."""
    parts = []
    geometry = {c.index: c for c in block.residual.convolutions}
    for i, op in zip(block.residual.nodes, block.residual.ops, strict=True):
        if i in geometry:
            c = geometry[i]
            extra = f", dilation {c.dilation[0]}" if set(c.dilation) != {1} else ""
            extra += f", {c.groups} groups" if c.groups != 1 else ""
            parts.append(f"{size_text(c.kernel)} conv{extra}")
        else:
            parts.append(op)
    return " -> ".join(parts) or "nothing"


@examines("BLK-06")
def layers_per_block(case: Case) -> Result:
    """F has two or three weight layers."""
    wrong = [b for b in case.found.blocks if len(b.residual.convolutions) not in (2, 3)]
    short = bool(wrong) and all(b.shortcut is not None and len(b.filters) == 1 for b in wrong)
    idle = any(len(t.shape) == 4 for t in case.idle)
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "F has another number of weight layers",
        "two or three",
        lambda b: f"{len(b.residual.convolutions)}",
        "conv-dead" if short and idle else None,
    )


@examines("BLK-07")
def basic_stride(case: Case) -> Result:
    """The stride 2 is on the first 3x3 convolution of a block."""
    strided = [b for b in case.found.blocks if set(strides(b)) - {1}]
    expected = "strides 2, 1 in the first block of a stage that downsamples"
    if not strided:
        if len({stage[-1].output_shape[2:] for stage in case.found.stages}) == 1:
            return not_applicable("No stage downsamples.")
        return failed("The maps shrink, and no block has a strided convolution.", expected, "no stride at all")
    firsts = [stage[0] for stage in case.found.stages]
    wrong = [b for b in strided if b not in firsts or strides(b) != (2, 1)]
    second = all(strides(b) == (1, 2) and b in firsts for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(strided),
        "The stride stands elsewhere",
        expected,
        lambda b: f"{case.labels[b.end]}: strides {', '.join(map(str, strides(b)))}",
        "stride-conv2-basic" if second else None,
    )


@examines("BLK-08")
def basic_only(case: Case) -> Result:
    """All blocks are basic blocks."""
    return only_kind(case, "basic")


def only_kind(case: Case, kind: str) -> Result:
    """Every block is of the kind."""
    wrong = [b for b in case.found.blocks if b.kind != kind]
    deep = (
        kind == "basic"
        and case.architecture.dataset == "cifar10"
        and all(b.kind == "bottleneck" for b in case.found.blocks)
    )
    wanted = {"basic": "two 3x3 convolutions", "bottleneck": "1x1, 3x3, 1x1 convolutions"}[kind]
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        f"Not every block is a {kind} block",
        wanted,
        lambda b: b.kind if b.kind in ("basic", "bottleneck") else f"kernels {b.kind}",
        "depth-formula" if deep else None,
    )
