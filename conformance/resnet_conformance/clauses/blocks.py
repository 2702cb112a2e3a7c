"""BLK: what a block computes, y = ReLU(F(x) + x) (He et al. 2015, section 3.2, Eqn 1 and 2, Fig. 2)."""

from __future__ import annotations

from ..anatomy import POOLS
from ..blocks import ACTIVATIONS, NORMS, Block, Branch
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, size_text
from .scaling import SCALINGS

EXPECTED = "3x3 conv -> ReLU -> 3x3 conv (each conv with BN, dilation 1, one group)"
PLAIN_LAYERS = {"conv", "pad", "dropout", "detach", *NORMS, *ACTIVATIONS, *SCALINGS}


def foreign(block: Block) -> list[str]:
    """Operations in F that are no layers of the paper's; normalization, activation, scaling and repeated shortcuts have their clauses."""
    return sorted(set(block.residual.ops) - PLAIN_LAYERS - ({"add"} if _added_again(block) else set()))


def strides(block: Block) -> tuple[int, ...]:
    """Strides of F's convolutions, in order."""
    return tuple(c.stride[0] for c in block.residual.convolutions)


def _ends_in_activation(branch: Branch) -> bool:
    """An activation after the branch's last convolution, on its path (not in a gate beside it)."""
    ops = branch.chain_ops
    last = max((p for p, op in enumerate(ops) if op == "conv"), default=-1)
    return last >= 0 and any(op in ACTIVATIONS for op in ops[last + 1 :])


def _added_again(block: Block) -> bool:
    """The shortcut is added more than once: in the join, or in F by an addition that reads the block's own input."""
    graph = block.graph
    return len(block.terms) > 2 or any(block.entry in graph[i].inputs or _reaches(block, i) for i in block.residual.joins if graph[i].op == "add")


def _reaches(block: Block, join: int) -> bool:
    """A join in F one of whose operands comes from the entry without a convolution."""
    graph = block.graph
    for operand in graph.data_inputs(graph[join]):
        way = {operand, *graph.between(block.entry, operand)} if operand > block.entry else {operand}
        if not any(graph[i].op == "conv" for i in way):
            return True
    return False


@examines("BLK-01")
def addition(case: Case) -> Result:
    """y = F(x) + x, element by element, for every group of two or three convolutions."""
    blocks = case.found.blocks
    expected = "every block ends in the element-wise addition F(x) + shortcut(x)"
    if not blocks:
        return failed("There is no block.", expected, "no group of convolutions with a shortcut", deviation="no-shortcuts")
    bare = [b for b in blocks if b.shortcut is None]
    if bare:
        deviation = "no-shortcuts" if len(bare) == len(blocks) else "shortcut-from-modified" if _starts_late(blocks) else None
        found = "no shortcut at all" if len(bare) == len(blocks) else f"{len(bare)} of {len(blocks)} groups of convolutions have no shortcut"
        return failed("Convolutions stand outside any shortcut.", expected, found, [case.name(b) for b in bare], deviation)
    other = [b for b in blocks if b.join is not None and b.graph[b.join].op != "add"]
    if other:
        concatenated = all(b.graph[b.end].op == "concat" for b in other)
        return holds_for_all(case, other, len(blocks), "The branches are not added", expected, lambda b: f"joined by {b.graph[b.end].op}",
                             "shortcut-concatenated" if concatenated else None)
    twice = [b for b in blocks if _added_again(b)]
    if twice:
        return holds_for_all(case, twice, len(blocks), "The shortcut is added more than once", expected, _sum_text, "shortcut-twice")
    broad = [b for b in blocks if b.join is not None
             and any(b.graph[i].shape != b.output_shape for i in b.graph.data_inputs(b.graph[b.join]))]
    return holds_for_all(case, broad, len(blocks), "The addition broadcasts: its operands differ in shape", expected,
                         lambda b: " + ".join(size_text(b.graph[i].shape[1:]) for i in b.graph.data_inputs(b.graph[b.end])),
                         "proj-missing")


def _sum_text(block: Block) -> str:
    times = max(block.terms.count(i) for i in block.terms)
    if times > 1:
        return f"F(x) + {times} times the shortcut"
    return " -> ".join([*block.residual.ops, block.graph[block.end].op]) if len(block.terms) == 2 else f"a sum of {len(block.terms)} terms"


def _starts_late(blocks: tuple[Block, ...]) -> bool:
    """Each shortcut spans one convolution, and another stands before its start."""
    pairs = list(zip(blocks[::2], blocks[1::2], strict=False))
    return len(blocks) % 2 == 0 and all(
        a.shortcut is None and b.shortcut is not None and len(a.filters) == len(b.filters) == 1 for a, b in pairs
    )


@examines("BLK-02")
def basic_layers(case: Case) -> Result:
    """F is two 3x3 convolutions with one ReLU between, dilation 1, one group."""

    def wrong(block: Block) -> bool:
        convolutions = block.residual.convolutions
        if block.kind != "basic" or any(set(c.dilation) != {1} or c.groups != 1 for c in convolutions):
            return True
        between = [op for op, i in zip(block.residual.chain_ops, block.residual.chain, strict=True)
                   if convolutions[0].index < i < convolutions[1].index and op in ACTIVATIONS]
        return len(between) != 1 or bool(foreign(block))

    found = [b for b in case.found.blocks if wrong(b)]
    missing = found and all(b.kind == "basic" and not foreign(b) and not any(op in ACTIVATIONS for op in b.residual.ops) for b in found)
    deviation = "no-mid-relu" if missing else geometry_deviation(found)
    return holds_for_all(case, found, len(case.found.blocks), "F is not the pair of layers of Fig. 2", EXPECTED,
                         _text, deviation)


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


def _preactivated(case: Case) -> str | None:
    return "preact" if case.found.preactivation else None


@examines("BLK-03")
def last_relu(case: Case) -> Result:
    """The last ReLU of a block comes after the addition."""
    wrong = [b for b in case.found.blocks if b.shortcut is not None and not any(op in ACTIVATIONS for op in b.activations)]
    early = bool(wrong) and all(_ends_in_activation(b.residual) for b in wrong)
    deviation = _preactivated(case) or ("relu-before-not-after" if early else "no-relu-after-add")
    return holds_for_all(case, wrong, len(case.found.blocks), "No ReLU follows the addition", "add -> relu",
                         lambda b: " -> ".join(["add", *b.activations]) if b.activations else "add, then the next block", deviation)


@examines("BLK-04")
def no_relu_before_addition(case: Case) -> Result:
    """No nonlinearity stands between F's last convolution or BN and the addition."""
    wrong = [b for b in case.found.blocks if b.shortcut is not None and _ends_in_activation(b.residual)]
    after = bool(wrong) and all(any(op in ACTIVATIONS for op in b.activations) for b in wrong)
    return holds_for_all(case, wrong, len(case.found.blocks), "F ends in an activation", "conv -> batch_norm -> add",
                         lambda b: f"{' -> '.join(b.residual.ops[-3:])} -> add", "relu-before-add" if after else "relu-before-not-after")


@examines("BLK-06")
def layers_per_block(case: Case) -> Result:
    """F has two or three weight layers."""
    wrong = [b for b in case.found.blocks if len(b.residual.convolutions) not in (2, 3)]
    short = bool(wrong) and all(b.shortcut is not None and len(b.filters) == 1 for b in wrong)
    idle = any(len(t.shape) == 4 for t in case.idle)
    return holds_for_all(case, wrong, len(case.found.blocks), "F has another number of weight layers", "two or three",
                         lambda b: f"{len(b.residual.convolutions)}", "conv-dead" if short and idle else None)


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
    return holds_for_all(case, wrong, len(strided), "The stride stands elsewhere", expected,
                         lambda b: f"{case.labels[b.end]}: strides {', '.join(map(str, strides(b)))}",
                         "stride-conv2-basic" if second else None)


@examines("BLK-08")
def basic_only(case: Case) -> Result:
    """All blocks are basic blocks."""
    return only_kind(case, "basic")


def only_kind(case: Case, kind: str) -> Result:
    """Every block is of the kind."""
    wrong = [b for b in case.found.blocks if b.kind != kind]
    deep = kind == "basic" and case.architecture.dataset == "cifar10" and all(b.kind == "bottleneck" for b in case.found.blocks)
    wanted = {"basic": "two 3x3 convolutions", "bottleneck": "1x1, 3x3, 1x1 convolutions"}[kind]
    return holds_for_all(case, wrong, len(case.found.blocks), f"Not every block is a {kind} block", wanted,
                         lambda b: b.kind if b.kind in ("basic", "bottleneck") else f"kernels {b.kind}",
                         "depth-formula" if deep else None)


@examines("BLK-09")
def identity_when_residual_is_zero(case: Case) -> Result:
    """With F zero an identity-shortcut block returns ReLU(x): by its wiring, nothing but addition and ReLU follows F and x."""
    blocks = [b for b in case.found.blocks if b.shortcut_kind == "identity"]
    if not blocks:
        return not_applicable("There is no block with an identity shortcut.")

    def exact(block: Block) -> bool:
        closing = list(block.activations)
        while closing and closing[-1] in POOLS:  # between two blocks, and STG-08's matter
            closing.pop()
        return closing == ["relu"] and _keeps_x(block) and not _added_again(block)

    wrong = [b for b in blocks if not exact(b)]
    return holds_for_all(case, wrong, len(blocks), "With F zero the block would not return ReLU(x)", "ReLU(0 + x)",
                         lambda b: " -> ".join([_sum_text(b) if _added_again(b) else f"F(x) {b.graph[b.end].op} x", *b.activations]),
                         _preactivated(case))


def _keeps_x(block: Block) -> bool:
    """The join gives x, or what ReLU makes equal to it, where F is zero."""
    node = block.graph[block.end]
    if node.op in ("add", "sub"):
        scaled = node.op == "sub" or node.attrs.get("alpha", 1) != 1
        return not scaled or node.inputs[0] == block.entry  # the factor is on the second operand
    return node.op == "maximum"
