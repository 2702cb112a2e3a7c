"""An exported program as a module of ours: its aten calls one by one, with BN and dropout that follow the mode.

torch.export bakes into a program the mode that it was exported in, and every size that was not declared dynamic. Here
BN and dropout ask `self.training` again, and a reshape to the batch size of the example takes that of the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..file_facts import FileFacts
from .exported_call import NORMS, Call
from .file_network import FileNetwork
from .onnx_call import LARGEST
from .problems import TargetError, last_line
from .pt2_arguments import computes_in_half, decode, extents, names_in
from .pt2_file import Archive, read_pt2
from .pt2_functions import find_function
from .rehearsal import rehearse

NOTHING = frozenset({"_assert_scalar", "_assert_tensor_metadata", "_assert_async", "sym_constrain_range_for_size"})
ZEROS = frozenset({"zeros", "new_zeros", "zeros_like"})


class Program(FileNetwork):
    """The calls of an exported program. `sizes` is what it declares of its input, None where an axis is dynamic;
    `trains`: all its BNs are as in training.
    """

    def __init__(self, archive: Archive) -> None:
        super().__init__()
        module = archive.model["graph_module"]
        graph, signature = module["graph"], module["signature"]
        self.held: dict[str, str] = {}  # by the graph's name: the registered name
        self.fixed: dict[str, Any] = {}
        self.input = ""
        self._take_inputs(signature, archive.tensors)
        self.sizes = extents(graph["tensor_values"].get(self.input, {}))
        self.results = [
            names_in(spec["user_output"]["arg"]) for spec in signature["output_specs"] if "user_output" in spec
        ]
        self.mixed = computes_in_half(graph, NORMS)
        self.places: list[str] = []
        self.zeros: set[str] = set()  # names of tensors of zeros
        for node in graph["nodes"]:
            self._add(node)
        self.trains = _mark_always(self.calls)
        read = [name for call in self.calls for _, argument, _ in call.arguments for name in names_in(argument)]
        self.reads = Counter([*read, *(name for names in self.results for name in names)])
        self._check_order()

    @property
    def calls(self) -> list[Call]:
        """The nodes in order."""
        return [self._modules[place] for place in self.places]  # type: ignore[misc]

    def kind_of(self, place: str) -> str:
        """The aten operation of a node."""
        call = self._modules.get(place)
        return call.name if isinstance(call, Call) else ""

    def _take_inputs(self, signature: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> None:
        inputs = []
        for spec in signature["input_specs"]:
            kind, given = next(iter(spec.items()))
            if kind == "user_input":
                inputs += names_in(given["arg"])
                continue
            keys = {"parameter": "parameter_name", "buffer": "buffer_name", "tensor_constant": "tensor_constant_name"}
            if kind not in keys:
                raise TargetError(f"it takes an input of the kind {kind}, which is not known here")
            registered = given[keys[kind]]
            if registered not in tensors:
                raise TargetError(f"its weights lack {registered!r}")
            tensor = tensors[registered]
            if kind == "tensor_constant":
                self.fixed[given["arg"]["name"]] = tensor
            else:
                self._register(registered, tensor)
                self.held[given["arg"]["name"]] = registered
        if len(inputs) != 1:
            raise TargetError(f"it takes {len(inputs)} inputs: networks of one image input are judged here")
        self.input = inputs[0]

    def _register(self, name: str, tensor: torch.Tensor) -> None:
        """Under the name that it had, dots and all: `register_parameter` refuses them, and `where` wants them."""
        if isinstance(tensor, nn.Parameter):
            self._parameters[name] = tensor
        else:
            self._buffers[name] = tensor

    def _add(self, node: Mapping[str, Any]) -> None:
        target = str(node["target"])
        name = target.removeprefix("torch.ops.aten.").partition(".")[0]
        call = Call(node, find_function(target), name)
        if name in NOTHING:
            return
        if name in ZEROS:
            self.zeros |= {name for names in call.outputs for name in names}
        stack = str(node.get("metadata", {}).get("nn_module_stack", "")).split(";")[-1].split(",")
        outputs = [name for names in call.outputs for name in names]
        place = (stack[1] if len(stack) > 2 else "") or (outputs[0] if outputs else name)
        while place in self._modules:
            place += "_"
        self._modules[place] = call
        self.places.append(place)

    def _check_order(self) -> None:
        known = {*self.held, *self.fixed, self.input}
        for call in self.calls:
            missing = [n for _, argument, _ in call.arguments for n in names_in(argument) if n not in known]
            if missing:
                raise TargetError(f"its {call.name} reads {missing[0]!r}, and nothing before it makes that")
            known |= {name for names in call.outputs for name in names}
        if not self.results or any(name not in known for names in self.results for name in names):
            raise TargetError("nothing makes its output")

    def for_batch(self, value: torch.Tensor, wanted: list[int], x: torch.Tensor) -> list[int]:
        """A wanted shape, with the batch size of this run in the place of the example's."""
        batch, declared = x.shape[0], self.sizes[0] if self.sizes else None
        if declared in (None, batch) or wanted[:1] != [declared] or not value.dim() or value.shape[0] != batch:
            return wanted
        fits = prod(wanted[1:]) < 0 or batch * prod(wanted[1:]) == value.numel()
        return [batch, *wanted[1:]] if fits else wanted

    def widened(self, argument: Any, parts: Sequence[torch.Tensor], axis: int) -> list[torch.Tensor]:
        """What is joined, zeros among it of the maps' size, also where the program has them in one fixed size."""
        zeros = [name in self.zeros for name in names_in(argument)]
        map_ = next((part for part, zero in zip(parts, zeros, strict=True) if not zero), None)
        if map_ is None or not map_.dim():
            return list(parts)
        found = []
        for part, zero in zip(parts, zeros, strict=True):
            extents = [n if i == axis % map_.dim() else map_.shape[i] for i, n in enumerate(part.shape)]
            fits = not zero or part.dim() != map_.dim() or extents == list(part.shape)
            found.append(part if fits else map_.new_zeros(extents))
        return found

    def forward(self, x: torch.Tensor) -> Any:
        """x (N, C, H, W) -> the program's results."""
        values: dict[str, Any] = {
            name: self._parameters.get(key, self._buffers.get(key)) for name, key in self.held.items()
        }
        values |= {name: tensor.to(x.device) for name, tensor in self.fixed.items()}
        values[self.input] = x
        left = Counter(self.reads)
        counters = {name for name, key in self.held.items() if not values[name].is_floating_point()}
        for call in self.calls:
            if not self.training and self._counts(call, counters):
                values |= {name: None for names in call.outputs for name in names}
                continue
            _store(values, call.outputs, call(self, values, x))
            for _, argument, _ in call.arguments:
                for name in names_in(argument):
                    left[name] -= 1
                    if not left[name] and name not in self.held:
                        values.pop(name, None)
        found = tuple(values[name] for names in self.results for name in names)
        return found[0] if len(found) == 1 else found

    def _counts(self, call: Call, counters: set[str]) -> bool:
        """Is it a count of batches, which training alone goes on with?"""
        return call.name in ("add_", "add") and call.arguments[0][1].get("as_tensor", {}).get("name") in counters

    def find_whole_pools(self) -> None:
        """Find the pools whose window is the whole map at the size of the example. Runs on meta tensors."""
        if len(self.sizes) != 4 or None in self.sizes:
            return
        pools: dict[Call, bool] = {}

        def look(call: Call, given: Any, result: Any) -> None:
            _, values, x = given
            named = {name: decode(argument, values, x, self.mixed) for name, argument, _ in call.arguments}
            unpadded = not any(named.get("padding", ()))
            pools[call] = tuple(named["self"].shape[2:]) == tuple(named["kernel_size"]) and unpadded

        watched = [call for call in self.calls if call.name == "avg_pool2d"]
        if rehearse(self, watched, [n or 1 for n in self.sizes], look):
            for call, whole in pools.items():
                call.whole = whole


def _mark_always(calls: Sequence[Call]) -> bool:
    """A BN exported with the batch's statistics beside others with stored ones uses them in eval, too.

    True where all use the batch's; those that store none always do, and say nothing of the mode.
    """
    norms = [call for call in calls if call.stores]
    modes = {call.trains for call in norms}
    for call in norms:
        call.always = len(modes) > 1 and call.trains
    return modes == {True}


def _store(values: dict[str, Any], outputs: list[list[str]], result: Any) -> None:
    names = [name for group in outputs for name in group]
    if len(names) == 1 and not (isinstance(result, (tuple, list))):
        values[names[0]] = _checked(result)
        return
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    for name, item in zip(names, results, strict=False):
        values[name] = _checked(item)


def _checked(result: Any) -> Any:
    if isinstance(result, torch.Tensor) and result.numel() > LARGEST:
        raise ValueError(f"a tensor of the impossible shape {tuple(result.shape)}")
    return result


def read_exported(path: Path) -> tuple[FileNetwork, FileFacts]:
    """The network of a .pt2 file. Raises TargetError."""
    archive = read_pt2(path)
    try:
        program = Program(archive)
    except TargetError as error:
        raise TargetError(f"{path} cannot be judged: {error}") from error
    except Exception as error:
        raise TargetError(f"{path} is no .pt2 file that can be read: {last_line(error)}") from error
    if len(program.sizes) != 4:
        raise TargetError(f"{path} cannot be judged: its input has {len(program.sizes)} axes, and an image batch has 4")
    program.find_whole_pools()
    return program, FileFacts(
        program.sizes,
        window=any(call.whole for call in program.calls),
        one_mode=not any(call.name in NORMS for call in program.calls),
        training=program.trains,
    )
