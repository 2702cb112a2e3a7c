"""Damaged files: bytes flipped, ends cut off, and the structures of ONNX and .pt2 changed at random."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from onnx import ModelProto, TensorProto, helper

from resnet_conformance.capture.onnx_operators import KNOWN

EXTREMES = (0, -1, 1, 2, 3, 7, 2**31 - 1, -(2**31), 2**40, -(2**63), 2**63 - 1, 100_000)
DIMENSIONS = (0, 1, 3, 5, 2**20, 2**40, -1)


def damaged(data: bytes, kind: str, seed: int) -> bytes:
    """The file's bytes with one to four changes, most often one. `kind` is "onnx" or "pt2"; of any other the bytes
    alone are changed.
    """
    chance = random.Random(seed)
    if chance.random() < 0.25 or kind not in ("onnx", "pt2"):
        return _in_bytes(data, chance)
    return _in_onnx(data, chance) if kind == "onnx" else _in_pt2(data, chance)


def _in_bytes(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    what = chance.randrange(4)
    if what == 0:
        return bytes(changed[: chance.randrange(len(changed))])
    if what == 1:
        start = chance.randrange(len(changed))
        del changed[start : start + chance.choice((1, 4, 1000))]
        return bytes(changed)
    # most of a file are weights, and one that is flipped there is only another weight: the structure lies at the ends
    reach = min(len(changed), 20_000) if what == 2 else len(changed)
    for _ in range(chance.choice((1, 3, 50))):
        place = chance.randrange(reach)
        changed[place if chance.random() < 0.5 else -1 - place] = chance.randrange(256)
    return bytes(changed)


# --- ONNX ---


def _in_onnx(data: bytes, chance: random.Random) -> bytes:
    model = ModelProto.FromString(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if model.graph.node:
            chance.choice(ONNX)(model, chance)
    return bytes(model.SerializeToString())


def _node(model: ModelProto, chance: random.Random) -> Any:
    layers = [node for node in model.graph.node if node.op_type not in ("Constant", "Identity")]
    return chance.choice(layers if layers and chance.random() < 0.8 else model.graph.node)


def _bypass(model: ModelProto, chance: random.Random) -> None:
    """Whoever reads a node's result reads its operand."""
    node = _node(model, chance)
    if node.input and node.output:
        old, new = node.output[0], node.input[0]
        for other in model.graph.node:
            for place, name in enumerate(other.input):
                if name == old:
                    other.input[place] = new


def _drop_node(model: ModelProto, chance: random.Random) -> None:
    del model.graph.node[chance.randrange(len(model.graph.node))]


def _drop_attribute(model: ModelProto, chance: random.Random) -> None:
    node = _node(model, chance)
    if node.attribute:
        del node.attribute[chance.randrange(len(node.attribute))]


def _change_attribute(model: ModelProto, chance: random.Random) -> None:
    node = _node(model, chance)
    if not node.attribute:
        return
    attribute = chance.choice(node.attribute)
    if attribute.ints:
        attribute.ints[chance.randrange(len(attribute.ints))] = chance.choice((*EXTREMES, 1, 2, 3))
    else:
        values: tuple[Any, ...] = (chance.choice(EXTREMES), 0.5, float("nan"), [1], "SAME_UPPER", [2**40] * 9)
        value = chance.choice(values)
        made = helper.make_attribute(attribute.name, value)
        attribute.CopyFrom(made)


def _add_attribute(model: ModelProto, chance: random.Random) -> None:
    names = ("axis", "axes", "pads", "strides", "kernel_shape", "perm", "auto_pad", "group", "keepdims", "to", "mode")
    values: tuple[Any, ...] = (
        chance.choice(EXTREMES),
        [chance.choice(EXTREMES)] * chance.randint(1, 5),
        "SAME_LOWER",
        0.1,
    )
    node, name = _node(model, chance), chance.choice(names)
    if name not in {a.name for a in node.attribute}:
        node.attribute.append(helper.make_attribute(name, chance.choice(values)))


def _rewire(model: ModelProto, chance: random.Random) -> None:
    node = _node(model, chance)
    known = [name for other in model.graph.node for name in other.output] + [t.name for t in model.graph.initializer]
    if node.input:
        node.input[chance.randrange(len(node.input))] = chance.choice(
            [*known, "", "nobody", *(i.name for i in model.graph.input)]
        )


def _change_inputs(model: ModelProto, chance: random.Random) -> None:
    node = _node(model, chance)
    if node.input and chance.random() < 0.5:
        del node.input[-1]
    else:
        node.input.append(chance.choice(model.graph.initializer).name if model.graph.initializer else "")


def _change_kind(model: ModelProto, chance: random.Random) -> None:
    _node(model, chance).op_type = chance.choice([*sorted(KNOWN), "Nothing", "If", ""])


def _change_outputs(model: ModelProto, chance: random.Random) -> None:
    node = _node(model, chance)
    other = _node(model, chance)
    chance.choice(
        (
            lambda: node.output.append("more"),
            lambda: node.ClearField("output"),
            lambda: node.output.__setitem__(0, other.output[0]) if node.output and other.output else None,
        )
    )()


def _change_tensor(model: ModelProto, chance: random.Random) -> None:
    if not model.graph.initializer:
        return
    tensor = chance.choice(model.graph.initializer)
    what = chance.randrange(5)
    if what == 0 and tensor.dims:
        tensor.dims[chance.randrange(len(tensor.dims))] = chance.choice(DIMENSIONS)
    elif what == 1:
        tensor.dims.append(chance.choice(DIMENSIONS))
    elif what == 2:
        tensor.data_type = chance.choice([*TensorProto.DataType.values(), 99])
    elif what == 3:
        tensor.raw_data = tensor.raw_data[: chance.randrange(len(tensor.raw_data) + 1)]
    else:
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=chance.choice(("../x", "net.onnx", "/dev/zero", "")))


def _change_shape(model: ModelProto, chance: random.Random) -> None:
    if not model.graph.input:
        return
    shape = model.graph.input[0].type.tensor_type.shape
    if shape.dim and chance.random() < 0.8:
        shape.dim[chance.randrange(len(shape.dim))].dim_value = chance.choice((*EXTREMES, 16, 32, 33))
    else:
        del shape.dim[chance.randrange(len(shape.dim) or 1) :]


def _change_rest(model: ModelProto, chance: random.Random) -> None:
    chance.choice(
        (
            lambda: model.opset_import[0].__setattr__("version", chance.choice((0, 1, 6, 9, 12, 30))),
            lambda: model.graph.ClearField("output"),
            lambda: model.graph.ClearField("input"),
            lambda: model.graph.ClearField("initializer"),
            lambda: model.graph.node.append(_node(model, chance)),
            lambda: model.graph.node.insert(0, _node(model, chance)),
            model.graph.node.reverse,
        )
    )()


ONNX: tuple[Callable[[ModelProto, random.Random], None], ...] = (
    _drop_node,
    _bypass,
    _bypass,
    _drop_attribute,
    _drop_attribute,
    _change_attribute,
    _change_attribute,
    _add_attribute,
    _rewire,
    _rewire,
    _change_inputs,
    _change_kind,
    _change_outputs,
    _change_tensor,
    _change_tensor,
    _change_shape,
    _change_rest,
)

# --- .pt2 ---


def _in_pt2(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        names = [name for name in parts if name.endswith(".json")]
        if chance.random() < 0.8 and names:
            name = chance.choice([n for n in names for _ in range(4 if "model.json" in n else 1)])
            with suppress(ValueError):  # cut off by an earlier change
                tree = json.loads(parts[name])
                _in_tree(tree, chance)
                parts[name] = json.dumps(tree).encode()
        else:
            name = chance.choice(list(parts))
            if chance.random() < 0.5:
                parts[name] = parts[name][: chance.randrange(len(parts[name]) + 1)]
            else:
                del parts[name]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return packed.getvalue()


def _in_tree(tree: Any, chance: random.Random) -> None:
    """One place of nested dicts and lists, deep in it, is removed, doubled or replaced."""
    place = tree
    with suppress(TypeError, KeyError):
        place = tree["graph_module"]["graph"]["nodes"] if chance.random() < 0.7 else tree
    while isinstance(place, (dict, list)):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = place[key]
        if isinstance(inner, (dict, list)) and inner and chance.random() < 0.85:
            place = inner
            continue
        _replace(place, key, chance)
        return


def _replace(place: Any, key: Any, chance: random.Random) -> None:
    inner, what = place[key], chance.randrange(4)
    if what == 0:
        del place[key]
    elif what == 1 and isinstance(place, list):
        place.append(inner)
    elif isinstance(inner, str):
        targets = ("torch.ops.aten.relu.default", "torch.ops.aten.mul.Tensor", "torch.ops.aten.expand.default", "x", "")
        place[key] = chance.choice(targets)
    else:
        place[key] = chance.choice((*EXTREMES, None, "text", [], {}, 0.5, True, [10**6] * 4))
