"""BH-03, BH-05, ACT-02: what a training pass does to running statistics and gradients, and that nothing is drawn in it.

Rules of this project, derived from Ioffe and Szegedy 2015, Algorithm 2, and He et al. 2015, Eqn (1).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from ..adoption import momenta
from ..blocks import Block
from ..capture.problems import CaptureError
from ..clauses.backbones import is_backbone
from ..clauses.case import Case, Result, examines, failed, not_applicable, not_examined, passed
from ..enumerating import listed
from ..graph import cuts_input_alone
from .pieces import bench_of, name_of, residual_blocks
from .tolerance import close

STILL = 2e-6  # as much as rounding and the batch change the weight of an old value
SHARE = 0.05  # of the momentum: nearer to one update than to two
SURE = frozenset(
    ["input", "parameter", "buffer", "conv", "batch_norm", "relu", "add", "max_pool", "avg_pool", "linear", "concat"]
) | frozenset(
    ["global_avg_pool", "global_max_pool", "pad", "spread", "slice", "reshape", "permute", "detach"]
)  # operations that give what their operands give, and have no value of their own
MANY = "In training another network runs each time (BH-04)."


def _unrun(case: Case) -> str:
    return f"Training could not be run: {case.candidate.train_failure or 'no train capture'}."


def _untrainable(case: Case) -> Result | None:
    if not case.trained:
        return not_examined(_unrun(case))
    return not_examined(MANY) if len(case.trained) > 1 else None


@examines("BH-03", by="behaviour")
def statistics_move_once(case: Case) -> Result:
    """What is left of a running statistic's old value is 1 - momentum: one update."""
    if (refused := _untrainable(case)) is not None:
        return refused
    bench = bench_of(case)
    known = momenta(case.trained[0].graph)
    weights = bench.practice.passed.weights
    if not weights:
        return not_applicable("There are no running statistics.")
    wrong: dict[int, str] = {}
    for index, (low, high) in weights.items():
        text = _moved(low, high, known.get(index))
        if text is not None:
            wrong[index] = text
    if not wrong:
        return passed(f"each of {len(weights)} running statistics once")
    names = [case.graph.tensors[i].names[0] for i in wrong]
    texts = list(dict.fromkeys(wrong.values()))
    never = all(text == "never" for text in texts)
    return failed(
        f"A training pass does not update every running statistic once ({len(wrong)} of {len(weights)}).",
        "one update of each",
        f"updated: {'; '.join(texts[:3])}",
        names,
        _deviation(case, wrong, never, known),
        bench.repro("BH-03"),
    )


def _moved(low: float, high: float, momentum: float | None) -> str | None:
    """None where the old value has the weight that one update leaves it, else what happened."""
    if high > 1 - STILL:
        return "never"
    if momentum is None or max(abs(low - 1 + momentum), abs(high - 1 + momentum)) <= SHARE * momentum:
        return None
    if momentum < 1 and low > 0:
        times = math.log(low) / math.log(1 - momentum)
        if abs(times - round(times)) < 0.1:
            return f"{round(times)} times"
    return f"the old value keeps the weight {low:.3g}, and one update leaves it {1 - momentum:.3g}"


def _deviation(case: Case, wrong: Iterable[int], never: bool, known: Mapping[int, float]) -> str | None:
    if never and all(map(_is_frozen(case), wrong)):
        return "bn-frozen"
    if never:
        return "bn-momentum" if all(known.get(i) == 0 for i in wrong) else "bn-running-not-saved"
    if not _is_shared(case, wrong):
        return None
    weights = [n.operand("weight") for n in case.nodes("conv")]
    return "blocks-shared" if len(set(weights)) < len(weights) else "bn-shared"


def _is_frozen(case: Case) -> Callable[[int], bool]:
    """Whether the normalizations that read a running statistic have a gamma that cannot be learned."""
    graph = case.graph
    frozen = {
        graph[i].attrs.get("tensor")
        for n in case.nodes("batch_norm")
        if (gamma := n.operand("gamma")) is not None and graph[gamma].op != "parameter"
        for i in n.inputs
    }
    return lambda tensor: tensor in frozen


def _is_shared(case: Case, tensors: Iterable[int]) -> bool:
    """Several normalizations use each of these tensors."""
    graph = case.graph
    norms = [n for n in graph if n.op == "batch_norm"]
    return all(sum(any(graph[i].attrs.get("tensor") == t for i in n.inputs) for n in norms) > 1 for t in tensors)


@examines("ACT-02", by="behaviour")
def nothing_is_drawn(case: Case) -> Result:
    """Two training passes on one batch give the same logits, whatever random numbers they could draw.

    Where blocks are left out at random, BLK-05 and BH-04 say so: that is no dropout.
    """
    if (refused := _untrainable(case)) is not None:
        return refused
    if {node.op for node in case.trained[0].graph} <= SURE:
        return not_examined("No operation could draw.")
    practice = bench_of(case).practice
    error = close(practice.logits(chance=1), practice.logits(chance=0))
    if error is None:
        return passed("two training passes agree")
    return failed(
        "Two training passes on one batch give different logits: something is drawn at random.",
        "no dropout",
        f"logits that differ by {error:.2g} of their size",
        repro=bench_of(case).repro("ACT-02"),
    )


@examines("BH-05", by="behaviour")
def gradients_pass(case: Case) -> Result:
    """Nothing is detached; with F constant a gradient still reaches the input; each parameter in use receives one."""
    if (refused := _untrainable(case)) is not None:
        return refused
    bench = bench_of(case)
    graph = case.trained[0].graph
    cut = _detached(case)
    if cut:
        return cut
    try:
        practised = bench.practice.passed
    except CaptureError as error:
        return not_examined(f"No training pass with gradients could be made: {error}.")
    used = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op == "parameter"}
    if is_backbone(case):  # whose first layers may be frozen: they are not to receive one
        used = {i for i in used if graph.tensors[i].requires_grad}
    missing = [i for i in sorted(used) if practised.gradients.get(i) is None]
    if missing:
        names = [graph.tensors[i].names[0] for i in missing]
        frozen = [i for i in missing if not graph.tensors[i].requires_grad]
        return failed(
            f"Parameters that the network uses receive no gradient ({len(missing)} of {len(used)}).",
            "a gradient for each parameter that the forward pass uses",
            f"none for {listed(names)}",
            names,
            "bn-frozen" if len(frozen) == len(missing) else None,
            bench.repro("BH-05"),
        )
    return _shortcuts_carry(case)


def _shortcuts_carry(case: Case) -> Result:
    """Where F is constant in all blocks, no gradient reaches a block by another way than the shortcuts behind it.

    Not asked where another MUST is broken: what else stands on the way may then end a gradient.
    """
    bench, blocks, graph = bench_of(case), residual_blocks(case), case.trained[0].graph
    practised, markers = bench.practice.passed, bench.practice.markers
    told = "each parameter that is used receives a gradient"
    if not blocks:
        return passed(told)
    if [b.shortcut_kind for b in case.trained[0].blocks] != [b.shortcut_kind for b in bench.anatomy.blocks]:
        return not_examined("In training other blocks have a shortcut than in eval (BH-04).")
    if case.broken or None in markers or len(blocks) != len(bench.anatomy.blocks):
        return passed(told, "Whether gradients pass the shortcuts was read from the wiring alone.")
    silent = [place for place, marker in enumerate(markers) if practised.gradients.get(marker or 0) == 0]
    if not silent and (practised.input_gradient != 0 or any(cuts_input_alone(graph, n.index) for n in graph)):
        return passed(f"{told}; with F constant a gradient passes all {len(blocks)} shortcuts")
    place = silent[-1] + 1 if silent else 0
    if place == len(blocks):
        return failed("No gradient reaches the last block.", "a gradient", "zero", repro=bench.repro("BH-05"))
    name = name_of(case, blocks[place])
    return failed(
        f"No gradient passes the shortcut of {name}.",
        "with F constant, a gradient passes by the shortcut",
        "the gradient before it is zero",
        (blocks[place].where,),
        repro=bench.repro("BH-05"),
    )


def _detached(case: Case) -> Result | None:
    """Values on the way from input to output that the network cuts from the gradient: on shortcuts, F or the trunk."""
    anatomy = case.trained[0]
    graph = anatomy.graph

    def cuts(nodes: Iterable[int]) -> list[int]:
        return [i for i in nodes if graph[i].op == "detach" and not cuts_input_alone(graph, i)]

    blocks = [(b, i) for b in anatomy.blocks if b.shortcut is not None for i in cuts(b.shortcut.nodes)]
    others = cuts([*graph.trunk(), *(i for b in anatomy.blocks for i in b.residual.chain)])
    if not blocks and not others:
        return None
    if blocks:
        places = [_name(case, b) for b, _ in blocks]
        message = f"A shortcut is cut from the gradient ({len(blocks)} of {len(anatomy.blocks)} blocks)."
    else:
        places = [graph[i].where for i in others]
        message = "A value on the main path is cut from the gradient."
    found, repro = "detached, or computed under no_grad", bench_of(case).repro("BH-05")
    return failed(message, "gradients pass every shortcut", found, places, "shortcut-detached", repro)


def _name(case: Case, block: Block) -> str:
    place = next(p for p, b in enumerate(case.trained[0].blocks) if b.end == block.end)
    same = len(case.trained[0].blocks) == len(case.found.blocks)
    return case.name(case.found.blocks[place]) if same else block.where
