"""HD-05: the network accepts other input sizes, and its maps shrink as the tables say (He et al. 2015, section 3.4)."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from ..anatomy import Anatomy, dissect
from ..blueprint import draw
from ..capture.problems import CaptureError
from ..choices import adopt
from ..clauses.case import Case, Result, examines, size_text
from ..simplify import simplify
from .bench import Refuted
from .pieces import bench_of, explored


@examines("HD-05", by="behaviour")
def any_size(case: Case) -> Result:
    """Any height and width, odd and unequal too, gives as many logits, through maps of the blueprint's sizes."""
    bench = bench_of(case)
    shape = case.candidate.input_shape
    wanted = case.graph[case.graph.output].shape[1:]

    def prop(height: int, width: int) -> None:
        size = (height, width)
        try:
            graph = bench.laboratory.capture((*shape[:2], *size))
        except CaptureError as error:
            raise Refuted(
                f"The network does not run at {size_text(size)}.", "any input size", str(error), deviation=_fixed(case)
            ) from None
        output = graph[graph.output].shape
        if output[1:] != wanted:
            raise Refuted(
                f"At {size_text(size)} the output has another shape.",
                size_text((shape[0], *wanted)),
                size_text(output),
                deviation=_fixed(case),
            )
        _demand_formula(case, dissect(simplify(graph)), size)

    sizes = _sizes(shape[2], bench.seed)
    found = "other sizes, odd and not square too"
    return explored(case, "HD-05", prop, found, height=sizes[0], width=sizes[1])


def _sizes(extent: int, seed: int) -> tuple[st.SearchStrategy[int], st.SearchStrategy[int]]:
    """Extents from half to twice the judged one, in an order of the seed's own: hypothesis begins with the first."""
    chance = random.Random(seed)
    heights, widths = (chance.sample(range(max(1, extent // 2), extent * 2), extent) for _ in range(2))
    return st.sampled_from(heights), st.sampled_from(widths)


def _demand_formula(case: Case, found: Anatomy, size: tuple[int, int]) -> None:
    """The stages' maps are the blueprint's, where they are at the judged size."""
    if _maps(case.found) != _maps(case.paper):
        return  # the clauses on stages say so
    paper = dissect(draw(case.architecture, adopt(case.architecture, case.found), size))
    if _maps(found) != _maps(paper):
        raise Refuted(
            f"At {size_text(size)} the stages have other map sizes than the paper's rules give.",
            ", ".join(map(size_text, _maps(paper))),
            ", ".join(map(size_text, _maps(found))),
        )


def _maps(anatomy: Anatomy) -> list[tuple[int, ...]]:
    return [stage[-1].output_shape[2:] for stage in anatomy.stages]


def _fixed(case: Case) -> str | None:
    """The name for a head whose pool has a kernel of its own."""
    return "head-fixed-kernel" if any(case.graph[i].op == "avg_pool" for i in case.found.head) else None
