"""HD-02, STEM-01, STEM-06: what the caller asks for is what is built: the number of classes and of input channels.

The papers' networks have 1000 or 10 classes and 3 channels; another number stands where the caller asks for it (HD-02).
The channels belong to the clause of the first convolution, as no other speaks of it: STEM-01 (He et al. 2015, Table 1),
STEM-06 (section 4.2).
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from hypothesis import strategies as st

from ..anatomy import Anatomy
from ..capture.problems import CaptureError
from ..clauses import backbones
from ..clauses.case import Case, Result, examines, not_applicable, not_examined
from ..graph import Graph, Shape, learned_from
from .bench import Bench, Refuted
from .pieces import bench_of, explored


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that factories let the caller choose: under which keywords, and which axis of a weight shows it."""

    what: str
    keywords: tuple[str, ...]
    axis: int
    values: st.SearchStrategy[int]


CLASSES = Wish("classes", backbones.CLASSES, 0, st.integers(3, 60))
CHANNELS = Wish("input channels", ("in_channels", "in_chans", "num_channels", "input_channels"), 1, st.integers(1, 8))


@examines("STEM-01", by="behaviour")
def first_convolution_takes_channels(case: Case) -> Result:
    """The 7x7 convolution reads as many channels as the caller asks for."""
    return demand_keyword(case, "STEM-01", CHANNELS)


@examines("STEM-06", by="behaviour")
def first_small_convolution_takes_channels(case: Case) -> Result:
    """The 3x3 convolution reads as many channels as the caller asks for."""
    return demand_keyword(case, "STEM-06", CHANNELS)


def demand_keyword(case: Case, clause: str, wish: Wish) -> Result:
    """Whether the factory builds what its keyword says; not applicable where it has no such keyword."""
    bench = bench_of(case)
    weight = _weight_of(bench.anatomy, wish)
    if weight is None:
        return not_examined(f"There is no one layer that shows the number of {wish.what}.")
    tensors = bench.anatomy.graph.tensors
    own = tensors[weight].shape[wish.axis]
    keyword = _keyword(bench, wish, own)
    if keyword is None:
        return not_applicable(f"The factory has no keyword for the number of {wish.what}.")

    def prop(number: int) -> None:
        other = bench.laboratory.variant(**{keyword: number})
        if [len(t.shape) for t in other.tensors] == [len(t.shape) for t in tensors]:
            found = other.tensors[weight].shape[wish.axis]
        else:  # other layers: which of them shows the number, a run tells
            found = _shown(other.capture(_with(bench.shape, wish, number)), wish)
        if found != number:
            raise Refuted(
                f"The factory takes {keyword} and builds another number of {wish.what}.",
                f"{number} {wish.what}",
                f"{found}",
            )

    try:
        return explored(case, clause, prop, f"as many {wish.what} as {keyword} says", 1, number=wish.values)
    except CaptureError as error:
        return not_examined(f"With another {keyword} the network was not made or did not run: {error}.")


def _keyword(bench: Bench, wish: Wish, own: int) -> str | None:
    """The keyword that the factory names, or that the caller gave it.

    A `**kwargs` promises nothing: what a factory does with them is its own. A number of channels under a keyword whose
    default is another number than the network's means something else.
    """
    target = bench.laboratory.target
    if target.factory is None:
        return None
    try:
        parameters = inspect.signature(target.factory).parameters
    except (ValueError, TypeError):
        return None
    for keyword in wish.keywords:
        parameter = parameters.get(keyword)
        if keyword in target.kwargs:
            return keyword
        if parameter is not None and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            free = parameter.default in (own, None, parameter.empty)
            if wish is CLASSES or free:
                return keyword
    return None


def _weight_of(anatomy: Anatomy, wish: Wish) -> int | None:
    """The tensor whose shape shows the number: the classifier's weight, or the first convolution's."""
    graph = anatomy.graph
    layers = anatomy.linears if wish is CLASSES else tuple(c.index for c in anatomy.stem_convolutions[:1])
    operand = graph[layers[0]].operand("weight") if len(layers) == 1 else None
    learned = learned_from(graph, operand) if operand is not None else None
    return learned[0] if learned is not None else None


def _with(shape: Shape, wish: Wish, number: int) -> Shape:
    return shape if wish is CLASSES else (shape[0], number, *shape[2:])


def _shown(graph: Graph, wish: Wish) -> int:
    """The number that a captured network has."""
    if wish is CLASSES:
        return graph[graph.output].shape[-1]
    first = next(node for node in graph if node.op == "conv")
    source = first.operand("x")
    return graph[source].shape[1] if source is not None else 0
