"""An ONNX program as a module of ours: one submodule for each node, weights as parameters, BN that can train.

The module goes the way of every other network: captured, experimented with, in eval mode and in training. No code of
the file is run; there is none in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from .file_network import FileNetwork
from .onnx_call import Array, Call, Operand, Result
from .onnx_file import Operation, Program
from .onnx_known import compute
from .onnx_layout import Value
from .onnx_operators import OPERATORS
from .rehearsal import rehearse
from .selections import channels_begin

# What the operands of an operator are to it, by position: the names that their tensors are registered under
ROLES = {
    "Conv": ("", "weight", "bias"),
    "BatchNormalization": ("", "weight", "bias", "running_mean", "running_var"),
    "InstanceNormalization": ("", "weight", "bias"),
    "GroupNormalization": ("", "weight", "bias"),
    "LayerNormalization": ("", "weight", "bias"),
    "Gemm": ("matrix", "weight", "bias"),
    "MatMul": ("matrix", "weight"),
}
STATISTICS = ("running_mean", "running_var")
ELEMENTWISE = frozenset({"Add", "Sub", "Mul", "Div", "Sum", "Max", "Min", "PRelu", "Where", "Concat"})
POOL = "AveragePool"
ALWAYS = 2  # a training_mode of our own: with the batch's statistics in eval mode too


class Step(nn.Module):
    """One node. Its constants that training would change are parameters here, statistics are buffers."""

    def __init__(self, operation: Operation, opset: int) -> None:
        super().__init__()
        self.operation, self.opset = operation, opset
        self.function = OPERATORS.get(operation.kind)
        self.held: dict[int, str] = {}  # by position: an operand that is registered here
        self.whole = False

    def hold(self, place: int, tensor: torch.Tensor) -> None:
        """Register a constant operand."""
        roles = ROLES.get(self.operation.kind, ())
        role = roles[place] if place < len(roles) and roles[place] else f"operand{place}"
        self.held[place] = role
        if isinstance(tensor, nn.Parameter):
            self.register_parameter(role, tensor)
        else:
            self.register_buffer(role, tensor)

    def forward(self, network: Network, x: torch.Tensor, *operands: Operand) -> Result:
        """What the node makes of its operands; `x` is the input of the network."""
        known = [operand for operand in operands if isinstance(operand, np.ndarray)]
        if known and len(known) == sum(operand is not None for operand in operands) and not self.held:
            found = compute(
                self.operation, self.opset, [operand for operand in operands if isinstance(operand, np.ndarray)]
            )
            if found is not None:
                return found
        if self.function is None:
            raise ValueError(f"{self.operation.kind} of values that depend on the input is not known here")
        given = tuple(
            Value.of(getattr(self, self.held[place])) if place in self.held else operand
            for place, operand in enumerate(operands)
        )
        attributes, training = self.operation.attributes, self.training
        call = Call(self.operation.kind, given, attributes, self.opset, training, network.batch, x, self.whole)
        return self.function(call)


class Network(FileNetwork):
    """A file's program. `batch` is the batch size that it fixes; `channels_last`: its input is (N, H, W, C); `trains`:
    all its BNs are as in training.
    """

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = Program((), {}, program.input, program.input_shape, program.outputs, program.opset)
        self.channels_last = _is_channels_last(program)
        declared = program.input_shape
        self.batch = declared[0] if declared else None
        size = declared[1:3] if declared and self.channels_last else declared[2:] if declared else (None, None)
        self.size = (size[0], size[1]) if size[0] and size[1] else None
        self.places: list[str] = []  # the steps in order
        self.known: dict[str, Array] = {}  # constants that are no weights
        self.shared: dict[tuple[str, str], torch.Tensor] = {}
        self.trains, always = _training(program)
        for operation in program.operations:
            given = _with_mode(operation, ALWAYS) if operation.outputs[0] in always else operation
            self._add(Step(given, program.opset), program)
        self.shared.clear()
        reads = Counter(name for step in self.steps for name in step.operation.inputs)
        reads.update(program.outputs)
        self.reads = dict(reads)

    @property
    def steps(self) -> list[Step]:
        """The nodes in order."""
        return [self._modules[place] for place in self.places]  # type: ignore[misc]

    def kind_of(self, place: str) -> str:
        """The ONNX operator of a node."""
        return next(
            (step.operation.kind for name, step in zip(self.places, self.steps, strict=True) if name == place), ""
        )

    def _add(self, step: Step, program: Program) -> None:
        operation, roles = step.operation, ROLES.get(step.operation.kind, ())
        for place, name in enumerate(operation.inputs):
            array = program.constants.get(name)
            if array is None:
                continue
            role = roles[place] if place < len(roles) else ""
            weighty = role or (operation.kind in ELEMENTWISE and array.size > 1 and not _is_filler(operation, array))
            if array.dtype.kind == "f" and weighty:
                fixed = role in STATISTICS or (role == "weight" and _was_never_learned(operation, array))
                step.hold(place, self._tensor(name, array, fixed))
            else:
                self.known[name] = array
        name = operation.name
        while name in self._modules or name in ("training", "batch"):
            name += "_"
        self._modules[name] = step  # names of exporters have dots in them, which `add_module` refuses
        self.places.append(name)

    def _tensor(self, name: str, array: Array, fixed: bool) -> torch.Tensor:
        """The tensor of a constant, one for all its readers.

        Vectors of one number belong to each reader: exporters keep equal constants once, and all BN start equal.
        """
        key = (name, "buffer" if fixed else "parameter")
        if key in self.shared:
            return self.shared[key]
        tensor = torch.from_numpy(np.array(array, dtype=np.float32))
        made = tensor if fixed else nn.Parameter(tensor)
        if array.ndim != 1 or np.ptp(array) > 0:
            self.shared[key] = made
        return made

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """x (N, C, H, W), whatever the order of the file's input -> the file's outputs."""
        left = dict(self.reads)
        values: dict[str, Operand] = {"": None, **self.known}
        values[self.program.input] = Value(x, (0, 2, 3, 1)) if self.channels_last else Value.of(x)
        for step in self.steps:
            operation = step.operation
            results = step(
                self, x, *(None if place in step.held else values[name] for place, name in enumerate(operation.inputs))
            )
            for name, result in zip(
                operation.outputs, results if isinstance(results, tuple) else (results,), strict=False
            ):
                if isinstance(result, Value):
                    Call(operation.kind, (), {}, 0, False, None, x).within(tuple(result.tensor.shape))
                values[name] = result
            for name in operation.inputs:  # what nobody reads any more is let go: maps are large
                left[name] -= 1
                if not left[name] and name not in self.known:
                    values.pop(name, None)
        found = tuple(_output(values[name]) for name in self.program.outputs)
        return found[0] if len(found) == 1 else found

    def find_whole_pools(self) -> None:
        """Find the pools whose window is the whole map at the size that the file fixes. Runs on meta tensors."""
        if self.size is None:
            return
        weights = (step._parameters.get("weight") for step in self.steps if step.operation.kind == "Conv")
        channels = next((weight.shape[1] for weight in weights if weight is not None and weight.dim() == 4), 3)
        pools: dict[Step, bool] = {}

        def look(step: Step, given: tuple[Any, ...], result: Any) -> None:
            pools[step] = _is_whole(step, given[2])

        watched = [step for step in self.steps if step.operation.kind == POOL]
        if rehearse(self, watched, (self.batch or 1, channels, *self.size), look):
            for step, whole in pools.items():
                step.whole = whole


def _output(operand: Operand) -> torch.Tensor:
    if not isinstance(operand, Value):
        raise ValueError("the file's output does not depend on its input")
    return operand.plain


def _is_whole(step: Step, x: Any) -> bool:
    kernel, pads = step.operation.attributes.get("kernel_shape"), step.operation.attributes.get("pads", (0,))
    return isinstance(x, Value) and tuple(x.shape[2:]) == tuple(kernel or ()) and not any(pads)


def _is_filler(operation: Operation, array: Array) -> bool:
    """Zeros that are joined to a map widen it (option A), and are nothing that is learned."""
    return operation.kind == "Concat" and not array.any()


def _was_never_learned(operation: Operation, array: Array) -> bool:
    """Option A as a convolution of zeros and ones, or a blur: no training leaves these."""
    groups = int(operation.attributes.get("group", 1))
    if operation.kind != "Conv" or len(operation.inputs) > 2 or array.ndim != 4 or groups < 1:
        return False
    if groups == len(array) > 1 and array.shape[1] == 1 and _is_blur(array):
        return True
    return channels_begin(torch.from_numpy(np.array(array, dtype=np.float32)), groups) is not None


def _is_blur(array: Array) -> bool:
    """One filter for all channels, higher in its middle: neither what a layer is filled with before training."""
    return bool((array == array[0]).all() and (array > 0).all() and np.ptp(array[0]) > 0)


def _is_channels_last(program: Program) -> bool:
    """Is the input (N, H, W, C)? Its declared shape says so; else the Transpose that reads it."""
    weights = [o.inputs[1] for o in program.operations if o.kind == "Conv" and len(o.inputs) > 1]
    first = next((program.constants[name] for name in weights if name in program.constants), None)
    channels = first.shape[1] if first is not None and first.ndim == 4 else 3
    readers = [o for o in program.operations if program.input in o.inputs]
    turned = bool(readers) and all(
        o.kind == "Transpose" and tuple(o.attributes.get("perm", ())) == (0, 3, 1, 2) for o in readers
    )
    if program.input_shape is None:
        return turned
    _, second, _, last = program.input_shape
    if second == last or (second is None and last is None):
        return turned
    return last == channels and second != channels


def _training(program: Program) -> tuple[bool, frozenset[str]]:
    """Do all BNs normalise with the batch's statistics? And those that do so where others use stored ones.

    Before opset 14 a BN in training is told by its further results, the new statistics.
    """
    norms = [o for o in program.operations if o.kind == "BatchNormalization"]
    training = frozenset(
        o.outputs[0]
        for o in norms
        if o.attributes.get("training_mode") or (any(o.outputs[1:]) and not o.attributes.get("is_test"))
    )
    return (True, frozenset()) if norms and len(training) == len(norms) else (False, training)


def _with_mode(operation: Operation, mode: int) -> Operation:
    return replace(operation, attributes={**operation.attributes, "training_mode": mode})
