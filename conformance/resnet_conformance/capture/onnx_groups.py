"""Group norm in ONNX before opset 21, which has none by channel: torch's exporters write it in several operators.

(N, C, H, W) is reshaped to (N, groups, -1), each group normalised by InstanceNormalization without a scale or shift of
its own, reshaped back, and scaled and shifted by channel (Mul, Add); without scale and shift by 1 and 0, or by nothing.
"""

from __future__ import annotations

from typing import Any

from .onnx_file import Array, Operation
from .onnx_graph import Draft


def join_groups(draft: Draft) -> None:
    """Put one GroupNormalization in the place of each. What cannot be told from the file to be one stays as it is."""
    for instance in draft.of_kind("InstanceNormalization"):
        before, after = draft.maker(instance.inputs[0]), draft.only_reader(instance.outputs[0])
        if before is None or after is None or after.kind != "Reshape" or len(after.inputs) < 2:
            continue
        groups, back = _groups(draft, instance, before), _back(draft, before, after)
        scale = _reader(draft, after.outputs[0], "Mul")
        factor = _by_channel(draft, scale)
        channels = _channels(draft, before, factor)
        if after.inputs[0] != instance.outputs[0] or back is None or not groups or not channels or channels % groups:
            continue
        shift = _reader(draft, scale.outputs[0], "Add") if scale is not None else None
        term = _by_channel(draft, shift)
        inputs = [before.inputs[0]]
        if factor is not None and term is not None and factor.shape == term.shape == (channels,):
            inputs.append(draft.constant(f"{instance.name}.weight", factor))
            inputs.append(draft.constant(f"{instance.name}.bias", term))
            written = [scale, shift]
        elif factor is not None and term is not None and (factor == 1).all() and not term.any():
            written = [scale, shift]  # 1 and 0 for all channels
        else:
            written = []
        draft.drop(before)
        attributes = {"num_groups": groups, "epsilon": instance.attributes.get("epsilon", 1e-5), **back}
        named = Operation("GroupNormalization", tuple(inputs), instance.outputs, attributes, instance.name)
        draft.replace(instance, named)
        for part in (after, *written):
            if part is not None:
                draft.drop(part)


def _groups(draft: Draft, instance: Operation, before: Operation) -> int:
    """The number of groups that a Reshape makes for it; 0 where it does not."""
    shape = draft.constants.get(before.inputs[1]) if before.kind == "Reshape" and len(before.inputs) > 1 else None
    operands = [draft.constants.get(name) for name in instance.inputs[1:]]
    if shape is None or shape.shape != (3,) or draft.readers(before.outputs[0]) != 1 or before.attributes.get("shape"):
        return 0
    groups = int(shape[1])
    both = zip(operands, (1, 0), strict=True)
    plain = all(o is not None and o.shape == (groups,) and (o == number).all() for o, number in both)
    return groups if plain and groups > 0 and shape[0] in (0, draft.declared[0]) else 0


def _back(draft: Draft, before: Operation, after: Operation) -> dict[str, Any] | None:
    """What is to be seen to when it runs, where the groups become the map that they were; None where they may not.

    The file asks the map for its shape, or has it in numbers, at the size that it declares.
    """
    asked, shape = draft.maker(after.inputs[1]), draft.constants.get(after.inputs[1])
    if asked is not None and asked.kind == "Shape":
        return {} if asked.inputs[0] == before.inputs[0] else None
    declared = draft.declared
    if shape is None or shape.shape != (4,) or None in declared[2:] or shape[0] not in (0, declared[0]):
        return None
    return {"back": tuple(int(n) for n in shape[2:]), "at": declared[2:]} if (shape[1:] > 0).all() else None


def _channels(draft: Draft, before: Operation, factor: Array | None) -> int:
    """How many channels the map has; 0 where nothing says it, or not everything the same."""
    maker = draft.maker(before.inputs[0])
    weight = draft.constants.get(maker.inputs[1]) if maker is not None and maker.kind == "Conv" else None
    found = {len(weight)} if weight is not None and weight.ndim else set()
    if factor is not None and factor.size > 1:
        found.add(factor.size)
    return found.pop() if len(found) == 1 else 0


def _reader(draft: Draft, value: str, kind: str) -> Operation | None:
    reader = draft.only_reader(value)
    return reader if reader is not None and reader.kind == kind and len(reader.inputs) == 2 else None


def _by_channel(draft: Draft, operation: Operation | None) -> Array | None:
    """The one constant of an operation, where it has a number by channel or one for all."""
    given = [draft.constants[name] for name in operation.inputs if name in draft.constants] if operation else []
    if len(given) != 1 or given[0].ndim not in (3, 4) or given[0].dtype.kind != "f":
        return None
    return given[0].reshape(-1) if given[0].shape[-3] == given[0].size else None
