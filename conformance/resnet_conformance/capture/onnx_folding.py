"""What exporters fold is unfolded: constants are computed, and BN stands again behind the convolutions that took it in.

In eval mode BN is an affine map per channel, gamma (x - mean) / sqrt(var + eps) + beta, and exporters multiply it into
the convolution before it. What is left is a convolution with a bias: its BN is put back with gamma 1, beta the bias,
mean 0 and a var such that it divides by 1. Which numbers it had nobody can say any more, and a convolution that had a
bias and no BN looks the same: so a report says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .onnx_file import CLASSES, LARGEST, RULES, Array, Operation, Program
from .onnx_graph import Draft
from .onnx_groups import join_groups
from .onnx_known import compute
from .problems import TargetError

EPS = 1e-5
IDENTITY = (0, 1, 2, 3)
POOLED = frozenset({"GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "AveragePool"})
PASSING = frozenset({"Relu", "Dropout", "Reshape", "Unsqueeze", "Transpose", "Flatten"})
NORMS = frozenset({"BatchNormalization", "GroupNormalization", "InstanceNormalization"})
LEAVING = frozenset({"Reshape", "Squeeze", "Flatten", "Transpose", "Identity", "Softmax", "LogSoftmax"})


@dataclass(frozen=True, slots=True)
class Folding:
    """Places of convolutions whose BN was put back; whether the exporter's own record says so of all of them."""

    places: tuple[str, ...] = ()
    recorded: bool = False


def unfold(program: Program, name: str) -> tuple[Program, Folding]:
    """The program with computed constants, biases in their convolutions, and BN where it was folded. `name` is the
    file's. Raises TargetError.
    """
    draft = Draft(_computed(program, name))
    join_groups(draft)
    _merge_scales(draft)
    _merge_biases(draft)
    folding = _restore(draft)
    _restore_zero_biases(draft)
    return draft.program(), folding


def _computed(program: Program, name: str) -> Program:
    """Operations on constants replaced by what they give; an Identity of a constant is a constant of its own."""
    constants, left, total = dict(program.constants), [], 0
    read = {name for operation in program.operations for name in operation.inputs} | {*program.outputs}
    for operation in program.operations:
        if all(name in constants for name in operation.inputs if name) and not read & {*operation.outputs[1:]}:
            try:
                found = compute(operation, program.opset, [constants.get(n) for n in operation.inputs])
            except Exception as error:
                raise TargetError(f"{name}: {operation.kind} {operation.name!r} cannot be computed: {error}") from error
            total += 0 if found is None else found.size
            if total > LARGEST:
                raise TargetError(f"{name}: its constants fill the memory")
            if found is not None:
                constants[operation.outputs[0]] = found
                continue
        left.append(operation)
    return program.with_operations(left, constants)


def _channels(draft: Draft, operation: Operation) -> int:
    weight = draft.constants.get(operation.inputs[1]) if len(operation.inputs) > 1 else None
    return weight.shape[0] if weight is not None and weight.ndim else 0


Order = tuple[int, ...]


def _reader(draft: Draft, value: str, order: Order) -> tuple[Operation, str, Order] | None:
    """The operation that alone reads a map, through Transposes; the name under which; the order of the map's axes."""
    while (reader := draft.only_reader(value)) is not None:
        if reader.kind != "Transpose":
            return reader, value, order
        turn = tuple(reader.attributes.get("perm", ()))
        if sorted(turn) != list(IDENTITY):
            return None
        value, order = reader.outputs[0], tuple(order[axis] for axis in turn)
    return None


def _has_norm(draft: Draft, operation: Operation) -> bool:
    """Does a norm follow?"""
    found = _reader(draft, operation.outputs[0], IDENTITY)
    if found is not None and found[0].kind == "Reshape":  # to groups of channels
        found = _reader(draft, found[0].outputs[0], IDENTITY)
    return found is not None and found[0].kind in NORMS and found[0].inputs[0] == found[1]


def _is_classifier(draft: Draft, operation: Operation) -> bool:
    """Is it a 1x1 convolution on pooled features? That is a fully connected layer, whose bias is its own."""
    weight = draft.constants.get(operation.inputs[1])
    before = draft.maker(operation.inputs[0])
    while before is not None and before.kind in PASSING:
        before = draft.maker(before.inputs[0]) if before.inputs else None
    pooled = before is not None and before.kind in POOLED
    return pooled and weight is not None and weight.shape[2:] == (1, 1) and _leads_out(draft, operation)


def _leads_out(draft: Draft, operation: Operation) -> bool:
    """Is what it gives the network's result? A projection behind a pool (as in ResNet-D) is added to something."""
    value = operation.outputs[0]
    while not draft.is_result(value):
        reader = draft.only_reader(value)
        if reader is None or reader.kind not in LEAVING:
            return False
        value = reader.outputs[0]
    return True


@dataclass(frozen=True, slots=True)
class _Affine:
    """Arithmetic with constants by channel right behind an operation: y = scale x + shift."""

    operations: tuple[Operation, ...]
    scale: Array
    shift: Array

    @property
    def kinds(self) -> list[str]:
        return [operation.kind for operation in self.operations]


def _affine(draft: Draft, operation: Operation) -> _Affine:
    """As far as it goes: Add, Sub, Mul, Div one after the other."""
    channels, value = _channels(draft, operation), operation.outputs[0]
    order: Order = IDENTITY
    scale, shift = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    chain: list[Operation] = []
    while (found := _reader(draft, value, order)) is not None:
        reader, name, order = found
        if reader.kind not in ("Add", "Sub", "Mul", "Div") or len(reader.inputs) != 2:
            break
        other = draft.constants.get(reader.inputs[1 if reader.inputs[0] == name else 0])
        swapped = reader.inputs[0] != name
        if other is None or other.ndim > 4 or other.dtype.kind != "f" or (swapped and reader.kind in ("Sub", "Div")):
            break
        by_channel = other.reshape((1,) * (4 - other.ndim) + other.shape)
        if channels == 0 or by_channel.shape != tuple(channels if axis == 1 else 1 for axis in order):
            break
        number = by_channel.reshape(-1)
        if reader.kind in ("Mul", "Div"):
            with np.errstate(all="ignore"):
                factor = number if reader.kind == "Mul" else (1 / number).astype(np.float32)
            scale, shift = scale * factor, shift * factor
        else:
            shift = shift + (number if reader.kind == "Add" else -number)
        chain.append(reader)
        value = reader.outputs[0]
    return _Affine(tuple(chain), scale, shift)


def _merge_scales(draft: Draft) -> None:
    """Caffe's BatchNorm has neither gamma nor beta: a Scale layer behind it has, which converters write as Mul, Add."""
    for operation in draft.of_kind("BatchNormalization"):
        gamma, beta = (draft.constants.get(name) for name in (*operation.inputs[1:3], "", "")[:2])
        if gamma is None or beta is None or np.any(gamma != 1) or np.any(beta != 0):
            continue
        found = _affine(draft, operation)
        if found.kinds == ["Mul", "Add"]:
            names = (
                draft.constant(f"{operation.name}.weight", found.scale),
                draft.constant(f"{operation.name}.bias", found.shift),
            )
            draft.replace(operation, replace(operation, inputs=(operation.inputs[0], *names, *operation.inputs[3:])))
            for part in found.operations:
                draft.drop(part)


def _merge_biases(draft: Draft) -> None:
    """A bias that is added behind its convolution (TensorFlow's BiasAdd) is the convolution's."""
    for operation in draft.of_kind("Conv"):
        if len(operation.inputs) > 2 and operation.inputs[2]:
            continue
        found = _affine(draft, operation)
        if found.kinds == ["Add"]:
            name = draft.constant(f"{operation.name}.bias", found.shift)
            draft.replace(operation, replace(operation, inputs=(*operation.inputs[:2], name)))
            draft.drop(found.operations[0])


def _restore(draft: Draft) -> Folding:
    """BN behind each convolution that an exporter folded its BN into, or behind which it wrote BN's arithmetic."""
    convolutions = draft.of_kind("Conv")
    recorded = any(operation.record.get(CLASSES) for operation in convolutions)
    # an exporter folds all or none: where a BN still follows its convolution, no other was folded
    kept = any(_has_norm(draft, operation) for operation in convolutions)
    places, told = [], []
    for operation in convolutions:
        bias = operation.inputs[2] if len(operation.inputs) > 2 else ""
        if _has_norm(draft, operation) or not _channels(draft, operation) or _is_classifier(draft, operation):
            continue
        written = _affine(draft, operation)
        if _is_recorded(operation.record):
            told.append(operation.name)
            _put_back(draft, operation, draft.constants.get(bias) if bias else None, None)
        elif not kept and {"Mul", "Div"} & set(written.kinds) and {"Add", "Sub"} & set(written.kinds) and not bias:
            for part in written.operations:
                draft.drop(part)
            _put_back(draft, operation, written.shift, written.scale)
        elif not kept and not recorded and bias in draft.constants and not written.operations:
            _put_back(draft, operation, draft.constants[bias], None)
        else:
            continue
        places.append(operation.name)
    return Folding(tuple(places), bool(places) and len(told) == len(places))


def _is_recorded(record: Mapping[str, str]) -> bool:
    """torch's exporter notes its rewrites at each node, and from which layer of PyTorch the node came."""
    return "FuseBatchNorm" in record.get(RULES, "") or "batch_norm" in record.get(CLASSES, "").rpartition(",")[2]


def _put_back(draft: Draft, operation: Operation, bias: Array | None, scale: Array | None) -> None:
    channels = _channels(draft, operation)
    name, inner = f"{operation.name}.folded_bn", f"{operation.outputs[0]}:convolution"
    values: tuple[Array, ...] = (
        np.ones(channels, np.float32) if scale is None else scale.astype(np.float32),
        np.zeros(channels, np.float32) if bias is None else bias.astype(np.float32),
        np.zeros(channels, np.float32),
        np.full(channels, 1 - EPS, np.float32),
    )
    roles = ("weight", "bias", "running_mean", "running_var")
    names = tuple(draft.constant(f"{name}.{role}", v) for role, v in zip(roles, values, strict=True))
    norm = Operation("BatchNormalization", (inner, *names), operation.outputs, {"epsilon": EPS}, name)
    draft.replace(operation, replace(operation, inputs=operation.inputs[:2], outputs=(inner,)), norm)


def _restore_zero_biases(draft: Draft) -> None:
    """torch's exporter drops a fully connected layer's bias where it is 0, as it starts, and notes that.

    The layer may be written as a 1x1 convolution.
    """
    for operation in draft.of_kind("Conv"):
        bare = len(operation.inputs) == 2 and "RemoveOptionalBiasFromConv" in operation.record.get(RULES, "")
        if bare and _is_classifier(draft, operation):
            name = draft.constant(f"{operation.name}.bias", np.zeros(_channels(draft, operation), np.float32))
            draft.replace(operation, replace(operation, inputs=(*operation.inputs, name)))
    for operation in draft.of_kind("Gemm"):
        weight = draft.constants.get(operation.inputs[1]) if len(operation.inputs) == 2 else None
        if weight is not None and weight.ndim == 2 and "RemoveOptionalBiasFromGemm" in operation.record.get(RULES, ""):
            outputs = weight.shape[0 if operation.attributes.get("transB") else 1]
            name = draft.constant(f"{operation.name}.bias", np.zeros(outputs, np.float32))
            draft.replace(operation, replace(operation, inputs=(*operation.inputs, name)))
