"""BLK-01, 03, 04, 09: the addition of a block, y = ReLU(F(x) + x) (He et al. 2015, section 3.2, Eqn 1, Fig. 2)."""

from __future__ import annotations

from ..blocks import Block, Branch
from ..layer_kinds import ACTIVATIONS, POOLS
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, size_text


def ends_in_activation(branch: Branch) -> bool:
    """An activation after the branch's last convolution, on its path (not in a gate beside it)."""
    ops = branch.chain_ops
    last = max((p for p, op in enumerate(ops) if op == "conv"), default=-1)
    return last >= 0 and any(op in ACTIVATIONS for op in ops[last + 1 :])


def added_again(block: Block) -> bool:
    """The shortcut is added more than once: in the join, or in F by an addition that reads the block's own input."""
    graph = block.graph
    return len(block.terms) > 2 or any(
        block.entry in graph[i].inputs or _reaches(block, i) for i in block.residual.joins if graph[i].op == "add"
    )


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
        return failed(
            "There is no block.", expected, "no group of convolutions with a shortcut", deviation="no-shortcuts"
        )
    bare = [b for b in blocks if b.shortcut is None]
    if bare:
        deviation = (
            "no-shortcuts" if len(bare) == len(blocks) else "shortcut-from-modified" if _starts_late(blocks) else None
        )
        found = (
            "no shortcut at all"
            if len(bare) == len(blocks)
            else f"{len(bare)} of {len(blocks)} groups of convolutions have no shortcut"
        )
        return failed(
            "Convolutions stand outside any shortcut.", expected, found, [case.name(b) for b in bare], deviation
        )
    other = [b for b in blocks if b.join is not None and b.graph[b.join].op != "add"]
    if other:
        concatenated = all(b.graph[b.end].op == "concat" for b in other)
        return holds_for_all(
            case,
            other,
            len(blocks),
            "The branches are not added",
            expected,
            lambda b: f"joined by {b.graph[b.end].op}",
            "shortcut-concatenated" if concatenated else None,
        )
    twice = [b for b in blocks if added_again(b)]
    if twice:
        return holds_for_all(
            case, twice, len(blocks), "The shortcut is added more than once", expected, _sum_text, "shortcut-twice"
        )
    broad = [
        b
        for b in blocks
        if b.join is not None and any(b.graph[i].shape != b.output_shape for i in b.graph.data_inputs(b.graph[b.join]))
    ]
    return holds_for_all(
        case,
        broad,
        len(blocks),
        "The addition broadcasts: its operands differ in shape",
        expected,
        lambda b: " + ".join(size_text(b.graph[i].shape[1:]) for i in b.graph.data_inputs(b.graph[b.end])),
        "proj-missing",
    )


def _sum_text(block: Block) -> str:
    times = max(block.terms.count(i) for i in block.terms)
    if times > 1:
        return f"F(x) + {times} times the shortcut"
    return (
        " -> ".join([*block.residual.ops, block.graph[block.end].op])
        if len(block.terms) == 2
        else f"a sum of {len(block.terms)} terms"
    )


def _starts_late(blocks: tuple[Block, ...]) -> bool:
    """Each shortcut spans one convolution, and another stands before its start."""
    pairs = list(zip(blocks[::2], blocks[1::2], strict=False))
    return len(blocks) % 2 == 0 and all(
        a.shortcut is None and b.shortcut is not None and len(a.filters) == len(b.filters) == 1 for a, b in pairs
    )


def _preactivated(case: Case) -> str | None:
    return "preact" if case.found.preactivation else None


@examines("BLK-03")
def last_relu(case: Case) -> Result:
    """The last ReLU of a block comes after the addition."""
    wrong = [
        b for b in case.found.blocks if b.shortcut is not None and not any(op in ACTIVATIONS for op in b.activations)
    ]
    early = bool(wrong) and all(ends_in_activation(b.residual) for b in wrong)
    deviation = _preactivated(case) or ("relu-before-not-after" if early else "no-relu-after-add")
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "No ReLU follows the addition",
        "add -> relu",
        lambda b: " -> ".join(["add", *b.activations]) if b.activations else "add, then the next block",
        deviation,
    )


@examines("BLK-04")
def no_relu_before_addition(case: Case) -> Result:
    """No nonlinearity stands between F's last convolution or BN and the addition."""
    wrong = [b for b in case.found.blocks if b.shortcut is not None and ends_in_activation(b.residual)]
    after = bool(wrong) and all(any(op in ACTIVATIONS for op in b.activations) for b in wrong)
    return holds_for_all(
        case,
        wrong,
        len(case.found.blocks),
        "F ends in an activation",
        "conv -> batch_norm -> add",
        lambda b: f"{' -> '.join(b.residual.ops[-3:])} -> add",
        "relu-before-add" if after else "relu-before-not-after",
    )


@examines("BLK-09")
def identity_when_residual_is_zero(case: Case) -> Result:
    """With F zero an identity-shortcut block returns ReLU(x): by its wiring, only addition and ReLU follow F and x."""
    blocks = [b for b in case.found.blocks if b.shortcut_kind == "identity"]
    if not blocks:
        return not_applicable("There is no block with an identity shortcut.")

    def exact(block: Block) -> bool:
        closing = list(block.activations)
        while closing and closing[-1] in POOLS:  # between two blocks, and STG-08's matter
            closing.pop()
        return closing == ["relu"] and _keeps_x(block) and not added_again(block)

    wrong = [b for b in blocks if not exact(b)]
    return holds_for_all(
        case,
        wrong,
        len(blocks),
        "With F zero the block would not return ReLU(x)",
        "ReLU(0 + x)",
        lambda b: " -> ".join([_sum_text(b) if added_again(b) else f"F(x) {b.graph[b.end].op} x", *b.activations]),
        _preactivated(case),
    )


def _keeps_x(block: Block) -> bool:
    """The join gives x, or what ReLU makes equal to it, where F is zero."""
    node = block.graph[block.end]
    if node.op in ("add", "sub"):
        scaled = node.op == "sub" or node.attrs.get("alpha", 1) != 1
        return not scaled or node.inputs[0] == block.entry  # the factor is on the second operand
    return node.op == "maximum"
