"""V2-01 to 04, 11: the pre-activation unit, its addition, and the two ends of the network (He et al. 2016).

Fig. 1(b), Fig. 4 and the appendix. A unit is read from what stands before its split, on the way of both branches,
through F: in a unit of equal dimensions nothing stands before the split, for the shortcut is x itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..blocks import TRANSPARENT, Block
from ..choices import reads_preactivation
from ..graph import Graph
from ..layer_kinds import ACTIVATIONS, GLOBAL_POOLS, NORMS, POOLS
from .addition import added_again, ends_in_activation
from .case import Case, Result, examines, failed, holds_for_all, not_applicable, passed
from .normalization import norm_layers
from .scaling import SCALINGS

LAYER = ["batch_norm", "relu", "conv"]
PREACTIVATION = ["batch_norm", "relu"]
OTHERS_MATTER = {"pad", "dropout", "reshape", *TRANSPARENT, *SCALINGS}  # ACT-02, BLK-05, STG-10


@dataclass(frozen=True)
class Unit:
    """A block in its place: `before` are the operations between the addition before it, or the stem, and its split."""

    block: Block
    first: bool
    before: list[str]

    @property
    def residual(self) -> list[str]:
        """F's operations, in order."""
        return operations(self.block.graph, self.block.residual.chain)

    @property
    def identity(self) -> bool:
        """The shortcut is to be the identity: equal dimensions."""
        return not self.block.increases


def operations(graph: Graph, nodes: Iterable[int]) -> list[str]:
    """Operations that a unit is made of; any activation counts as ReLU, for which it is is ACT-01's matter."""
    ops = (graph[i].op for i in nodes)
    return ["relu" if op in ACTIVATIONS else op for op in ops if op not in OTHERS_MATTER]


def units(case: Case) -> list[Unit]:
    """The candidate's blocks that have a shortcut, in order."""
    found: list[Unit] = []
    behind: tuple[int, ...] = ()
    for position, block in enumerate(case.found.blocks):
        if block.shortcut is not None:
            found.append(Unit(block, position == 0, operations(case.graph, (*behind, *block.pre))))
        behind = block.post
    return found


def _text(unit: Unit) -> str:
    if unit.before and unit.identity:
        return " -> ".join(["add", *unit.before]) + ", then the split"
    return " -> ".join([*unit.before, *unit.residual, "add"])


@examines("V2-01")
def unit_order(case: Case) -> Result:
    """A unit is BN-ReLU-conv, repeated, then the addition, with nothing after it."""

    def right(unit: Unit) -> bool:
        layers = LAYER * len(unit.block.residual.convolutions)
        if unit.first:  # its activation may stand in the stem, where it is V2-03's matter
            return unit.before + unit.residual in (layers, layers[2:])
        return unit.before + unit.residual == layers and unit.before in ([], [] if unit.identity else PREACTIVATION)

    found = units(case)
    expected = "batch_norm -> relu -> conv for each convolution, then add, and nothing after it"
    if not found:
        return failed("There is no unit with a shortcut.", expected, "no shortcut")
    wrong = [u.block for u in found if not right(u)]
    if wrong:
        texts = {u.block.end: _text(u) for u in found}
        inside = all(not u.before or not u.identity for u in found if u.block in wrong)
        late = inside and all(ends_in_activation(b.residual) for b in wrong)
        return holds_for_all(
            case,
            wrong,
            len(found),
            "The unit is not that of Fig. 1(b)",
            expected,
            lambda b: texts[b.end],
            "relu-before-not-after" if late else None,
        )
    norms, layers = len(case.layers("batch_norm")), norm_layers(case)
    repeated = len({n.operand("weight") for n in case.layers("conv")}) < len(case.layers("conv"))
    if layers < norms and not repeated:  # of a block that is used twice CT-01 speaks
        own = "a BN of its own before each convolution"
        return failed("BNs share parameters or statistics.", own, f"{layers} BN layers, used {norms} times",
                      deviation="bn-shared")  # fmt: skip
    note = ""
    if case.found.option == "A":
        what = "the pre-activation" if reads_preactivation(case.found) else "the sum before it"
        note = f"The shortcuts with zeros read {what}; the paper speaks of projections only."
    return passed(f"all {len(found)} units", note)


@examines("V2-02")
def identity_when_residual_is_zero(case: Case) -> Result:
    """With F zero an identity unit returns x, whatever its sign: by its wiring, only the addition follows F and x."""
    found = [u for u in units(case) if u.block.shortcut_kind == "identity"]
    if not found:
        return not_applicable("There is no unit with an identity shortcut.")

    def exact(unit: Unit) -> bool:
        node = unit.block.graph[unit.block.end]
        scaled = node.op == "sub" or node.attrs.get("alpha", 1) != 1  # the factor is on the second operand
        keeps = node.op in ("add", "sub") and (not scaled or node.inputs[0] == unit.block.entry)
        return keeps and not added_again(unit.block) and (unit.first or not unit.before)

    texts = {u.block.end: " -> ".join(["x", *([] if u.first else u.before)]) for u in found}
    return holds_for_all(
        case,
        [u.block for u in found if not exact(u)],
        len(found),
        "With F zero the unit would not return x",
        "0 + x",
        lambda b: f"F(x) {b.graph[b.end].op} ({texts[b.end]})" + (", more than once" if added_again(b) else ""),
    )


@examines("V2-03")
def first_activation(case: Case) -> Result:
    """The first activation follows conv1 and precedes the split into two paths."""
    graph, stem = case.graph, case.found.stem
    expected = "conv1 -> batch_norm -> relu -> split"
    convolutions = [i for i in stem if graph[i].op == "conv"]
    found = units(case)[:1]
    if not convolutions or not found or not found[0].first:
        return failed("There is no stem convolution before a first unit.", expected, "none")
    after = [i for i in stem if i > convolutions[-1] and graph[i].op not in POOLS]  # the pool's place is STEM-03's
    common = operations(graph, after) + found[0].before
    residual = found[0].residual
    inside = residual[: residual.index("conv")] if "conv" in residual else residual
    if common == PREACTIVATION and not inside:
        return passed("conv1 -> batch_norm -> relu -> split")
    text = " -> ".join(["conv1", *common, "split", *inside])
    if common + inside == PREACTIVATION * 2:
        message, deviation = "BN and ReLU stand twice after conv1.", "preact-double-bnrelu-after-stem"
    elif not common:
        message, deviation = "The paths part before the first activation: the shortcut carries conv1's output.", None
    else:
        message, deviation = "Something else than BN and ReLU stands between conv1 and the split.", None
    where = [case.found.stem_convolutions[-1].where, case.name(found[0].block)]
    return failed(message, expected, text, where, deviation)


@examines("V2-04")
def last_activation(case: Case) -> Result:
    """An extra BN and ReLU follow the last addition, before the average pool."""
    graph, blocks = case.graph, case.found.blocks
    ends = POOLS | GLOBAL_POOLS | {"linear"}
    head = list(case.found.head)
    upto = next((p for p, i in enumerate(head) if graph[i].op in ends), len(head))
    nodes = [*(blocks[-1].post if blocks else ()), *head[:upto]]
    found = operations(graph, nodes)
    if found == PREACTIVATION:
        return passed("add -> batch_norm -> relu -> pool")
    return failed(
        "The last addition is not followed by one BN and one ReLU.",
        "add -> batch_norm -> relu -> pool",
        " -> ".join(["add", *found, "pool"]),
        [case.name(blocks[-1])] if blocks else (),
        None if found else "preact-no-final-bnrelu",
    )


@examines("V2-11")
def full_preactivation(case: Case) -> Result:
    """No BN stands after an addition and no ReLU before one, in a net called full pre-activation."""
    found = units(case)

    def normalizes_sum(unit: Unit) -> bool:
        return not unit.first and sum(op in NORMS for op in unit.before) > (0 if unit.identity else 1)

    late = [u.block for u in found if normalizes_sum(u)]
    early = [u.block for u in found if ends_in_activation(u.block.residual)]
    texts = {u.block.end: f"{' -> '.join(['add', *u.before])}, then the split" for u in found}
    texts |= {b.end: " -> ".join([*b.residual.chain_ops[-2:], "add"]) for b in early}
    deviation = None if late and early else "bn-after-add" if late else "relu-before-not-after"
    wrong = [u.block for u in found if u.block in late or u.block in early]
    return holds_for_all(
        case,
        wrong,
        len(found),
        "BN stands after the addition, or ReLU before it",
        "neither: the unit of Fig. 4(e), not those of Fig. 4(b) and 4(c)",
        lambda b: texts[b.end],
        deviation,
    )
