"""Group norm in ONNX before opset 21, which has none by channel: torch's exporters write it in five operators.

(N, C, H, W) is reshaped to (N, groups, -1), each group normalised by InstanceNormalization without a scale or shift of
its own, reshaped back, and scaled and shifted by channel (Mul, Add).
"""

from __future__ import annotations

import numpy as np

from .onnx_file import Operation
from .onnx_graph import Draft


def join_groups(draft: Draft) -> None:
    """Put one GroupNormalization, with gamma 1 and beta 0, in the place of each; its Mul and Add are left behind it."""
    for instance in draft.of_kind("InstanceNormalization"):
        before, after = draft.maker(instance.inputs[0]), draft.only_reader(instance.outputs[0])
        groups = _groups(draft, instance, before)
        if before is None or after is None or after.kind != "Reshape" or not groups:
            continue
        scale = draft.only_reader(after.outputs[0])
        factors = [draft.constants[name] for name in scale.inputs if name in draft.constants] if scale else []
        if scale is None or scale.kind != "Mul" or len(factors) != 1 or factors[0].shape[1:] != (1, 1):
            continue
        channels = factors[0].shape[0]
        if channels % groups:
            continue
        gamma = draft.constant(f"{instance.name}.weight", np.ones(channels, np.float32))
        beta = draft.constant(f"{instance.name}.bias", np.zeros(channels, np.float32))
        attributes = {"num_groups": groups, "epsilon": instance.attributes.get("epsilon", 1e-5)}
        draft.drop(before)
        inputs = (before.inputs[0], gamma, beta)
        draft.replace(instance, Operation("GroupNormalization", inputs, instance.outputs, attributes, instance.name))
        asked = draft.maker(after.inputs[1])
        if asked is not None and asked.kind == "Shape":  # exporters ask the map for the shape that it takes back
            draft.discard(asked)
        draft.drop(after)


def _groups(draft: Draft, instance: Operation, before: Operation | None) -> int:
    """The number of groups that a Reshape makes for it; 0 where it does not."""
    shape = draft.constants.get(before.inputs[1]) if before is not None and before.kind == "Reshape" else None
    operands = [draft.constants.get(name) for name in instance.inputs[1:]]
    if before is None or shape is None or shape.shape != (3,) or draft.readers(before.outputs[0]) != 1:
        return 0
    groups = int(shape[1])
    plain = all(
        o is not None and o.shape == (groups,) and (o == n).all() for o, n in zip(operands, (1, 0), strict=True)
    )
    by_sample = shape[0] in (0, draft.batch) and shape[2] == -1
    return groups if plain and by_sample else 0
