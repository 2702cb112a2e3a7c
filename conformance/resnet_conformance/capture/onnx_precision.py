"""Half precision in an ONNX file: how it keeps the network, or what the network does to its values?

Converters to half precision, and autocast, put casts around layers that then compute in it: another way to store and
run the same network, which is judged in the precision of the run. Where no layer computes in half precision, a cast to
it is the network's own, and rounds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .onnx_file import Operation

FLOAT, HALVES = 1, (10, 16)  # onnx.TensorProto.FLOAT; FLOAT16, BFLOAT16
LAYERS = frozenset({"Conv", "Gemm", "MatMul", "BatchNormalization"})
NUMBERLESS = frozenset({"Shape", "Size"})  # of values, but of none of their numbers


def computes_in_half(graph: Any) -> bool:
    """Does a layer of the graph (an onnx.GraphProto) read values of half precision?"""
    low = {tensor.name for tensor in graph.initializer if tensor.data_type in HALVES}
    low |= {value.name for value in graph.input if value.type.tensor_type.elem_type in HALVES}
    for node in graph.node:
        if node.op_type in LAYERS and not low.isdisjoint(node.input):
            return True
        if _is_low(node, low):
            low.update(filter(None, node.output))
    return False


def _is_low(node: Any, low: set[str]) -> bool:
    attributes = {attribute.name: attribute for attribute in node.attribute}
    if node.op_type == "Cast":
        return "to" in attributes and attributes["to"].i in HALVES
    if node.op_type == "CastLike":
        return len(node.input) > 1 and node.input[1] in low
    if node.op_type == "Constant":
        return "value" in attributes and attributes["value"].t.data_type in HALVES
    return node.op_type not in NUMBERLESS and not low.isdisjoint(node.input)


def without_halves(operation: Operation) -> Operation:
    """The operation as one of single precision."""
    if operation.kind != "Cast" or operation.attributes.get("to") not in HALVES:
        return operation
    return replace(operation, attributes={**operation.attributes, "to": FLOAT})
