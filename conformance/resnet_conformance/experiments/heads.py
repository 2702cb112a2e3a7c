"""HD-01, HD-02: what the head does: the mean over all positions, and logits (He et al. 2015, section 3.3, Table 1)."""

from __future__ import annotations

import torch

from ..anatomy import is_global_pool
from ..clauses.case import Case, Result, examines, not_examined, passed
from ..clauses.head import HEAD_POOLS, head_pools
from ..execute import evaluate
from .asked import CLASSES, demand_keyword
from .bench import Refuted
from .pieces import SCALES, SEEDS, Maps, bench_of, explored
from .tolerance import close


@examines("HD-01", by="behaviour")
def positions_do_not_matter(case: Case) -> Result:
    """Permuted positions give the same logits, and so does a map that is its own mean everywhere."""
    anatomy = bench_of(case).anatomy
    graph = anatomy.graph
    pools = [graph[i] for i in anatomy.head if graph[i].op in HEAD_POOLS]
    source = pools[0].operand("x") if pools else None
    if source is None or len(graph[source].shape) != 4:
        return not_examined("The head has no pooling that could be run alone.")

    own = head_pools(case)
    if len(own) == 1 and is_global_pool(case.graph, own[0]) and not is_global_pool(graph, pools[0]):
        return passed("at the judged size, whose whole map the window covers (HD-07 speaks of others)")

    def prop(seed: int, scale: float) -> None:
        tensors = bench_of(case).tensors
        x = Maps(bench_of(case), seed, scale)("x", graph[source].shape)
        logits = evaluate(graph, graph.output, {source: x}, tensors)
        order = torch.randperm(x[0, 0].numel(), generator=bench_of(case).generator(seed))
        others = {
            "another order of the positions": x.flatten(2)[:, :, order].view_as(x),
            "the mean in every position": x.mean((2, 3), keepdim=True).expand_as(x).contiguous(),
        }
        for change, value in others.items():
            if (error := close(evaluate(graph, graph.output, {source: value}, tensors), logits)) is not None:
                raise Refuted(
                    "The head is no average over all positions.",
                    f"the same logits with {change}",
                    f"logits that differ by {error:.2g} of their size",
                    (pools[0].where,),
                    "head-maxpool" if "max" in pools[0].op else None,
                )

    return explored(case, "HD-01", prop, "the logits depend on the mean alone", seed=SEEDS, scale=SCALES)


@examines("HD-02", by="behaviour")
def outputs_are_logits(case: Case) -> Result:
    """What the fully connected layer gives is the output, and as many classes as the caller asks for."""
    anatomy = bench_of(case).anatomy
    graph = anatomy.graph
    if len(anatomy.linears) != 1:
        return not_examined("There is not one fully connected layer that could be run alone.")
    node = graph[anatomy.linears[0]]

    def prop(seed: int, scale: float) -> None:
        scores = Maps(bench_of(case), seed, scale)("scores", node.shape)
        for shift in (0.0, 3.0 * scale):
            found = evaluate(graph, graph.output, {node.index: scores + shift}, bench_of(case).tensors)
            if found.numel() != scores.numel() or close(found.reshape(scores.shape), scores + shift) is not None:
                sums = found.reshape(found.shape[0], -1).sum(1)
                one = bool((sums - 1).abs().max() < 1e-9) and bool((found >= 0).all())
                raise Refuted(
                    "The network's outputs are not what its classifier gives.",
                    "logits: all scores, a constant added to each shows",
                    "rows that sum to 1" if one else "other values",
                    (graph[graph.output].where,),
                    "softmax-in-model" if one else None,
                )

    result = explored(case, "HD-02", prop, "logits", seed=SEEDS, scale=SCALES)
    if result.outcome != "pass":
        return result
    asked = demand_keyword(case, "HD-02", CLASSES)
    return asked if asked.outcome == "fail" else result
