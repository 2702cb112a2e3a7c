"""Which of the things that a network returns is its main result, the logits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch

from .emitter import Emitter
from .problems import CaptureError

Depth = tuple[int, int]


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items())
    elif dataclasses.is_dataclass(value):
        yield from ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        yield from zip(getattr(value, "_fields"), value, strict=True)  # noqa: B009 - a named tuple has no common type
    elif isinstance(value, (list, tuple)):
        yield from ((str(i), item) for i, item in enumerate(value))


def tensors_of(value: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """All tensors of an output, with the name of the field that holds them, in order."""
    for name, item in _fields(value):
        if isinstance(item, torch.Tensor):
            yield name, item
        else:
            yield from tensors_of(item)


def main_output(value: Any, batch: int, place: int | None = None) -> torch.Tensor:
    """The tensor itself; else its field `logits`; else the one at `place`; else the last float tensor of shape (batch,
    classes); of maps of several shapes, which a backbone gives, the last of the smallest, that is the deepest; else
    the first.

    Raises CaptureError when there is no tensor at all.
    """
    if isinstance(value, torch.Tensor):
        return value
    found = list(tensors_of(value))
    if not found:
        raise CaptureError(f"the network returned no tensor but {type(value).__name__}: its forward must return logits")
    named = [t for name, t in found if name == "logits"]
    if place is not None and not named and place < len(found):
        return found[place][1]
    flat = [t for _, t in found if _is_flat(t, batch)]
    maps = len({t.shape for _, t in found}) > 1 and all(t.dim() == 4 and t.is_floating_point() for _, t in found)
    if maps and not named and not flat:
        return min(reversed([t for _, t in found]), key=lambda t: (t.shape[2] * t.shape[3], -t.shape[1]))
    return named[0] if named else flat[-1] if flat else found[0][1]


def place_of_logits(value: Any, batch: int, depth: Callable[[torch.Tensor], Depth | None]) -> int | None:
    """Which of several flat tensors a classifier made: the deepest, and of equally deep ones the first.

    None where there are not several, or none of them is what a fully connected layer gives.
    """
    if isinstance(value, torch.Tensor):
        return None
    found = [(place, t) for place, (_, t) in enumerate(tensors_of(value)) if _is_flat(t, batch)]
    deep = {place: d for place, t in found if (d := depth(t)) is not None} if len(found) > 1 else {}
    return max(deep, key=lambda place: (deep[place], -place)) if deep else None


def _is_flat(t: torch.Tensor, batch: int) -> bool:
    return t.dim() == 2 and t.is_floating_point() and t.shape[0] == batch


def depth_of(e: Emitter, index: int) -> Depth | None:
    """How many convolutions and fully connected layers stand before a fully connected one; None for anything else."""
    while e[index].op in ("reshape", "detach"):
        index = e[index].inputs[0]
    if e[index].op not in ("linear", "conv"):
        return None
    before, ahead = set[int](), [index]
    while ahead:
        ahead += (i for i in e[ahead.pop()].inputs if i not in before and e.depends[i])
        before.update(ahead)
    ops = [e[i].op for i in before]
    return ops.count("conv"), ops.count("linear")


def require_trace(e: Emitter, output: int) -> None:
    """Raise CaptureError where the output cannot be followed back to the input and the weights, and say where the trace
    ends."""
    if e.depends[output]:
        quantised = next((n for n in e.builder.nodes if n.op.startswith("quantized.")), None)
        if quantised is not None:
            raise CaptureError(
                f"the network is quantised: {quantised.op} in {quantised.where or 'the top'} keeps its weights where"
                " torch does not show them; judge the network as it was before that"
            )
        return
    last = max(i for i, depends in enumerate(e.depends) if depends)
    node = e[last]
    where = f"{node.op.removeprefix('aten.')} in {node.where or 'the top'}"
    seen = "nothing is computed from the input" if node.op == "input" else f"the last that is seen of it is {where}"
    raise CaptureError(
        f"the output does not depend on the input as far as torch can see: {seen}. Values that go through NumPy or a"
        " factor of 0 cannot be followed: write the network in torch alone"
    )
