"""SC: identity and projection shortcuts, one by one (He et al. 2015, section 3.3, Eqn 2; sections 4.1 and 4.2)."""

from __future__ import annotations

from itertools import groupby

from ..blocks import Block, Branch
from ..layer_kinds import ACTIVATIONS
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, not_examined, passed
from .stages import widths_deviation


def same(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and not b.increases]


def grown(case: Case) -> list[Block]:
    return [b for b in case.found.blocks if b.shortcut is not None and b.increases]


def _projections(case: Case) -> list[tuple[Block, Branch]]:
    return [(b, s) for b, s in case.shortcuts if b.shortcut_kind == "projection"]


def shortcut_text(block: Block) -> str:
    """A shortcut in one line."""
    if block.shortcut is None:
        return "no shortcut"
    texts = {
        c.index: f"{'x'.join(map(str, c.kernel))} conv" + (f", stride {c.stride[0]}" if set(c.stride) != {1} else "")
        for c in block.shortcut.convolutions
    }
    texts |= {i: f"pad with {value:g}" for i in block.shortcut.of("pad") if (value := block.graph[i].attrs["value"])}
    steps = [texts.get(i, block.graph[i].op) for i in block.shortcut.nodes]
    runs = [(text, len(list(run))) for text, run in groupby(steps)]
    return " -> ".join(text if times == 1 else f"{times} x {text}" for text, times in runs) or "identity"


@examines("SC-01")
def identity_where_dimensions_agree(case: Case) -> Result:
    """Shortcuts are the identity where dimensions agree."""
    blocks = same(case)
    wrong = [b for b in blocks if b.shortcut_kind != "identity"]
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "A shortcut between equal dimensions is not the identity",
        "identity",
        shortcut_text,
        needless_projection(case),
    )


def needless_projection(case: Case) -> str | None:
    """The name for projections between equal dimensions, where all that differs there are projections."""
    wrong = [b for b in same(case) if b.shortcut_kind != "identity"]
    if not wrong or any(b.shortcut_kind != "projection" for b in wrong):
        return None
    first = case.found.stages[0][0]
    return "proj-stage1-basic" if wrong == [first] and first.kind == "basic" else "proj-where-identity"


@examines("SC-02")
def identity_has_no_parameters(case: Case) -> Result:
    """Identity shortcuts have no parameters."""
    blocks = same(case)
    wrong = [
        b for b in blocks if b.shortcut is not None and b.shortcut_kind != "projection" and case.parameters(b.shortcut)
    ]
    return holds_for_all(
        case, wrong, len(blocks), "An identity shortcut has parameters", "no parameters", shortcut_text
    )


def shortcut_stride(block: Block) -> int:
    """Total stride of a shortcut along the height."""
    graph = block.graph
    total: dict[int, int] = {}
    for i in block.shortcut.nodes if block.shortcut else ():
        node = graph[i]
        total[i] = max((total.get(k, 1) for k in graph.data_inputs(node)), default=1)  # of several ways one
        if node.op in ("conv", "avg_pool", "max_pool"):
            total[i] *= node.attrs["stride"][0]
        elif node.op == "slice" and len(node.attrs["step"]) == 4:
            total[i] *= node.attrs["step"][2]
    return total[block.shortcut.nodes[-1]] if total and block.shortcut else 1


@examines("SC-06")
def stride_two(case: Case) -> Result:
    """Shortcuts across two map sizes have stride 2."""
    blocks = [b for b in grown(case) if b.input_shape[2:] != b.output_shape[2:]]
    if not blocks:
        small = any(b.input_shape[2:] != b.output_shape[2:] for b in case.paper.blocks)
        return (not_examined if small else not_applicable)("No shortcut crosses two map sizes.")
    wrong = [b for b in blocks if shortcut_stride(b) != 2]
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "A shortcut across map sizes has another stride",
        "stride 2",
        lambda b: f"{shortcut_text(b)} (total stride {shortcut_stride(b)})",
    )


def _first_block(case: Case) -> Block | None:
    return case.found.stages[0][0] if case.found.stages else None


@examines("SC-11")
def first_bottleneck_projects(case: Case) -> Result:
    """The first bottleneck (64 -> 256) has a projection with stride 1."""
    block = _first_block(case)
    if (
        block is not None
        and block.shortcut is not None
        and block.shortcut_kind == "projection"
        and shortcut_stride(block) == 1
    ):
        return passed(shortcut_text(block))
    found = shortcut_text(block) if block else "no block"
    return failed(
        "conv2_1 has no stride-1 projection.",
        "1x1 conv with stride 1" + (" -> batch_norm" if case.architecture.generation == "v1" else ""),
        found,
        [case.name(block)] if block else (),
    )


@examines("SC-12")
def first_basic_is_identity(case: Case) -> Result:
    """The first basic block has an identity shortcut."""
    block = _first_block(case)
    if block is not None and block.shortcut_kind == "identity":
        return passed("identity")
    widens = block is not None and block.increases
    message = "conv2_1 has no identity shortcut" + (
        "; its dimensions differ." if widens else ", though its dimensions agree."
    )
    return failed(
        message,
        "identity",
        shortcut_text(block) if block else "no block",
        [case.name(block)] if block else (),
        widths_deviation(case) if widens else needless_projection(case),
    )


@examines("SC-13")
def projection_count(case: Case) -> Result:
    """The number of projections is 3 (basic, B), 4 (bottleneck, B) or 16 (ResNet-34, C)."""
    wanted = sum(b.shortcut_kind == "projection" for b in case.paper.blocks)
    projections = _projections(case)
    if len(projections) == wanted:
        return passed(str(wanted))
    extra = [case.name(b) for b, _ in projections if not b.increases]
    return failed("The number of projections differs.", str(wanted), str(len(projections)), extra)


@examines("SC-14")
def projection_has_bn(case: Case) -> Result:
    """A projection convolution is followed by BN."""
    projections = _projections(case)
    if not projections:
        return not_applicable("There is no projection.")
    wrong = [b for b, s in projections if "batch_norm" not in s.ops[s.ops.index("conv") :]]
    return holds_for_all(
        case,
        wrong,
        len(projections),
        "A projection has no BN",
        "conv -> batch_norm",
        shortcut_text,
        "preact" if case.found.preactivation else "proj-no-bn",
    )


@examines("SC-15")
def no_activation_on_shortcut(case: Case) -> Result:
    """No ReLU stands on the shortcut before the addition."""
    wrong = [b for b, s in case.shortcuts if any(op in ACTIVATIONS for op in s.ops)]
    return holds_for_all(
        case, wrong, len(case.shortcuts), "An activation stands on the shortcut", "none", shortcut_text
    )
