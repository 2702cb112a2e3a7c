"""The network under judgement, as the graphs that were captured from it. Nothing here knows torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .findings import TargetInfo
from .graph import Graph, Shape

if TYPE_CHECKING:
    from .capture.laboratory import Laboratory


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a network's file does not say, or says in another way than the network did before it was exported.

    `shape` is the declared shape of the input as (N, C, H, W), None for an axis that is free; () where nothing is
    declared. `folded`: places of convolutions into which an exporter folded their BN; `recorded`: the exporter wrote
    down that it did. `window`: a pool whose window covers the map at the fixed size was taken for a global one.
    `one_mode`: nothing in the file could follow the mode, neither BN nor dropout. `training`: all BN of the file use
    the batch's statistics, as the exporter was in training mode or as they always do. `detaches`: the file says where
    gradients stop.
    """

    shape: tuple[int | None, ...] = ()
    folded: tuple[str, ...] = ()
    recorded: bool = False
    window: bool = False
    one_mode: bool = False
    training: bool = False
    detaches: bool = True

    @property
    def fixes_batch(self) -> bool:
        """Is the batch size a number in the file?"""
        return bool(self.shape) and self.shape[0] is not None

    @property
    def fixes_size(self) -> bool:
        """Are height and width numbers in the file?"""
        return bool(self.shape) and None not in self.shape[2:]

    @property
    def text(self) -> str:
        """The declared shape for people: 1x3x224x224, with "?" for an axis that is free."""
        return "x".join("?" if n is None else str(n) for n in self.shape)


@dataclass(frozen=True)
class Candidate:
    """A captured network.

    `graph` is the eval-mode graph at the judged input size, `train_graphs` are the distinct graphs of two train-mode
    runs at the same size (one, where its operations are those of eval; none, with `train_failure` saying why, where
    training could not be run), `resized` is the eval graph at `resized_shape` (None, with `resized_failure`, where the
    network did not accept that size). Shapes are (N, C, H, W).
    """

    target: TargetInfo
    graph: Graph
    input_shape: Shape
    train_graphs: tuple[Graph, ...] = ()
    train_failure: str = ""
    resized: Graph | None = None
    resized_shape: Shape = ()
    resized_failure: str = ""
    captured_on: str = "meta"  # "meta" | "cpu": the kind of tensors that flowed
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    file: FileFacts | None = None  # where the network was read from a file
    laboratory: Laboratory | None = field(default=None, compare=False, repr=False)  # runs the live network
