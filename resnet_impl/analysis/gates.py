"""The place in a block where F(x) and the shortcut meet, opened so that either can be shut, forward or backward.

Eqn (1) of He et al. 2015, y = F(x) + x, becomes y = gate(F(x), x). Blocks are read with torch.fx, by what is added and
not by the names of modules: of the last addition of two values that both come from the block's input, F is the one
behind more convolutions.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor, fx, nn
from torch.nn.functional import pad

from resnet_impl.analysis.errors import AnalysisError

Mode = Literal["open", "deleted", "plain", "through F", "through shortcut"]
ADDITIONS = (operator.add, operator.iadd, torch.add)
METHODS = ("add", "add_")


class Gate(nn.Module):
    """F(x), shortcut(x) -> what the rest of the block goes on with, all of the same shape (N, C, H, W).

    "open": their sum. "deleted": the shortcut alone, so F = 0. "plain": F alone, as in the plain twin. "through F" and
    "through shortcut": their sum, but the gradient passes one of them only. With `keep` the two and the result of the
    last call stay in `seen`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.mode: Mode = "open"
        self.keep = False
        self.seen: tuple[Tensor, Tensor, Tensor] | None = None

    def forward(self, f_x: Tensor, shortcut: Tensor) -> Tensor:
        """The two branches, joined as `mode` says."""
        if self.mode == "deleted":
            out = shortcut.clone()  # a ReLU behind the addition may work in place
        elif self.mode == "plain":
            out = f_x.clone()
        elif self.mode == "through F":
            out = f_x + shortcut.detach()
        elif self.mode == "through shortcut":
            out = f_x.detach() + shortcut
        else:
            out = f_x + shortcut
        if not self.keep:
            return out
        self.seen = (f_x, shortcut, out)
        return out.clone()  # a ReLU that works in place would make what was kept its own result


class PlainBlock(nn.Module):
    """A block without shortcut. "deleted": x goes on to the next; every other mode changes nothing.

    Where the block makes maps smaller or channels more, x cannot go on as it is: then it is sampled and zeros are
    appended, as option A's shortcut would do.
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block
        self.mode: Mode = "open"
        self.shape: tuple[int, ...] | None = None  # of what the block puts out for one image

    def forward(self, x: Tensor) -> Tensor:
        """What the block makes of (N, C, H, W), or x in its place."""
        if self.mode != "deleted":
            out: Tensor = self.block(x)
            self.shape = tuple(out.shape[1:])
            return out
        if self.shape is None:
            raise AnalysisError("a plain block is deleted before it was ever run")
        return resampled(x, self.shape)


def resampled(x: Tensor, shape: tuple[int, ...]) -> Tensor:
    """(N, c, h, w) -> (N, C, H, W): every so-manieth row and column, zeros for further channels; fewer are cut off."""
    channels, height, width = shape
    step_down, step_right = -(-x.shape[2] // height), -(-x.shape[3] // width)
    sampled = x[:, :channels, ::step_down, ::step_right]
    return pad(sampled, (0, 0, 0, 0, 0, channels - sampled.shape[1]))


class _Tracer(fx.Tracer):
    """Goes into every module but torch's own."""


def gated(block: nn.Module) -> nn.Module:
    """The same block with a `Gate` for its addition, called `gate`; a `PlainBlock` where nothing is added.

    It shares the weights of `block`. Raises AnalysisError where the block cannot be read: its code hangs on the values
    of tensors, or it takes other than one tensor.
    """
    tracer = _Tracer()
    try:
        graph = tracer.trace(block)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise AnalysisError(f"the block {type(block).__name__} cannot be read ({reason})") from error
    module = fx.GraphModule(tracer.root, graph)
    found = _join(graph, dict(module.named_modules()))
    if found is None:
        return PlainBlock(block)
    join, f_x, shortcut = found
    module.add_module("gate", Gate())
    with graph.inserting_before(join):
        gate = graph.call_module("gate", (f_x, shortcut))
    join.replace_all_uses_with(gate)
    graph.erase_node(join)
    module.recompile()
    module.train(block.training)
    return module


def _join(graph: fx.Graph, modules: dict[str, Any]) -> tuple[fx.Node, fx.Node, fx.Node] | None:
    """The last addition whose operands both come from the input: it, F and the shortcut."""
    inputs = {node for node in graph.nodes if node.op == "placeholder"}
    for node in reversed(graph.nodes):
        added = (node.op == "call_function" and node.target in ADDITIONS) or (
            node.op == "call_method" and node.target in METHODS
        )
        operands = [argument for argument in node.args if isinstance(argument, fx.Node)]
        if not added or len(operands) != 2:
            continue
        behind = [_behind(operand) for operand in operands]
        if all(ancestors & inputs for ancestors in behind):
            counts = [_convolutions(ancestors, modules) for ancestors in behind]
            f_x, shortcut = operands if counts[0] >= counts[1] else reversed(operands)
            return node, f_x, shortcut
    return None


def _behind(node: fx.Node) -> set[fx.Node]:
    """The node and all that it is computed from."""
    found, waiting = {node}, [node]
    while waiting:
        for earlier in waiting.pop().all_input_nodes:
            if earlier not in found:
                found.add(earlier)
                waiting.append(earlier)
    return found


def _convolutions(nodes: Iterable[fx.Node], modules: dict[str, Any]) -> int:
    by_module = sum(node.op == "call_module" and isinstance(modules[str(node.target)], nn.Conv2d) for node in nodes)
    return by_module + sum(node.op == "call_function" and "conv" in str(node.target) for node in nodes)
