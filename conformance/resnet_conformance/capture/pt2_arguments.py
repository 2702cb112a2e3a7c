"""The arguments of an exported program's calls, from JSON (torch/_export/serde/schema.py) to what torch takes."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import torch

from .pt2_file import DTYPES

HALVES = (torch.float16, torch.bfloat16)
LAYERS = frozenset({"conv2d", "convolution", "linear", "addmm", "mm", "matmul"})
LAYOUTS = {7: torch.strided}
FORMATS = {1: torch.contiguous_format, 2: torch.channels_last, 3: torch.channels_last_3d, 4: torch.preserve_format}
LITERALS = ("as_int", "as_float", "as_bool", "as_string")
LISTS = ("as_ints", "as_floats", "as_bools", "as_strings")
NAMED = ("as_sym_int", "as_sym_float", "as_sym_bool")


def decode(argument: Mapping[str, Any], values: Mapping[str, Any], x: torch.Tensor, mixed: bool = False) -> Any:
    """The argument with the values that its names stand for. Raises ValueError for a kind that is not known.

    `x` is the program's input, on whose device and in whose precision the program runs. Half precision stays, but in a
    program that is `mixed`: its layers are kept in half precision, and judged as any.
    """
    (kind, given), *_ = argument.items()
    if kind == "as_tensor":
        return values[given["name"]]
    if kind in LITERALS:
        return given
    if kind in LISTS:
        return list(given)
    if kind == "as_none":
        return None
    if kind in ("as_tensors", "as_optional_tensors", "as_nested_tensors"):
        return [values[item["name"]] if "name" in item else decode(item, values, x, mixed) for item in given]
    if kind == "as_optional_tensor":
        return decode(given, values, x, mixed)
    if kind in NAMED:
        return _number(given, values)
    if kind in ("as_sym_ints", "as_sym_floats", "as_sym_bools"):
        return [_number(item, values) for item in given]
    if kind == "as_scalar_type":
        if given not in DTYPES:
            raise ValueError(f"numbers of the kind {given} are not known here")
        dtype = DTYPES[given]
        return x.dtype if dtype.is_floating_point and (mixed or dtype not in HALVES) else dtype
    if kind == "as_memory_format":
        return FORMATS[given]
    if kind == "as_layout":
        return LAYOUTS[given]
    if kind == "as_device":
        return x.device
    raise ValueError(f"an argument of the kind {kind} is not known here")


def computes_in_half(graph: Mapping[str, Any], layers: AbstractSet[str]) -> bool:
    """Do operations of these names, convolutions or fully connected layers read tensors of half precision?"""
    known = graph.get("tensor_values", {})
    return any(
        DTYPES.get(known.get(name, {}).get("dtype")) in HALVES
        for node in graph["nodes"]
        if str(node["target"]).removeprefix("torch.ops.aten.").partition(".")[0] in layers | LAYERS
        for name in names_in(node["inputs"])
    )


def _number(given: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    (kind, value), *_ = given.items()
    return values[value] if kind == "as_name" else value


def names_in(argument: Any) -> list[str]:
    """The names of values that an argument, or an output, has."""
    if isinstance(argument, Mapping):
        found = [argument[key] for key in ("name", "as_name") if isinstance(argument.get(key), str)]
        return found + [
            name for key, item in argument.items() if key not in ("name", "as_name") for name in names_in(item)
        ]
    if isinstance(argument, list):
        return [name for item in argument for name in names_in(item)]
    return []


def extents(meta: Mapping[str, Any]) -> tuple[int | None, ...]:
    """A value's shape as the program declares it, None where an axis is dynamic."""
    sizes = (item.get("as_int") for item in meta.get("sizes", ()))
    return tuple(n if isinstance(n, int) and 0 < n <= 2**14 else None for n in sizes)
