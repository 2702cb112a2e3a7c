"""ACT: ReLU everywhere, no dropout (He et al. 2015, section 3.2, 3.4 and 4.2)."""

from __future__ import annotations

from ..graph import Node
from ..layer_kinds import ACTIVATIONS
from .case import Case, Result, examines, failed, not_examined, passed
from .scaling import drops_samples


@examines("ACT-01")
def only_relu(case: Case) -> Result:
    """All activations are ReLU."""
    others = case.nodes(*(ACTIVATIONS - {"relu"}))
    if not others:
        return passed(f"{len(case.nodes('relu'))} ReLUs")
    kinds = [n.op.removeprefix("aten.").removeprefix("_").removesuffix("_kernel") for n in others]
    found = ", ".join(f"{kind} ({kinds.count(kind)})" for kind in dict.fromkeys(kinds))
    beside = {i for b in case.found.blocks for i in b.residual.nodes} - {
        i for b in case.found.blocks for i in b.residual.chain
    }
    gates = all(n.index in beside for n in others)  # a gate's activation replaces no ReLU: BLK-05 names it
    return failed(
        "There are activations other than ReLU.",
        "ReLU",
        found,
        list(dict.fromkeys(n.where for n in others)),
        None if gates else "act-other",
    )


@examines("ACT-02")
def no_dropout(case: Case) -> Result:
    """No dropout and no maxout, in training either."""
    for mode, graph in (("eval", case.graph), *(("train", a.graph) for a in case.trained)):
        drops = [n for n in graph if n.op == "dropout" and n.index in graph.live]
        if drops:
            rates = sorted({f"{n.attrs.get('rate', '?')}" for n in drops})
            branches = "stochastic-depth" if all(map(drops_samples, drops)) else "dropout"
            deviation = "dropout-functional-always-on" if mode == "eval" else branches
            return failed(
                f"There is dropout in {mode} mode.",
                "no dropout",
                f"{len(drops)} x dropout, rate {', '.join(rates)}",
                list(dict.fromkeys(n.where for n in drops)),
                deviation,
            )
    maxouts = _maxouts(case)
    if maxouts:
        return failed(
            "There is maxout.", "no maxout", f"{len(maxouts)} x maximum of two maps", [n.where for n in maxouts]
        )
    if not case.trained:
        return not_examined(f"training could not be run: {case.candidate.train_failure or 'no train capture'}")
    return passed("none in eval and training")


def _maxouts(case: Case) -> list[Node]:
    """Maxima of two maps that join no block's branches, and maxima over groups of channels."""
    joins = {b.join for b in case.found.blocks}
    return [
        n
        for n in case.nodes("maximum", "aten.amax")
        if n.index not in joins and (n.op == "aten.amax" or len(case.graph.data_inputs(n)) > 1)
    ]


@examines("ACT-03")
def relu_count(case: Case) -> Result:
    """There are as many ReLUs as convolutions on the main path."""
    relus = [
        n for n in case.graph if n.op in ACTIVATIONS and n.index in case.graph.live
    ]  # their kind is ACT-01's matter
    wanted = len(case.found.main_convolutions)
    if len(relus) == wanted:
        return passed(str(wanted))
    return failed("The numbers of ReLUs and of main-path convolutions differ.", f"{wanted} ReLUs", str(len(relus)))
