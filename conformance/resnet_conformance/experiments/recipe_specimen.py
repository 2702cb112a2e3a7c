"""What an optimizer is tried on: the candidate itself, every parameter shrunk to one number, or a stand-in for it.

A recipe may choose parameters by name, by module, by rank or one by one; so it is shown the network that it was written
for. One number for each parameter is enough to see what moves it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from ..candidate import Candidate
from ..capture.target import Device
from ..graph import Graph

CONV, CONV_BIAS, FC, FC_BIAS = "convolution weights", "convolution biases", "fc weights", "fc bias"
KINDS = {
    ("conv", "weight"): CONV,
    ("conv", "bias"): CONV_BIAS,
    ("batch_norm", "gamma"): "gamma",
    ("batch_norm", "beta"): "beta",
    ("linear", "weight"): FC,
    ("linear", "bias"): FC_BIAS,
}


@dataclass(frozen=True, slots=True)
class Specimen:
    """A network of one-number parameters. `names` are those of its learnable ones; `kinds` says which are of a kind."""

    model: nn.Module
    names: tuple[str, ...]
    kinds: Mapping[str, tuple[str, ...]]

    @property
    def parameters(self) -> tuple[torch.Tensor, ...]:
        """The learnable parameters that its forward pass uses, in the order of `names`."""
        return tuple(self.model.get_parameter(name) for name in self.names)


class _StandIn(nn.Module):
    """One parameter of each kind that a ResNet has."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, bias=False, dtype=torch.float64)
        self.norm = nn.BatchNorm2d(2, dtype=torch.float64)
        self.fc = nn.Linear(2, 2, dtype=torch.float64)


def stand_in() -> Specimen:
    """A made-up network, where a recipe is looked at without one."""
    kinds = {CONV: "conv.weight", "gamma": "norm.weight", "beta": "norm.bias", FC: "fc.weight", FC_BIAS: "fc.bias"}
    return Specimen(_StandIn(), tuple(kinds.values()), {kind: (name,) for kind, name in kinds.items()})


def specimen_of(candidate: Candidate) -> Specimen:
    """The candidate with one number for each parameter; a stand-in where it cannot be constructed again."""
    graph, laboratory = candidate.graph, candidate.laboratory
    kinds = {kind: tuple(graph.tensors[i].names[0] for i in found) for kind, found in _by_kind(graph).items()}
    read = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op == "parameter"}
    names = tuple(graph.tensors[i].names[0] for i in sorted(read) if graph.tensors[i].requires_grad)
    if laboratory is None or CONV not in kinds:
        return stand_in()
    devices: tuple[Device, ...] = ("meta", "cpu")
    for device in devices:
        try:
            model = laboratory.target.build(device)
            _shrink(model)
            specimen = Specimen(model, names, kinds)
            if all(parameter.numel() == 1 for parameter in specimen.parameters):
                return specimen
        except Exception:  # noqa: BLE001 - a stranger's constructor, or a module that keeps its parameters elsewhere
            continue
    return stand_in()


def _by_kind(graph: Graph) -> dict[str, list[int]]:
    """Registered tensors by how the network uses them, through views and what else is computed of them."""
    found: dict[str, list[int]] = {}
    for node in graph:
        for role, operand in zip(node.roles, node.inputs, strict=True):
            kind = KINDS.get((node.op, role))
            if kind is None or operand in graph.depends or node.index not in graph.live:
                continue
            waiting = [operand]
            while waiting:
                source = graph[waiting.pop()]
                waiting += source.inputs
                tensors = found.setdefault(kind, [])
                if source.op == "parameter" and source.attrs["tensor"] not in tensors:
                    tensors.append(source.attrs["tensor"])
    return {kind: tensors for kind, tensors in found.items() if tensors}


def _shrink(model: nn.Module) -> None:
    """Replace every parameter by one of as many axes that holds one number; a shared one stays shared."""
    small: dict[int, nn.Parameter] = {}
    for owner in model.modules():
        for name, parameter in owner._parameters.items():
            if parameter is None:
                continue
            if id(parameter) not in small:
                number = torch.zeros([1] * parameter.dim(), dtype=torch.float64)
                small[id(parameter)] = nn.Parameter(number, requires_grad=parameter.requires_grad)
            owner._parameters[name] = small[id(parameter)]
