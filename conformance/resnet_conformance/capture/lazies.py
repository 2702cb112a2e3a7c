"""Networks with lazy layers, which take their shapes from the first input: each construction is shown one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from ..graph import Shape
from .problems import CaptureError, TargetError
from .target import LoadedTarget


def is_lazy(module: nn.Module) -> bool:
    """Has it a parameter without a shape?"""
    return any(nn.parameter.is_lazy(p) for _, p in nn.Module.named_parameters(module))


def warmed(target: LoadedTarget, shapes: Sequence[Shape]) -> tuple[LoadedTarget, Shape | None]:
    """The target whose networks have seen an input, and its shape: the first that works, also with one channel.

    The same target and None where it is the user's own module, which is never changed. Raises CaptureError where no
    input works.
    """
    if target.factory is None:
        return target, None
    reasons: list[str] = []
    gray = [(shape[0], 1, *shape[2:]) for shape in shapes]
    for shape in dict.fromkeys([*map(tuple, shapes), *gray]):
        shown = replace(target, factory=_showing(target, shape))
        try:
            shown.build("cpu")
        except TargetError as error:
            reasons.append(str(error))
        else:
            return shown, shape
    raise CaptureError(f"its lazy layers take their shapes from the first input, and none works: {reasons[0]}")


def _showing(target: LoadedTarget, shape: Shape) -> Any:
    def make(**kwargs: Any) -> object:
        module = target.factory(**kwargs)  # type: ignore[misc]
        if isinstance(module, nn.Module):
            training = module.training
            with torch.no_grad():
                module.eval()(torch.zeros(shape))  # on the device of the construction
            module.train(training)
        return module

    return make
