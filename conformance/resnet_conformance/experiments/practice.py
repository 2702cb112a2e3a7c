"""A training pass of the live network in which only the shortcuts carry gradients, and old statistics are seen again.

In each residual block the last layer of F is set to zero: then a gradient reaches the input by the shortcuts alone, and
what reaches the last layer of a block's F has passed the shortcuts of all blocks behind it. Running statistics start so
large that what the batch adds is nothing beside them: what is left of them is the weight of the old value, 1 - momentum
after one update. Single precision: gradients are compared with zero, and weights with each other.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch

from ..blocks import Block
from ..graph import Graph
from .bench import Bench
from .pieces import last_layer

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
        """For each block with a shortcut the tensor that, being zero, makes its F zero; None where there is none."""
        blocks = self._bench.anatomy.blocks
        return tuple(zeroed[0] if (zeroed := _zeroed(b)) else None for b in blocks if b.shortcut is not None)

    @cached_property
    def statistics(self) -> tuple[int, ...]:
        """The tensors that hold running statistics."""
        graph = self._bench.anatomy.graph
        return tuple(
            dict.fromkeys(
                graph[i].attrs["tensor"]
                for node in graph
                if node.op == "batch_norm" and node.index in graph.live
                for role, i in zip(node.roles, node.inputs, strict=True)
                if role in ("mean", "var") and graph[i].op in ("buffer", "parameter")
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
                for i in _zeroed(block) if block.shortcut is not None else ():
                    tensors[i] = torch.zeros_like(tensors[i])
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


def _zeroed(block: Block) -> tuple[int, ...]:
    """The tensors which make F zero where they are zero: the affine ones of its last BN, or its last convolution's."""
    graph: Graph = block.graph
    layer = last_layer(block.residual)
    if layer is None:
        return ()
    roles = ("gamma", "beta") if graph[layer].op == "batch_norm" else ("weight", "bias")
    operands = [graph[layer].operand(role) for role in roles]
    if operands[0] is None or any(i is not None and graph[i].op != "parameter" for i in operands):
        return ()
    return tuple(graph[i].attrs["tensor"] for i in operands if i is not None)
