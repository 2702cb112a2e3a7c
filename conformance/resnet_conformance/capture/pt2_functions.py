"""The operations that an exported program may call: PyTorch's own arithmetic on tensors, and nothing beyond.

A file names its operations. Among those that torch knows under `aten` some write files (save), map files into memory
(from_file) or lay hands on memory that is not theirs (set_); so the signature decides: tensors and numbers alone.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch

from .problems import TargetError

NUMBERS = frozenset({"add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "eq", "ne", "lt", "le", "gt", "ge"})
FORBIDDEN = frozenset({"set", "resize", "as_strided", "as_strided_copy", "as_strided_scatter", "record_stream"})
# what a signature may hold, as torch writes its types; of texts only those that choose among rules of arithmetic
TYPES = frozenset(
    {"Tensor", "int", "float", "bool", "number", "Scalar", "Device", "Layout", "ScalarType", "MemoryFormat", "SymInt"}
    | {"SymBool", "SymFloat", "NoneType", "Optional", "List"}
)
CHOICES = frozenset({"approximate", "mode", "rounding_mode", "padding", "reduce", "equation"})


def find_function(target: str) -> Callable[..., Any]:
    """The operation that a program names. Raises TargetError for any that is not PyTorch's own arithmetic."""
    space, _, rest = target.rpartition("torch.ops.aten.")
    if target.startswith("_operator.") and target.partition(".")[2] in NUMBERS:
        found: Callable[..., Any] = getattr(operator, target.partition(".")[2])
        return found
    name, _, overload = rest.partition(".")
    if not space and name.isidentifier() and not name.startswith("__") and name.rstrip("_") not in FORBIDDEN:
        packet = getattr(torch.ops.aten, name, None)
        operation = getattr(packet, overload or "default", None) if overload.isidentifier() else None
        if isinstance(operation, torch._ops.OpOverload) and _is_arithmetic(operation):
            return operation
    raise TargetError(f"its operation {target} is not one of PyTorch's own (torch.ops.aten) that can be run here")


def _is_arithmetic(operation: torch._ops.OpOverload[Any, Any]) -> bool:
    if not torch._C._dispatch_has_kernel(operation._name):
        return False
    for argument in operation._schema.arguments:
        words = str(argument.type).replace("[", " ").replace("]", " ").replace(",", " ").split()
        if not set(words) <= TYPES and not (argument.name in CHOICES and set(words) <= TYPES | {"str"}):
            return False
    return True
