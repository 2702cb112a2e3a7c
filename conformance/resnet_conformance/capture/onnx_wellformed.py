"""Is a node of an ONNX file what its operator's schema admits? And what is wrong with a file that could not be read.

Who reads the nodes later may rely on it: no operand that the operator demands is missing, no attribute is of another
type than its operator's.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .problems import TargetError, last_line

NODE = re.compile(r"Name: ?(?P<name>.*?) OpType: ?(?P<kind>\w+)")
INFERRED = re.compile(r"op_type: ?(?P<kind>\w+), node name: ?(?P<name>.*?)\)")


def refuse_malformed(node: Any, opset: int, file: str) -> None:
    """Raises TargetError, with file and node, where a node lacks an operand or has an attribute of another type.

    Operators and attributes that the schemas do not know are left to who reads them: converters write some of their
    own, and declare an older opset than the one whose operators they use.
    """
    from onnx import AttributeProto, defs

    where = f"{file}: node {node_name(node)} ({node.op_type})"
    if any(isinstance(word, bytes) for word in (node.name, *node.input, *node.output)):
        raise TargetError(f"{where} has a name that is no UTF-8 text")
    try:
        schema: Any = defs.get_schema(node.op_type, opset, "")
    except defs.SchemaError:
        return
    for place in range(schema.min_input):
        if place >= len(node.input) or not node.input[place]:
            role = schema.inputs[min(place, len(schema.inputs) - 1)].name
            raise TargetError(f"{where} lacks its operand {role} (number {place + 1} of {schema.min_input})")
    if len(node.input) > schema.max_input:
        raise TargetError(f"{where} has {len(node.input)} operands, and its operator takes {schema.max_input}")
    for attribute in node.attribute:
        known = schema.attributes.get(attribute.name)
        wanted = int(known.type.value) if known else attribute.type
        # a whole number for a fraction is a frequent slip, and says what is meant
        slip = wanted == AttributeProto.FLOAT and attribute.type == AttributeProto.INT
        if wanted != attribute.type and not slip:
            found, said = (AttributeProto.AttributeType.Name(kind) for kind in (attribute.type, wanted))
            raise TargetError(
                f"{where} has the attribute {attribute.name} of the type {found}, and it is one of {said}"
            )


def node_name(node: Any) -> str:
    """How messages call a node: its name in quotes, or that of its result."""
    return repr(node.name or next(filter(None, node.output), "without a name"))


def fault_of(path: Path) -> str:
    """What ONNX's own checker says against a file, as a message that names the node; "" where it says nothing."""
    import onnx

    try:
        model = onnx.load(str(path), load_external_data=False)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        for value in model.graph.output:  # converters leave its shape out, and nothing here asks for it
            value.type.tensor_type.shape.SetInParent()
        onnx.checker.check_model(model)
    except Exception as error:  # noqa: BLE001 - the checker's exceptions have no type in common
        found = NODE.search(str(error)) or INFERRED.search(str(error))
        node = f"node {found['name']!r} ({found['kind']}): " if found else ""
        return f"{path} cannot be read as a network: {node}{last_line(error)}"
    return ""
