"""A training pass of the live network in which only the shortcuts carry gradients, and old statistics are seen again.

In each residual block the last layer of F is set to a constant: then a gradient reaches the input by the shortcuts
alone, and what reaches the last layer of a block's F has passed the shortcuts of all blocks behind it. Running
statistics start so large that what the batch adds is nothing beside them: what is left of them is the weight of the old
value, 1 - momentum after one update. Single precision: gradients are compared with zero, and weights with each other.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from ..blocks import Block
from ..graph import Graph, stored_in
from .bench import Bench
from .pieces import last_layer

LIFT = 0.5  # the constant: a ReLU lets its gradient pass
START = 2.0**40  # of the running statistics: a batch's own mean and variance are no millionth of it


@dataclass(frozen=True, slots=True)
class Pass:
    """`gradients` are the largest entries by tensor (None: received none), `weights` what is left of the old value of a
    running statistic, by tensor: the smallest and the largest share of any channel.
    """

    gradients: Mapping[int, float | None]
    input_gradient: float
    weights: Mapping[int, tuple[float, float]]


class Practice:
    """The training pass of a bench, made once. Raises CaptureError where the network cannot be trained."""

    def __init__(self, bench: Bench) -> None:
        self._bench: Bench = weakref.proxy(bench)

    @cached_property
    def markers(self) -> tuple[int | None, ...]:
        """For each block with a shortcut the tensor that, being zero, makes its F constant; None without one."""
        blocks = self._bench.anatomy.blocks
        return tuple(_affine(b)[0] for b in blocks if b.shortcut is not None)

    @cached_property
    def statistics(self) -> tuple[int, ...]:
        """The tensors that hold running statistics."""
        graph = self._bench.anatomy.graph
        return tuple(
            dict.fromkeys(
                tensor
                for node in graph
                if node.op == "batch_norm" and node.index in graph.live
                for role, i in zip(node.roles, node.inputs, strict=True)
                if role in ("mean", "var")
                for tensor in stored_in(graph, i)
            )
        )

    @cached_property
    def samples(self) -> torch.Tensor:
        """Two samples, (2, C, H, W)."""
        bench = self._bench
        return torch.randn((2, bench.shape[1], *bench.live.size), generator=bench.generator(2))

    @cached_property
    def tensors(self) -> dict[int, torch.Tensor]:
        """What the pass starts from."""
        tensors = dict(self._bench.tensors)
        if None not in self.markers:
            for block in self._bench.anatomy.blocks:
                if block.shortcut is not None:
                    factor, offset = _affine(block)
                    for i, value in ((factor, 0.0), (offset, LIFT)):
                        if i is not None:
                            tensors[i] = torch.full_like(tensors[i], value)
        tensors.update({i: torch.full_like(tensors[i], START) for i in self.statistics if i in tensors})
        return tensors

    def logits(self, chance: int) -> torch.Tensor:
        """What a training pass gives that nothing was set to zero for; `chance` seeds what the network draws."""
        return self._bench.laboratory.run(self.samples, self._bench.tensors, mode="train", seed=chance).output

    @cached_property
    def passed(self) -> Pass:
        """The one pass."""
        bench, generator = self._bench, self._bench.generator(3)
        gradients: dict[int, float | None] = {}

        def loss(output: torch.Tensor) -> torch.Tensor:
            return (output * torch.randn(output.shape, generator=generator)).sum()

        def hear(index: int, gradient: torch.Tensor | None) -> None:
            gradients[index] = None if gradient is None else float(gradient.abs().max())

        run = bench.laboratory.run(self.samples, self.tensors, mode="train", loss=loss, on_gradient=hear)
        weights = {i: (run.tensors[i] / START).aminmax() for i in self.statistics if i in self.tensors}
        reached = run.input_gradient
        return Pass(
            gradients,
            0.0 if reached is None else float(reached.abs().max()),
            {i: (float(low), float(high)) for i, (low, high) in weights.items()},
        )


def _affine(block: Block) -> tuple[int | None, int | None]:
    """Factor and offset of F's last layer, as tensors: with a factor of zero F is constant.

    None where it has none of its own. Without an offset F is zero, and an activation behind the layer would let no
    gradient back.
    """
    graph: Graph = block.graph
    layer = last_layer(block.residual)
    if layer is None:
        return None, None
    roles = ("gamma", "beta") if graph[layer].op == "batch_norm" else ("weight", "bias")
    operands = [graph[layer].operand(role) for role in roles]
    own = [i is not None and graph[i].op == "parameter" and graph.users[i] == (layer,) for i in operands]
    if not own[0] or (operands[1] is None and block.residual.chain[-1] != layer) or (operands[1] and not own[1]):
        return None, None
    factor, offset = (graph[i].attrs["tensor"] if i is not None else None for i in operands)
    return factor, offset
