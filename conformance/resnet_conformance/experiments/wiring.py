"""BH-04: in training the network is wired as in eval, but for the statistics of its normalizations (a project rule).

Every train graph is compared with the eval graph value by value: two values are one where the same operation, with the
same attributes, makes them from the same values and tensors.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..anatomy import Anatomy, dissect
from ..blocks import TRANSPARENT
from ..capture.problems import CaptureError
from ..clauses.case import Case, Result, examines, failed, not_examined, passed
from ..clauses.scaling import drops_samples
from ..graph import Graph, Node, operations
from ..simplify import simplify
from .pieces import bench_of

RUNS = 5  # in training: a block that is left out one time in two shows in all but 3 of 100 judgements, ten such always
MANY = 60  # where random numbers were drawn and nothing came of it: what one run in ten shows is missed twice in 1000
IMAGES = 32  # to a GPU, whose statistics are its own (BN-08): within so many, no part of a batch has some for itself
STATISTICS = frozenset({"batch_statistics", "momentum", "running_var"})  # of a BN, and free to differ here
STORED = frozenset({"mean", "var"})


class Values:
    """Numbers for values: the same number for the same value, in all graphs that are read with it."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}

    def of(self, graph: Graph) -> dict[int, Node]:
        """The live nodes of a graph, by the number of their value, in order."""
        numbers: dict[int, int] = {}
        found: dict[int, Node] = {}
        for node in graph:
            if node.index not in graph.live:
                continue
            if node.op in TRANSPARENT or (node.op == "dropout" and node.attrs.get("rate") == 0):
                numbers[node.index] = numbers[node.inputs[0]]
                continue
            if node.index not in graph.depends and _is_statistic(graph, node.index):
                continue
            norm = node.op == "batch_norm"
            operands = tuple(
                (role, numbers[i])
                for role, i in zip(node.roles, node.inputs, strict=True)
                if not (norm and role in STORED)  # training may update them in any way: BH-03 looks at that
            )
            attrs = tuple(sorted((k, repr(v)) for k, v in node.attrs.items() if not (norm and k in STATISTICS)))
            key = (node.op, operands, attrs, node.shape if node.op == "constant" else ())
            numbers[node.index] = self._numbers.setdefault(key, len(self._numbers))
            found.setdefault(numbers[node.index], node)
        return found


def _is_statistic(graph: Graph, index: int) -> bool:
    """Only normalizations read it, as their stored mean or variance; or what only they read."""
    readers = [graph[i] for i in graph.users.get(index, ())]
    roles = [(n, role) for n in readers for role, i in zip(n.roles, n.inputs, strict=True) if i == index]
    return bool(roles) and all(
        role in STORED if n.op == "batch_norm" else n.index not in graph.depends and _is_statistic(graph, n.index)
        for n, role in roles
    )


@examines("BH-04", by="behaviour")
def train_is_wired_as_eval(case: Case) -> Result:
    """The same blocks, shortcuts and operations in every one of RUNS train runs as in eval."""
    if not case.trained:
        return not_examined(f"Training could not be run: {case.candidate.train_failure or 'no train capture'}.")
    values = Values()
    resting = values.of(case.graph)
    seen = [operations(graph) for graph in case.candidate.train_graphs]
    for trained in itertools.chain(case.trained, _more(case, seen)):
        moving = values.of(trained.graph)
        new = [node for number, node in moving.items() if number not in resting]
        lost = [node for number, node in resting.items() if number not in moving]
        if not new and not lost:
            continue
        if _is_unread_norm(case.graph, trained.graph):
            return not_examined("A normalization is written in a way whose training form could not be read.")
        return _told(case, trained, list(resting.values()), list(moving.values()), (new or lost)[0])
    divided = _with_images(case)
    if divided is not None:
        return divided
    return passed(f"one wiring in {_runs(case)} runs" if len(seen) == 1 else f"{len(seen)} ways to run, one wiring")


def _runs(case: Case) -> int:
    """How often it is run in training: more often where that costs no arithmetic, and random numbers are drawn."""
    return MANY if bench_of(case).laboratory.drew and case.candidate.captured_on == "meta" else RUNS


def _more(case: Case, seen: list[list[tuple[Any, ...]]]) -> Iterator[Anatomy]:
    """What more train runs make that none did before; `seen` grows with it."""
    candidate, laboratory = case.candidate, bench_of(case).laboratory
    for seed in itertools.count(1):
        if seed > _runs(case) - 2:  # the first was made, the last is that of `_with_images`
            return
        graph = laboratory.capture(candidate.input_shape, "train", seed)
        if operations(graph) not in seen:
            seen.append(operations(graph))
            yield dissect(simplify(graph))


def _with_images(case: Case) -> Result | None:
    """The last run, with a batch as large as a GPU's: the same operations, or what it does with the parts of a batch.

    On meta tensors alone, where a batch of any size costs the same.
    """
    candidate, trained = case.candidate, case.trained[0].graph
    if candidate.captured_on != "meta" or len(case.trained) > 1:
        return None
    laboratory, shape = bench_of(case).laboratory, (IMAGES, *candidate.input_shape[1:])
    try:
        graph = simplify(laboratory.capture(shape, "train", RUNS - 1))
        many, few = _operations(graph), _operations(trained)
        if many == few:
            return None
        resting = _operations(simplify(laboratory.capture(shape, "eval", RUNS - 1)))
    except CaptureError:  # its code names a batch: no clause forbids that
        return None
    if (many - few, few - many) == (resting - (before := _operations(case.found.graph)), before - resting):
        return None  # eval changes in the same way: BH-01 sees that
    seen = [n for n in graph if n.index in graph.live and n.op in (many - few)]
    return failed(
        f"In training a batch of {IMAGES} images is treated otherwise than one of {candidate.input_shape[0]}.",
        "the same operations on a batch of any size",
        f"more often with {IMAGES} images: {_counted(many - few)}" if seen else f"missing: {_counted(few - many)}",
        [n.where for n in seen[:3]],
        None,
        bench_of(case).repro("BH-04"),
    )


def _operations(graph: Graph) -> Counter[str]:
    return Counter(graph[i].op for i in sorted(graph.live))


def _is_unread_norm(resting: Graph, moving: Graph) -> bool:
    """Fewer normalizations were recognised in training, and arithmetic stands in their place."""

    def norms(graph: Graph) -> int:
        return sum(n.op == "batch_norm" and n.index in graph.live for n in graph)

    def convolutions(graph: Graph) -> int:
        return sum(n.op == "conv" and n.index in graph.live for n in graph)

    return norms(moving) != norms(resting) and convolutions(moving) == convolutions(resting)


def _told(case: Case, trained: Anatomy, resting: list[Node], moving: list[Node], first: Node) -> Result:
    """`first` is the first value that only one of the graphs has."""
    eval_ops, train_ops = (Counter(n.op for n in nodes) for nodes in (resting, moving))
    drops = [n for n in moving if n.op == "dropout"]
    fewer = len(trained.blocks) != len(case.found.blocks)
    deviation = None
    if fewer or (drops and all(map(drops_samples, drops))):
        deviation = "stochastic-depth"
    elif drops:
        deviation = "dropout"
    if fewer:
        found, places = f"{len(trained.blocks)} blocks in a train run, {len(case.found.blocks)} in eval", [first]
    elif extra := train_ops - eval_ops:
        found, places = f"in training only: {_counted(extra)}", drops or [first]
    elif missing := eval_ops - train_ops:
        found, places = f"in eval only: {_counted(missing)}", [n for n in resting if n.op in missing][:1]
    else:
        found, places = f"the same operations on other values, from {first.op} on", [first]
    return failed(
        "In training the network is wired otherwise than in eval.",
        "the same blocks, shortcuts and operations, but for the statistics of BN",
        found,
        [n.where for n in places],
        deviation,
        bench_of(case).repro("BH-04"),
    )


def _counted(ops: Counter[str]) -> str:
    return ", ".join(f"{op} ({count})" if count > 1 else op for op, count in ops.items())
