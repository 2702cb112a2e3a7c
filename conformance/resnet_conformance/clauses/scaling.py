"""BLK-05: what scales, gates or drops a branch, in eval and in training (He et al. 2015, Eqn 1; 2016, Table 1)."""

from __future__ import annotations

from ..anatomy import Anatomy
from ..blocks import Block
from ..graph import Node
from .case import Case, Result, examines, failed, not_examined, passed

SCALINGS = ("scale", "mul", "div", "sub", "add_scalar")


def _factor(block: Block) -> str | None:
    """What scales, gates or drops a branch of the block, None where nothing does."""
    graph = block.graph
    if block.join is not None and graph[block.join].attrs.get("alpha", 1) != 1:
        second = graph[block.join].inputs[1]
        name = "F" if second in block.residual.nodes else "the shortcut"
        return f"the addition has factor {graph[block.join].attrs['alpha']} on {name}"
    node, name = _scaling(block)
    if node is None:
        return None
    gate = " by a computed gate" if _is_gate(block, node) else ""
    mask = " of whole samples" if drops_samples(node) else ""
    return f"{node.op} {node.attrs.get('factor', node.attrs.get('rate', ''))}".strip() + f"{gate}{mask} in {name}"


def _scaling(block: Block) -> tuple[Node | None, str]:
    """The first node that scales, gates or drops what is added, and in which branch; or the sum."""
    for name, branch in (("F", block.residual), ("the shortcut", block.shortcut)):
        for i in branch.chain if branch else ():
            if block.graph[i].op in (*SCALINGS, "dropout"):
                return block.graph[i], name
    for i in block.post:
        if block.graph[i].op in SCALINGS:
            return block.graph[i], "the sum"
    return None, ""


def _is_gate(block: Block, node: Node) -> bool:
    return node.op == "mul" and len(block.graph.data_inputs(node)) > 1


def drops_samples(node: Node) -> bool:
    """A dropout with one random number for each sample."""
    mask = tuple(node.attrs.get("mask", ()))
    return node.op == "dropout" and len(mask) > 1 and set(mask[1:]) == {1}


def _factor_deviation(blocks: list[Block]) -> str:
    """The name for what `_factor` says of these blocks."""
    scalings = [(b, _scaling(b)[0]) for b in blocks]
    drops = [node for _, node in scalings if node is not None and node.op == "dropout"]
    if len(drops) == len(blocks):
        return "stochastic-depth" if all(map(drops_samples, drops)) else "dropout"
    gates = [b for b, node in scalings if node is not None and _is_gate(b, node)]
    return "attention-in-block" if len(gates) == len(blocks) else "residual-scaled"


def _wiring(anatomy: Anatomy) -> list[tuple[str, int]]:
    return [(b.shortcut_kind, len(b.residual.convolutions)) for b in anatomy.blocks]


@examines("BLK-05")
def unscaled(case: Case) -> Result:
    """Neither branch is scaled, gated or dropped out, in training either."""
    expected = "both branches added with weight one, in eval and in training"
    for mode, anatomy in (("eval", case.found), *(("train", a) for a in case.trained)):
        wrong = [b for b in anatomy.blocks if _factor(b)]
        if wrong:
            where = [case.name(b) if b.end in case.labels and mode == "eval" else b.where for b in wrong]
            found = "; ".join(list(dict.fromkeys(_factor(b) or "" for b in wrong))[:3]) + f" ({mode} mode)"
            message = f"A branch is scaled, gated or dropped ({len(wrong)} of {len(anatomy.blocks)} blocks)."
            return failed(message, expected, found, where, _factor_deviation(wrong))
        if mode == "train" and _wiring(anatomy) != _wiring(case.found):
            found = f"{len(anatomy.blocks)} blocks ran in training, {len(case.found.blocks)} in eval"
            return failed("In training other blocks run than in eval.", expected, found, deviation="stochastic-depth")
    if not case.trained:
        return not_examined(f"training could not be run: {case.candidate.train_failure or 'no train capture'}")
    return passed("weight one")
