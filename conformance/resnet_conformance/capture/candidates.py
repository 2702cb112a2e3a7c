"""From a target to a Candidate: construct, find a size that the network accepts, capture eval, train and
another size.

Meta tensors first, because they cost no arithmetic; real tensors on the CPU where the network looks at
values.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from torch import nn

from ..candidate import Candidate
from ..graph import Graph, Shape, operations
from .file_network import subject
from .files import declared_first
from .inputs import describe_dimensions, parameters_of
from .isolation import ALONE, collection_off
from .laboratory import Laboratory
from .lazies import is_lazy, warmed
from .limits import check_limit, within
from .problems import CaptureError, TargetError
from .running import record
from .selections import wants_values
from .target import LoadedTarget, load_target


class Runner:
    """Records one target on meta tensors where that works, else on the CPU. `notes` say what was not as
    usual.
    """

    def __init__(self, target: LoadedTarget) -> None:
        self.target = target
        self.notes: list[str] = []
        self._modules: dict[str, nn.Module] = {}
        self.on = "meta"
        self.places: dict[str, int] = {}  # by mode: which of the tensors that it returns are the logits

    def module(self, device: str) -> nn.Module:
        """The user's instance, or one construction for each device."""
        if self.target.instance is not None:
            return self.target.instance
        if device not in self._modules:
            if device == "meta":
                try:
                    self._modules[device] = self.target.build("meta")
                except TargetError as error:
                    self._modules[device] = self.module("cpu")
                    self.note(f"constructed with real tensors, because on meta: {error}")
            else:
                self._modules[device] = self.target.build("cpu")
        return self._modules[device]

    def note(self, text: str) -> None:
        """Keep a note, once."""
        if text not in self.notes:
            self.notes.append(text)

    def record(self, shape: Shape, mode: str, device: str, seed: int = 0) -> Graph:
        """One graph. Raises CaptureError."""
        graph, inspected, place, _ = record(self.module(device), shape, mode, device, seed)
        if place is not None:
            self.places[mode] = place
        if inspected:
            places = ", ".join(place or "the top" for place in inspected[:3])
            self.note(f"the network looks at values of its data (in {places}): the graph holds for the sample input")
        return graph

    def either(self, shape: Shape, mode: str, seed: int = 0) -> Graph:
        """One graph where the first one was recorded, or else on the CPU. Raises the first CaptureError."""
        try:
            return self.record(shape, mode, self.on, seed)
        except CaptureError as first:
            if self.on == "cpu":
                raise
            try:
                graph = self.record(shape, mode, "cpu", seed)
            except CaptureError:
                raise first from None
            self.note(f"{mode} at {shape[-2]}x{shape[-1]} was captured with real tensors, because on meta {first}")
            return graph

    def with_values(self, graph: Graph, shape: Shape) -> Graph:
        """The eval graph, recorded once more on real tensors where the values of fixed ones say more than shapes do."""
        if self.on != "meta" or not wants_values(graph):
            return graph
        try:
            found = self.record(shape, "eval", "cpu")
        except CaptureError:
            return graph
        if operations(found) == operations(graph):
            return graph
        self.on = "cpu"
        self.note("captured with real tensors, because the values of fixed tensors decide what some operations do")
        return found

    def first(self, shapes: Sequence[Shape]) -> tuple[Graph, Shape]:
        """The eval graph at the first shape that works. Raises CaptureError."""
        failures: list[CaptureError] = []
        shapes = self.with_channels(shapes)
        for self.on in ("meta", "cpu"):
            for shape in shapes:
                try:
                    graph = self.record(shape, "eval", self.on)
                except CaptureError as error:
                    failures.append(error)
                    continue
                if self.on == "cpu":
                    self.note(f"captured with real tensors, because on meta {failures[0]}")
                return self.with_values(graph, shape), shape
        tried = ", ".join("x".join(map(str, shape)) for shape in shapes)
        network = self.module("cpu")
        why = describe_dimensions(network)
        if why:
            raise CaptureError(f"{subject(network)} did not run: {why} (tried {tried})") from failures[-1]
        raise CaptureError(f"{failures[-1]} (tried {tried})") from failures[-1]

    def with_channels(self, shapes: Sequence[Shape]) -> tuple[Shape, ...]:
        """The shapes, and after each the same with the channels that the first convolution takes, where
        it has others.
        """
        weights = [p for p in parameters_of(self.module("meta")) if p.dim() == 4]
        channels = weights[0].shape[1] if weights else 3
        found: dict[Shape, None] = {}
        for shape in map(tuple, shapes):
            found[shape] = None
        for shape in map(tuple, shapes):
            found[(shape[0], channels, *shape[2:])] = None
        return tuple(found)


def capture_candidate(
    target: object,
    kwargs: Mapping[str, object] | None,
    shapes: Sequence[Shape],
    resized: Mapping[int, int],
    timeout: float | None,
) -> Candidate:
    """See `capture.capture_candidate`."""
    check_limit(timeout)
    name = target if isinstance(target, str) else "the network"
    with ALONE, collection_off():
        return within(timeout, name, lambda: _capture(target, kwargs, shapes, resized))


def _capture(
    target: object,
    kwargs: Mapping[str, object] | None,
    shapes: Sequence[Shape],
    resized: Mapping[int, int],
) -> Candidate:
    begin = time.perf_counter()
    loaded = load_target(target, kwargs)
    runner = Runner(loaded)
    if loaded.file is not None:
        shapes = declared_first(loaded.file, shapes)
    if is_lazy(runner.module("meta")):
        loaded, shown = warmed(loaded, shapes)
        if shown is not None:
            runner = Runner(loaded)
            runner.note(f"its lazy layers have taken their shapes from an input of {'x'.join(map(str, shown))}")
    graph, shape = runner.first(shapes)
    train: tuple[Graph, ...] = ()
    train_failure = resized_failure = ""
    try:
        if loaded.file is not None and loaded.file.one_mode and any(node.op == "batch_norm" for node in graph):
            raise CaptureError("the file holds BN as arithmetic in the mode that it was exported in, and no other mode")
        train = (runner.either(shape, "train"),)
        if [node.op for node in train[0]] != [node.op for node in graph]:
            train = tuple(distinct((*train, runner.either(shape, "train", seed=1))))
    except CaptureError as error:
        train_failure = str(error)
    other = (*shape[:2], *(resized.get(size, size + size // 2) for size in shape[2:]))
    again: Graph | None = None
    try:
        again = runner.either(other, "eval")
    except CaptureError as error:
        resized_failure = str(error)
    return Candidate(
        target=loaded.info,
        graph=graph,
        input_shape=shape,
        train_graphs=train,
        train_failure=train_failure,
        resized=again,
        resized_shape=other,
        resized_failure=resized_failure,
        captured_on=runner.on,
        seconds=time.perf_counter() - begin,
        notes=tuple(runner.notes),
        file=loaded.file,
        laboratory=Laboratory(loaded, graph, runner.on == "cpu", runner.places),
    )


def distinct(graphs: Iterable[Graph]) -> Iterator[Graph]:
    """The graphs that differ from all before them in an operation, its operands or its attributes."""
    seen: list[list[tuple[Any, ...]]] = []
    for graph in graphs:
        made = operations(graph)
        if made not in seen:
            seen.append(made)
            yield graph
