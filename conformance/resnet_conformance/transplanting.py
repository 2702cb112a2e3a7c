"""Values from the tensors of one network into those of another that was paired with it (align.py).

Reading a Place is a selection of values, a linear map, and perhaps a number that is added to them; writing to it is
that map's transpose, which autograd knows, once the number is taken off. So weights and gradients move alike, whatever
shape, order or parts a network keeps them in; to a gradient nothing is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch

from .align import SHIFT, Alignment, Place

Tensors = Mapping[int, torch.Tensor]


def into_candidate(alignment: Alignment, values: Tensors) -> dict[int, torch.Tensor]:
    """The candidate's tensors that hold these values of the blueprint's (by index; weights, statistics or gradients).

    Tensors of the blueprint without a value are left out, candidate tensors of which a part alone is known hold 0 in
    the rest. Raises ValueError where a value has another shape than its tensor.
    """
    return move(((link.paper, link.found) for link in alignment.links), values)


def from_candidate(alignment: Alignment, values: Tensors, gradients: bool = False) -> dict[int, torch.Tensor]:
    """The blueprint's tensors as the candidate's values (by index) say: the way back of `into_candidate`."""
    return move(((link.found, link.paper) for link in alignment.links), values, gradients)


def move(ways: Iterable[tuple[Place, Place]], values: Tensors, gradients: bool = False) -> dict[int, torch.Tensor]:
    """Values at the first place of each way, put at the second; where tensors of the first are missing, nothing is."""
    moved = [(to, read(at, values, gradients)) for at, to in ways if all(t in values for t in at.tensors())]
    return write(moved, gradients)


def read(place: Place, values: Tensors, gradients: bool = False) -> torch.Tensor:
    """The value at a place. Raises ValueError for a tensor of another shape than was registered."""
    if place.op == "tensor":
        value = values[place.tensor]
        if tuple(value.shape) != place.shape:
            raise ValueError(f"tensor {place.tensor} has shape {place.shape}, and {tuple(value.shape)} is given")
        return value
    parts = [read(part, values, gradients) for part in place.parts]
    if place.op == SHIFT:
        return parts[0] if gradients else parts[0] + place.attrs["value"]
    if place.op == "reshape":
        return parts[0].reshape(place.shape)
    if place.op == "permute":
        return parts[0].permute(place.attrs["order"])
    if place.op == "slice":
        bounds = zip(*(place.attrs[key] for key in ("start", "stop", "step")), strict=True)
        return parts[0][tuple(slice(*bound) for bound in bounds)]
    return torch.cat(parts, place.attrs["axis"])


def write(values: Iterable[tuple[Place, torch.Tensor]], gradients: bool = False) -> dict[int, torch.Tensor]:
    """Tensors by index that hold each value at its place, and 0 where nothing is put."""
    found: dict[int, torch.Tensor] = {}
    moved: list[tuple[Place, torch.Tensor]] = []
    for place, value in values:
        if tuple(value.shape) != place.shape:
            raise ValueError(f"a value of shape {tuple(value.shape)} does not fit a place of shape {place.shape}")
        if place.op == "tensor":
            found[place.tensor] = value
        else:
            moved.append((place, value))
    if moved:
        found.update(_transposed(moved, gradients))
    return found


def _transposed(moved: list[tuple[Place, torch.Tensor]], gradients: bool) -> dict[int, torch.Tensor]:
    """By autograd: the gradient of <read(tensors), values> by the tensors holds the values where they are read.

    What is read of tensors of zeros is the numbers that are added on the way, and no value of the tensors.
    """
    like = moved[0][1]
    shapes = {tensor: shape for place, _ in moved for tensor, shape in _shapes(place)}
    with torch.inference_mode(False), torch.enable_grad():
        leaves = {i: torch.zeros(s, dtype=like.dtype, device=like.device).requires_grad_() for i, s in shapes.items()}
        seen = [read(place, leaves, gradients) for place, _ in moved]
        kept = [value.detach() - added.detach() for (_, value), added in zip(moved, seen, strict=True)]
        slopes = torch.autograd.grad(seen, list(leaves.values()), kept)
    return dict(zip(leaves, slopes, strict=True))


def _shapes(place: Place) -> Iterable[tuple[int, tuple[int, ...]]]:
    if place.op == "tensor":
        yield place.tensor, place.shape
    for part in place.parts:
        yield from _shapes(part)
