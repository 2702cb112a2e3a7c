"""The doors through which a network becomes a Graph (DESIGN.md section 3). Importing this package does
not import torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .problems import CaptureError, LimitError, TargetError, TargetProblem

if TYPE_CHECKING:
    from torch import nn

    from ..candidate import Candidate
    from ..graph import Graph, Shape
    from .target import LoadedTarget

__all__ = ["CaptureError", "LimitError", "TargetError", "TargetProblem", "capture", "capture_candidate", "load_target"]


def capture(module: nn.Module, shape: Shape, mode: str = "eval", device: str = "meta") -> Graph:
    """The Graph of one forward pass on an input of this shape; mode "eval" or "train", device "meta" or
    "cpu".

    The module is left exactly as it was. Raises CaptureError.
    """
    from .running import record

    return record(module, tuple(shape), mode, device)[0]


def load_target(target: object, kwargs: Mapping[str, object] | None = None) -> LoadedTarget:
    """Find what the user means: "package.module:factory", "path/to/file.py:factory", an .onnx or .pt2
    file, a callable without required arguments, or a module. Raises TargetError."""
    from .target import load_target as load

    return load(target, kwargs)


def capture_candidate(
    target: object,
    kwargs: Mapping[str, object] | None = None,
    shapes: Sequence[Shape] = ((2, 3, 224, 224), (2, 3, 32, 32)),
    resized: Mapping[int, int] | None = None,
    timeout: float | None = None,
) -> Candidate:
    """Load, construct and capture a target at the first of `shapes` that it accepts: its eval graph, one
    train graph, and the eval graph at another size (`resized`: size to other size; default 224 to 320,
    32 to 48).

    `timeout` (seconds) is kept by a signal, and that in the main thread alone; a target that swallows what the signal
    raises, or sets the timer itself, outlasts it. Raises TargetError, CaptureError, and LimitError (a ValueError) where
    the timeout is no number of seconds above 0.
    """
    from .candidates import capture_candidate as run

    return run(target, kwargs, shapes, {224: 320, 32: 48} if resized is None else resized, timeout)
