"""The transplant itself: capture both networks, pair them, load, move, verify, write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..align import Alignment, pair
from ..anatomy import Anatomy, dissect
from ..capture import TargetProblem, capture_candidate
from ..capture.laboratory import Laboratory
from ..capture.running import registered
from ..enumerating import listed
from ..graph import Shape
from ..simplify import simplify
from ..transplanting import into_candidate
from . import NetworksDiffer, Transplanted, WeightsError
from .differences import differences
from .files import check_output, load_strictly, read_weights, write_weights
from .verification import Agreement, compare

BATCH = 2
SIZES = (224, 32)
Tensors = Mapping[int, torch.Tensor]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two networks. `shape` is the input's at which `anatomy` was captured."""

    name: str
    laboratory: Laboratory
    anatomy: Anatomy
    shape: Shape


@dataclass(frozen=True, slots=True)
class Notes:
    """What a person should know though nothing is wrong."""

    lines: list[str] = field(default_factory=list)

    def add(self, text: str, names: Sequence[str]) -> None:
        if names:
            self.lines.append(f"{text}: {listed(names)}")


def transplant(
    source: object,
    weights: str | Path | Mapping[str, Any],
    destination: object,
    output: Path | None,
    kwargs: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    input: Sequence[int] | None,
    force: bool,
    timeout: float | None,
) -> Transplanted:
    """See `transplantation.transplant`."""
    if input is not None and (len(input) != 3 or not all(isinstance(n, int) and n > 0 for n in input)):
        raise ValueError(f"input is (channels, height, width), three numbers above 0, not {input!r}")
    if output is not None:
        check_output(output, force)
    state, left_out = read_weights(weights)
    shapes: tuple[Shape, ...] = tuple((BATCH, 3, size, size) for size in SIZES)
    origin = capture_side(source, kwargs[0], shapes if input is None else ((BATCH, *input),), timeout)
    module = origin.laboratory.module
    file = "the state_dict" if isinstance(weights, Mapping) else str(weights)
    load_strictly(module, state, left_out, file, origin.name)  # first: a source made otherwise differs from all
    target = capture_side(destination, kwargs[1], (origin.shape,), timeout)
    if origin.name == target.name:
        origin, target = (
            Side(f"{side.name} ({word})", side.laboratory, side.anatomy, side.shape)
            for side, word in ((origin, "source"), (target, "destination"))
        )
    alignment = align(origin, target)
    values = values_of(module)
    notes = Notes()
    changed, moved = fill(origin, target, alignment, values, notes)
    agreement = compare(origin, target, values, moved, input is not None)
    if not agreement.holds:
        raise NetworksDiffer(origin.name, target.name, explain(origin, target, agreement), agreement.text)
    filled = state_of(changed, target.name)

    def verify(written: Mapping[str, torch.Tensor], aliases: Mapping[str, str]) -> None:
        load_strictly(changed, written, aliases, str(output), target.name)
        again = values_of(changed)
        if any(not torch.equal(again[i], value) for i, value in moved.items()):
            raise WeightsError(f"{output} does not hold what was written to it: the disk may be full or broken")

    if output is not None:
        write_weights(output, filled, force, verify)
    return Transplanted(filled, agreement.difference, agreement.tolerance, agreement.shape, tuple(notes.lines))


def capture_side(
    target: object, kwargs: Mapping[str, Any] | None, shapes: Sequence[Shape], timeout: float | None
) -> Side:
    """Capture and recognise one network. Raises capture.TargetProblem."""
    candidate = capture_candidate(target, kwargs, shapes, timeout=timeout)
    name, laboratory = candidate.target.address, candidate.laboratory
    if candidate.target.kwargs:
        name += f"({', '.join(f'{key}={value!r}' for key, value in candidate.target.kwargs.items())})"
    assert laboratory is not None
    try:
        return Side(name, laboratory, dissect(simplify(candidate.graph)), candidate.input_shape)
    except ValueError as error:
        raise TargetProblem(f"{name} cannot be read as a ResNet: {error}") from error


def align(origin: Side, target: Side) -> Alignment:
    """Pair the two networks. Raises NetworksDiffer where something has no partner."""
    if origin.shape != target.shape:
        text = "input: {} in the source, {} in the destination".format(
            *("x".join(map(str, side.shape[1:])) for side in (origin, target))
        )
        raise NetworksDiffer(origin.name, target.name, [text])
    alignment = pair(target.anatomy, origin.anatomy)
    if not alignment.complete:
        seen = differences(origin.anatomy, target.anatomy)
        raise NetworksDiffer(origin.name, target.name, seen or [f"in the destination, {r}" for r in alignment.reasons])
    return alignment


def values_of(module: nn.Module) -> dict[int, torch.Tensor]:
    """Copies of a network's registered tensors, by index."""
    return {i: t.detach().clone() for i, (t, _) in enumerate(registered(module))}


def state_of(module: nn.Module, name: str) -> dict[str, torch.Tensor]:
    """The network's state_dict. Raises WeightsError where it holds more than tensors."""
    state = module.state_dict()
    strange = [key for key, value in state.items() if not isinstance(value, torch.Tensor)]
    if strange:
        raise WeightsError(f"the state_dict of {name} holds no tensor under {strange[0]}: a file cannot keep that")
    return dict(state)


def fill(
    origin: Side, target: Side, alignment: Alignment, values: Tensors, notes: Notes
) -> tuple[nn.Module, dict[int, torch.Tensor]]:
    """The destination with the source's values, and all its tensors by index. Raises NetworksDiffer for a lost bias."""
    lost = [place for place in alignment.missing.values() if any(bool(values[t].any()) for t in place.tensors())]
    if lost:
        names = [origin.laboratory.tensors[t].names[0] for place in lost for t in place.tensors()]
        reason = f"the destination has no place for {len(names)} biases of the source, such as {names[0]}"
        raise NetworksDiffer(origin.name, target.name, [reason])
    moved = into_candidate(alignment, {i: t for i, t in values.items() if t.is_floating_point()})
    tensors = target.laboratory.tensors
    for place in alignment.extra.values():
        moved |= {t: torch.zeros(tensors[t].shape) for t in place.tensors()}
        notes.add("a bias that the source has not is 0", [tensors[t].names[0] for t in place.tensors()])
    moved |= count_batches(origin, target, alignment, values)
    module = target.laboratory.module
    idle = [i for i, (t, _) in enumerate(registered(module)) if i not in moved and t.is_floating_point()]
    if idle:  # the laboratory's network may have no initial values
        module = target.laboratory.target.build("cpu")
        notes.add("the destination never reads it, and it keeps its initial value", [tensors[i].names[0] for i in idle])
    used = {t for link in alignment.links for t in link.paper.tensors()} | {
        t for place in alignment.missing.values() for t in place.tensors()
    }
    left = [origin.laboratory.tensors[i].names[0] for i, t in values.items() if i not in used and t.is_floating_point()]
    notes.add("the source never reads it, and it is left behind", left)
    with torch.no_grad():
        for i, (t, _) in enumerate(registered(module)):
            if i in moved:
                t.copy_(moved[i])
    return module, values_of(module)


def count_batches(origin: Side, target: Side, alignment: Alignment, values: Tensors) -> dict[int, torch.Tensor]:
    """How many batches the running statistics have seen, for every pair of layers that both keep count."""
    found: dict[int, torch.Tensor] = {}
    for theirs, mine in alignment.layers.items():
        here, there = _counter(target, mine), _counter(origin, theirs)
        if here is not None and there is not None and not values[there].is_floating_point():
            found[here] = values[there]
    return found


def _counter(side: Side, layer: int) -> int | None:
    """The one whole number that is registered beside a layer's running mean."""
    graph = side.anatomy.graph
    mean = graph[layer].operand("mean")
    if mean is None or "tensor" not in graph[mean].attrs:
        return None
    owner = graph.tensors[graph[mean].attrs["tensor"]].names[0].rpartition(".")[0]
    beside = [
        i
        for i, t in enumerate(graph.tensors)
        if t.kind == "buffer" and t.shape == () and t.names[0].rpartition(".")[0] == owner
    ]
    return beside[0] if len(beside) == 1 else None


def explain(origin: Side, target: Side, agreement: Agreement) -> list[str]:
    """Why two networks that pair do not agree, or where they first part if nothing is to be seen."""
    seen = list(differences(origin.anatomy, target.anatomy))
    return seen or [agreement.parting or "no difference is visible in their wiring"]
