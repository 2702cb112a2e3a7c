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
from .onnx_known import compute
from .problems import TargetError

EPS = 1e-5
IDENTITY = (0, 1, 2, 3)


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
    _merge_scales(draft)
    _merge_biases(draft)
    folding = _restore(draft)
    _restore_zero_biases(draft)
    return draft.program(), folding


def _computed(program: Program, name: str) -> Program:
    """Operations on constants replaced by what they give; an Identity of a constant is a constant of its own."""
    constants, left, total = dict(program.constants), [], 0
    for operation in program.operations:
        if all(name in constants for name in operation.inputs if name):
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


def _follower(
    draft: Draft, operation: Operation, kind: str, order: tuple[int, ...] = IDENTITY
) -> tuple[Operation, Array | None, tuple[int, ...]] | None:
    """The operation of this kind that alone reads the result, through Transposes; its constant, by channel; the order
    in which the map then lies.
    """
    channels, value = _channels(draft, operation), operation.outputs[0]
    while True:
        reader = draft.only_reader(value)
        if reader is None:
            return None
        if reader.kind != "Transpose" or len(reader.attributes.get("perm", ())) != 4:
            break
        order = tuple(order[axis] for axis in reader.attributes["perm"] if 0 <= axis < 4)
        value = reader.outputs[0]
    if reader.kind != kind or len(order) != 4:
        return None
    if kind == "BatchNormalization":
        return (reader, None, order) if reader.inputs[0] == value else None
    others = [draft.constants.get(name) for name in reader.inputs if name != value]
    if len(others) != 1 or others[0] is None or others[0].ndim > 4:
        return None
    array = others[0].reshape((1,) * (4 - others[0].ndim) + others[0].shape)
    wanted = tuple(channels if order[axis] == 1 else 1 for axis in range(4))
    return (reader, array.reshape(-1), order) if array.shape == wanted and channels > 0 else None


def _affine(draft: Draft, operation: Operation) -> tuple[Operation, Operation, Array, Array] | None:
    """Mul and Add by channel right behind the operation."""
    first = _follower(draft, operation, "Mul")
    if first is None or first[1] is None:
        return None
    scaled = replace(first[0], inputs=operation.inputs)  # as many channels
    second = _follower(draft, scaled, "Add", first[2])
    return None if second is None or second[1] is None else (first[0], second[0], first[1], second[1])


def _merge_scales(draft: Draft) -> None:
    """Caffe's BatchNorm has neither gamma nor beta: a Scale layer behind it has, which converters write as Mul, Add."""
    for operation in draft.of_kind("BatchNormalization"):
        gamma, beta = (draft.constants.get(name) for name in operation.inputs[1:3])
        if gamma is None or beta is None or np.any(gamma != 1) or np.any(beta != 0):
            continue
        if (found := _affine(draft, operation)) is not None:
            mul, add, scale, shift = found
            names = draft.constant(f"{operation.name}.weight", scale), draft.constant(f"{operation.name}.bias", shift)
            draft.replace(operation, replace(operation, inputs=(operation.inputs[0], *names, *operation.inputs[3:])))
            draft.drop(mul)
            draft.drop(add)


def _merge_biases(draft: Draft) -> None:
    """A bias that is added behind its convolution (TensorFlow's BiasAdd) is the convolution's."""
    for operation in draft.of_kind("Conv"):
        if len(operation.inputs) > 2 and operation.inputs[2]:
            continue
        found = _follower(draft, operation, "Add")
        if found is not None and found[1] is not None:
            name = draft.constant(f"{operation.name}.bias", found[1])
            draft.replace(operation, replace(operation, inputs=(*operation.inputs[:2], name)))
            draft.drop(found[0])


def _restore(draft: Draft) -> Folding:
    """BN behind each convolution that an exporter folded its BN into."""
    convolutions = draft.of_kind("Conv")
    recorded = any(operation.record.get(CLASSES) for operation in convolutions)
    # an exporter folds all or none: where a BN still follows its convolution, no other was folded
    kept = any(_follower(draft, operation, "BatchNormalization") for operation in convolutions)
    places = []
    for operation in convolutions:
        bias = operation.inputs[2] if len(operation.inputs) > 2 else ""
        scale = shift = None
        if _follower(draft, operation, "BatchNormalization") or not _channels(draft, operation):
            continue
        if recorded and not _is_recorded(operation.record):
            continue
        if not recorded:
            if kept or draft.readers(operation.outputs[0]) == 0:
                continue
            if not bias:
                found = _affine(draft, operation)
                if found is None:
                    continue
                mul, add, scale, shift = found
                draft.drop(mul)
                draft.drop(add)
            elif bias not in draft.constants:
                continue
        places.append(operation.name)
        _put_back(draft, operation, draft.constants.get(bias) if bias else shift, scale)
    return Folding(tuple(places), recorded and bool(places))


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
    """torch's exporter drops a fully connected layer's bias where it is 0, as it starts, and notes that."""
    for operation in draft.of_kind("Gemm"):
        weight = draft.constants.get(operation.inputs[1]) if len(operation.inputs) == 2 else None
        if weight is not None and weight.ndim == 2 and "RemoveOptionalBiasFromGemm" in operation.record.get(RULES, ""):
            outputs = weight.shape[0 if operation.attributes.get("transB") else 1]
            name = draft.constant(f"{operation.name}.bias", np.zeros(outputs, np.float32))
            draft.replace(operation, replace(operation, inputs=(*operation.inputs, name)))
