"""One call of an exported program: an aten operation, where BN and dropout follow the mode of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - torch's own name for it

from .onnx_call import LARGEST
from .pt2_arguments import decode, names_in

if TYPE_CHECKING:
    from .exported import Program

NORMS = frozenset(
    {"batch_norm", "native_batch_norm", "cudnn_batch_norm", "_native_batch_norm_legit", "_batch_norm_with_update"}
    | {"_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training", "_batch_norm_no_update"}
)
TRAINING = frozenset({"_batch_norm_with_update"})  # others say it by an argument, or are never in training
DROPOUTS = frozenset({"dropout", "native_dropout", "feature_dropout"})
RESHAPES = frozenset({"view", "reshape", "_unsafe_view", "expand"})


class Call(nn.Module):
    """One node: the aten operation and its arguments as the file says them."""

    def __init__(self, node: Mapping[str, Any], function: Callable[..., Any], name: str) -> None:
        super().__init__()
        self.name, self.function = name, function
        self.arguments: list[tuple[str, Any, bool]] = [
            (given["name"], given["arg"], given.get("kind", 1) == 2) for given in node["inputs"]
        ]
        self.outputs = [names_in(output) for output in node["outputs"]]
        self.whole = self.always = False

    @property
    def stores(self) -> bool:
        """Is it a BN that has running statistics?"""
        means = [argument for name, argument, _ in self.arguments if name == "running_mean"]
        return self.name in NORMS and any(names_in(argument) for argument in means)

    @property
    def trains(self) -> bool:
        """Does it, as exported, normalise with the batch's statistics?"""
        said = [argument for name, argument, _ in self.arguments if name in ("training", "train")]
        return self.name in TRAINING or any(bool(argument.get("as_bool")) for argument in said)

    def forward(self, program: Program, values: Mapping[str, Any], x: torch.Tensor) -> Any:
        """The node's result or results."""
        named = {name: decode(argument, values, x, program.mixed) for name, argument, _ in self.arguments}
        if self.name in NORMS:
            return _normalized(named, self.training or self.always)
        if self.name in DROPOUTS:
            kept = F.dropout(_data(named), named["p"], self.training)
            return (kept, None) if self.name == "native_dropout" else kept
        if self.name in RESHAPES:
            key = next(key for key in ("size", "shape") if key in named)
            named[key] = program.for_batch(_data(named), list(named[key]), x)
        if self.name == "avg_pool2d" and self.whole:
            return F.adaptive_avg_pool2d(named["self"], 1)
        if self.name == "cat":
            named["tensors"] = program.widened(self.arguments[0][1], named["tensors"], named.get("dim", 0))
        for sizes in (named.get("pad"), named.get("size"), named.get("padding")):
            if isinstance(sizes, Sequence) and any(isinstance(n, int) and abs(n) > LARGEST for n in sizes):
                raise ValueError(f"{self.name} of the impossible size {list(sizes)}")
        if isinstance(named.get("size"), Sequence) and prod(n for n in named["size"] if n > 0) > LARGEST:
            raise ValueError(f"{self.name} of the impossible size {list(named['size'])}")
        positional = [named[name] for name, _, keyword in self.arguments if not keyword]
        return self.function(*positional, **{name: named[name] for name, _, keyword in self.arguments if keyword})


def _data(named: Mapping[str, Any]) -> torch.Tensor:
    """The operand that an operation works on; old and new operations call it differently."""
    found: torch.Tensor = named["input"] if "input" in named else named["self"]
    return found


def _normalized(named: Mapping[str, Any], training: bool) -> Any:
    x, mean, var = named["input"], named.get("running_mean"), named.get("running_var")
    eps, momentum = named.get("eps", named.get("epsilon", 1e-5)), named.get("momentum", 0.1)
    y = F.batch_norm(x, mean, var, named.get("weight"), named.get("bias"), training or mean is None, momentum, eps)
    return y, None, None, mean, var
