"""A user's instance once more: with tensors of its own, which may then hold other values for the time of a pass."""

from __future__ import annotations

import copy
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from ..graph import Shape, operations
from .isolation import module_kept
from .problems import CaptureError
from .running import record, registered


def copied(instance: nn.Module, shape: Shape) -> nn.Module:
    """A copy that computes what the instance computes, with tensors of its own; else the instance itself.

    Raises CaptureError.
    """
    try:
        module = copy.deepcopy(instance).to("cpu")
    except Exception:  # noqa: BLE001 - a stranger's: values that carry a gradient, locks and files cannot be copied
        return _itself(instance, "it cannot be copied")
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        return module  # its code holds no tensors but its own
    own = [t for t, _ in registered(instance)]
    dtype = next((t.dtype for t in own if t.is_floating_point()), torch.float32)
    wanted = _passed(instance, shape)
    with module_kept(instance), filled(own, {}, dtype, range(len(own))):  # which the copy may still write to
        if _passed(module, shape) == wanted:
            return module
    return _itself(instance, "a copy of it still uses the instance's own tensors")


def _itself(instance: nn.Module, why: str) -> nn.Module:
    """The instance, where its tensors are on the CPU. Raises CaptureError."""
    if any(t.device.type != "cpu" for t, _ in registered(instance)):
        raise CaptureError(f"{why}, and its tensors are not on the CPU: move it there")
    return instance


def _passed(module: nn.Module, shape: Shape) -> list[tuple[Any, ...]] | None:
    """What an eval pass of the module does; None where it fails."""
    for device in ("meta", "cpu"):
        try:
            return operations(record(module, shape, "eval", device).graph)
        except CaptureError:
            continue
    return None


@contextmanager
def filled(
    places: list[torch.Tensor], tensors: Mapping[int, torch.Tensor], dtype: torch.dtype, written: Container[int]
) -> Iterator[None]:
    """The network's own tensors hold these values for the time of a pass.

    A parameter shares the memory of a large value that is given, unless passes write to it; else the value is copied.
    Tensors without a value keep their own, in the dtype of the pass.
    """
    before = [(t.data, t.grad) for t in places]
    try:
        for i, t in enumerate(places):
            value = tensors.get(i, t.data)
            if t.is_floating_point():
                value = value.to(dtype)
            shared = isinstance(t, nn.Parameter) and value.numel() >= 2**16 and i not in written
            t.grad, t.data = None, value if shared else value.clone()
        yield
    finally:
        for t, (data, grad) in zip(places, before, strict=True):
            t.grad, t.data = None, data
            t.grad = grad
