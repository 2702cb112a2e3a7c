"""An .onnx file as plain data: its nodes, its constants as NumPy arrays, its one input. Nothing in it is run.

The format: https://github.com/onnx/onnx/blob/main/docs/IR.md. What we cannot judge (foreign operators, control flow,
several inputs) is refused here, before any tensor is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from .external_data import read_external
from .onnx_operators import KNOWN
from .onnx_precision import computes_in_half, without_halves
from .onnx_wellformed import refuse_malformed
from .problems import TargetError, last_line

STANDARD = ("", "ai.onnx")  # the two names of ONNX's own operators
LARGEST = 2**28  # numbers in a tensor: 1 GiB of float32, twenty times the largest layer of a ResNet
RANKS = 8
CONTROL = ("If", "Loop", "Scan", "SequenceMap")
Array = np.ndarray[Any, Any]
RULES, CLASSES, SCOPES = (
    "pkg.onnxscript.rewriter.rule_name",
    "pkg.torch.onnx.class_hierarchy",
    "pkg.torch.onnx.name_scopes",
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One node: its operator, the names that it reads ("" for an input left out) and makes, its attributes.

    `record` is what the exporter wrote down about the node: by which rewrites it came about.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    name: str
    record: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """A file's graph. `input_shape` has None where an axis is dynamic, and is None where nothing is declared."""

    operations: tuple[Operation, ...]
    constants: Mapping[str, Array]
    input: str
    input_shape: tuple[int | None, ...] | None
    outputs: tuple[str, ...]
    opset: int

    def with_operations(self, operations: list[Operation], constants: Mapping[str, Array] | None = None) -> Program:
        """The same file after a rewrite."""
        return replace(self, operations=tuple(operations), constants=self.constants if constants is None else constants)


def read_onnx(path: Path) -> Program:
    """The program of a file. Raises TargetError, which names the file and what is wrong with it."""
    try:
        import onnx
    except ImportError:
        raise TargetError(
            f"{path} is an ONNX file, and reading it takes the package onnx: pip install onnx (or: uv pip install onnx)"
        ) from None
    try:
        model = onnx.load(str(path), format="protobuf", load_external_data=False)
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:
        raise TargetError(f"{path} is no ONNX file, or is damaged: {last_line(error)}") from error
    try:
        return _Reader(path, model).program()
    except TargetError:
        raise
    except Exception as error:
        raise TargetError(f"{path} is no ONNX file that can be read: {last_line(error)}") from error


class _Reader:
    """One file on its way to a Program."""

    def __init__(self, path: Path, model: Any) -> None:
        self.path, self.model, self.graph = path, model, model.graph
        self.opset = max((o.version for o in model.opset_import if o.domain in STANDARD), default=0)

    def program(self) -> Program:
        if not self.graph.node:
            raise TargetError(f"{self.path} holds no network: no ONNX graph with operators is in it")
        if self.graph.sparse_initializer:
            raise TargetError(f"{self.path} keeps weights as sparse tensors, which are not read here")
        self._demand_no_functions()
        for node in self.graph.node:
            self._demand_known(node)
        constants = {tensor.name: self.array(tensor) for tensor in self.graph.initializer}
        operations = [self._operation(node, number) for number, node in enumerate(self.graph.node)]
        if computes_in_half(self.graph):
            operations = [without_halves(operation) for operation in operations]
        given = [value for value in self.graph.input if value.name not in constants]
        if len(given) != 1:
            names = ", ".join(value.name for value in given) or "none"
            raise TargetError(
                f"{self.path} takes {len(given)} inputs ({names}): networks of one image input are judged here"
            )
        outputs = tuple(value.name for value in self.graph.output)
        self._demand_order(operations, {*constants, given[0].name}, outputs)
        shape = self._declared(given[0])
        return Program(tuple(operations), constants, given[0].name, shape, outputs, self.opset)

    def _demand_no_functions(self) -> None:
        """A file may define operators, ONNX's own among them, as graphs of others: they then mean something else."""
        used = {(node.domain, node.op_type) for node in self.graph.node}
        for function in self.model.functions:
            own = function.domain in STANDARD
            if own or (function.domain, function.name) in used:
                what = "gives ONNX's own operator another meaning" if own else "is used by its graph"
                raise TargetError(
                    f"{self.path}: the function {function.name} of its own (domain {function.domain!r}) {what}: replace"
                    " functions by their operators first, with onnx.inliner.inline_local_functions"
                )

    def _demand_known(self, node: Any) -> None:
        where = f"the operator {node.op_type} of node {node.name or ', '.join(node.output)!r} (opset {self.opset})"
        if node.domain not in STANDARD:
            raise TargetError(
                f"{self.path}: {where} is of the domain {node.domain!r} and not of ONNX: export the network with"
                " ONNX's own operators"
            )
        if node.op_type in CONTROL:
            raise TargetError(f"{self.path}: {where} is control flow, and a network without it is judged")
        if node.op_type not in KNOWN:
            raise TargetError(f"{self.path}: {where} is not known here")

    def _operation(self, node: Any, number: int) -> Operation:
        from onnx import AttributeProto, helper

        refuse_malformed(node, self.opset, str(self.path))
        attributes: dict[str, Any] = {}
        for a in node.attribute:
            if a.type == AttributeProto.TENSOR:
                attributes[a.name] = self.array(a.t)
            elif a.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS) or a.ref_attr_name:
                raise TargetError(f"{self.path}: node {node.name!r} holds a graph of its own ({node.op_type})")
            else:
                value = helper.get_attribute_value(a)
                if value is None:  # of no type: nobody can say what it is
                    continue
                value = tuple(value) if isinstance(value, (list, tuple)) or hasattr(value, "append") else value
                attributes[a.name] = value.decode(errors="replace") if isinstance(value, bytes) else value
        notes = [entry for entry in node.metadata_props if entry.key in (RULES, CLASSES, SCOPES)]
        # what is no UTF-8 text comes as bytes: a record that nobody can read
        record = {entry.key: entry.value for entry in notes if isinstance(entry.value, str)}
        name = _place(record) or node.name.strip("/") or next(iter(filter(None, node.output)), f"node{number}")
        return Operation(node.op_type, tuple(node.input), tuple(node.output), attributes, name, record)

    def array(self, tensor: Any) -> Array:
        """A tensor's values; floats in single precision, whatever the file keeps them in. Raises TargetError."""
        from onnx import TensorProto, helper, numpy_helper

        dims, name = tuple(tensor.dims), tensor.name or "a constant"
        if any(n < 0 for n in dims) or len(dims) > RANKS or prod(dims) > LARGEST:
            raise TargetError(f"{self.path}: {name} has the impossible shape {dims}")
        if tensor.data_type == TensorProto.STRING or tensor.data_type not in TensorProto.DataType.values():
            raise TargetError(f"{self.path}: {name} holds no numbers")
        try:
            if tensor.data_location == TensorProto.EXTERNAL:
                width = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
                entries = {entry.key: entry.value for entry in tensor.external_data}
                data = read_external(self.path, name, entries, prod(dims) * width)
                own = TensorProto(data_type=tensor.data_type, dims=dims, raw_data=data)
            else:
                own = tensor
            value = np.asarray(numpy_helper.to_array(own))
        except TargetError:
            raise
        except Exception as error:
            raise TargetError(f"{self.path}: {name}, of shape {dims}, cannot be read: {last_line(error)}") from error
        if value.shape != dims:
            raise TargetError(f"{self.path}: {name} of shape {dims} holds {value.size} numbers")
        is_float = value.dtype.kind == "f" or value.dtype.name.startswith(("bfloat", "float"))
        return value.astype(np.float32) if is_float else np.array(value)

    def _demand_order(self, operations: list[Operation], known: set[str], outputs: tuple[str, ...]) -> None:
        """Each value is made before it is read, and once: so there is no cycle."""
        for operation in operations:
            if not operation.outputs or not operation.outputs[0]:
                raise TargetError(f"{self.path}: {operation.kind} {operation.name!r} makes nothing")
            for name in filter(None, operation.inputs):
                if name not in known:
                    raise TargetError(
                        f"{self.path}: {operation.kind} {operation.name!r} reads {name!r}, and nothing before it"
                        " makes that"
                    )
            for name in filter(None, operation.outputs):
                if name in known:
                    raise TargetError(f"{self.path}: {name!r} is made twice")
                known.add(name)
        if not outputs or (missing := [name for name in outputs if name not in known]):
            raise TargetError(f"{self.path}: nothing makes its output {', '.join(missing) if outputs else ''}".rstrip())

    def _declared(self, value: Any) -> tuple[int | None, ...] | None:
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type"):
            raise TargetError(f"{self.path}: its input {value.name!r} is no tensor")
        if not kind.HasField("shape"):
            return None
        shape = tuple(d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in kind.shape.dim)
        if len(shape) != 4 or any(n is not None and n > 2**14 for n in shape):
            raise TargetError(
                f"{self.path}: its input {value.name!r} has the shape {_text(shape)}; networks of one image input"
                " (N, C, H, W) or (N, H, W, C) are judged here"
            )
        return shape


def _text(shape: tuple[int | None, ...]) -> str:
    return "x".join("?" if n is None else str(n) for n in shape) or "of a number"


def _place(record: Mapping[str, str]) -> str:
    """The module that the exporter says the node is of."""
    scopes = list(_strings(record.get(SCOPES, "")))
    return next((scope for scope in reversed(scopes[:-1]) if scope), "")


def _strings(text: str) -> Iterator[str]:
    """The parts of "['', 'layer1', 'layer1.0']"."""
    yield from (part.strip("'\" ") for part in text.strip("[]").split(","))
