"""HD-05: the network accepts other input sizes, and its maps shrink as the tables say (He et al. 2015, section 3.4)."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import strategies as st

from ..anatomy import Anatomy, dissect
from ..architecture import Architecture
from ..blueprint import draw
from ..capture.problems import CaptureError
from ..choices import adopt
from ..clauses.case import Case, Result, examines, size_text
from ..simplify import simplify
from ..spec import load_spec
from .bench import Refuted, narrow_pools
from .pieces import bench_of, examples_for, explored


@examines("HD-05", by="behaviour")
def any_size(case: Case) -> Result:
    """Any height and width gives as many logits; what halves without remainder passes maps of the blueprint's sizes.

    Half of an odd size is nowhere defined in the paper: there the network has to run, which is not asked where another
    clause fails, whose strides, pools and paddings then decide what the network does there.
    """
    bench = bench_of(case)
    shape = case.candidate.input_shape
    maps = case.architecture.head == "none"  # which are as large as the input makes them
    wanted = case.graph[case.graph.output].shape[1 : 2 if maps else None]
    halved = _total_stride(case.architecture)

    def prop(height: int, width: int) -> None:
        size = (height, width)
        try:
            graph = bench.laboratory.capture((*shape[:2], *size))
        except CaptureError as error:
            raise Refuted(
                f"The network does not run at {size_text(size)}.", "any input size", str(error), deviation=_fixed(case)
            ) from None
        output = graph[graph.output].shape
        if output[1 : 2 if maps else None] != wanted:
            raise Refuted(
                f"At {size_text(size)} the output has another shape.",
                size_text((shape[0], *wanted)),
                size_text(output),
                deviation=_fixed(case),
            )
        found = dissect(simplify(graph))
        if narrow_pools(found) > narrow_pools(case.found):
            raise Refuted(
                f"At {size_text(size)} the head averages over a part of the map; at the judged size it does over all.",
                "all positions at any size",
                " -> ".join(found.graph[i].op for i in found.head if found.graph[i].op != "reshape"),
                deviation="head-fixed-kernel",
            )
        if height % halved == width % halved == 0:
            _demand_formula(case, found, size)

    if (found := _at_the_papers_sizes(case, prop)) is not None and found.outcome != "pass":
        return found
    found = _explored(case, prop, "other sizes, not square too", halved)
    if found.outcome != "pass" or any(f.level != "MAY" and f.evidence == "structure" for f in case.failures):
        return found
    return _explored(case, prop, "other sizes, odd and not square too", 1)


def _at_the_papers_sizes(case: Case, prop: Callable[[int, int], None]) -> Result | None:
    """At the sizes that images of the data set were tested at, the largest first; of a deep network at that alone.

    Not of the stages of Table 1 for 32x32 images: nobody gave them others, and without the stem's strides maps of 640
    fill the memory.
    """
    recipes = load_spec().recipes.values()
    tested = {side for recipe in recipes if recipe.dataset == case.architecture.dataset for side in recipe.test_scales}
    if case.architecture.size not in tested:
        return None
    sides = sorted(tested - {*case.candidate.input_shape[2:]}, reverse=True)
    if not sides:
        return None
    sides = sides[: max(1, examples_for(case))]
    return explored(
        case, "HD-05", lambda side: prop(side, side), "the paper's sizes", len(sides), side=st.sampled_from(sides)
    )


def _total_stride(architecture: Architecture) -> int:
    """By how much maps shrink from the input to the last stage: 32 (ImageNet), 4 (CIFAR-10)."""
    stem, pool = architecture.stem, architecture.stem.pool
    return stem.stride * (pool.stride if pool else 1) * int(2 ** (len(architecture.stages) - 1))


def _explored(case: Case, prop: Callable[[int, int], None], found: str, step: int) -> Result:
    """Over multiples of step from half to twice the judged size, in an order of the seed's own.

    Hypothesis tries the first ones first: half the height and twice the width, so that no verdict hangs on the seed.
    """
    extent = case.candidate.input_shape[2]
    small, *inner, large = [e for e in range(max(1, extent // 2), extent * 2 + 1) if e % step == 0] or [extent] * 2
    chance = random.Random(bench_of(case).seed)
    heights = st.sampled_from([small, *chance.sample(inner, len(inner)), large])
    widths = st.sampled_from([large, *chance.sample(inner, len(inner)), small])
    return explored(case, "HD-05", prop, found, height=heights, width=widths)


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
