"""The network under judgement, as the graphs that were captured from it. Nothing here knows torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .file_facts import FileFacts
from .findings import TargetInfo
from .graph import Graph, Shape

if TYPE_CHECKING:
    from .capture.laboratory import Laboratory


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
