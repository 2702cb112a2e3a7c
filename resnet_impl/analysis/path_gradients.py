"""What of the gradient runs along paths of each length: exactly, all lengths at once, and along drawn single paths.

A path takes, at each block, either F or the shortcut; its length is the number of F it takes. In backward direction a
block is linear: the cotangent c of its output becomes S'c by way of the shortcut and F'c by way of F. Backward through
all blocks, the sum of S' + t F' is a polynomial in t, and its coefficient of t^k is the sum of all paths of length k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - the customary name
from torch import Tensor

from resnet_impl.analysis.gates import Gate
from resnet_impl.analysis.networks import Network


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """One forward pass in eval mode, kept for going back: of each block its input, branches, join and output."""

    images: Tensor
    blocks: list[tuple[Tensor, Tensor, Tensor, Tensor, Tensor]]
    loss: Tensor  # the sum over images, so that each image's gradient is its own

    def back(self, outputs: Tensor, inputs: Tensor, cotangent: Tensor) -> Tensor:
        """cotangent of `outputs` -> of `inputs`; 0 where the one does not depend on the other."""
        if outputs is inputs:
            return cotangent
        if not outputs.requires_grad:
            return torch.zeros_like(inputs)
        [found] = torch.autograd.grad(outputs, inputs, cotangent, retain_graph=True, allow_unused=True)
        return torch.zeros_like(inputs) if found is None else found

    def start(self) -> Tensor:
        """The cotangent at the last block's output."""
        [found] = torch.autograd.grad(self.loss, self.blocks[-1][4], retain_graph=True)
        return found

    def through(self, index: int, cotangent: Tensor) -> tuple[Tensor, Tensor]:
        """Of block `index`: cotangent of its output -> those of its input by the shortcut and by F."""
        came, f_x, shortcut, joined, went = self.blocks[index]
        at_join = self.back(went, joined, cotangent)
        return self.back(shortcut, came, at_join), self.back(f_x, came, at_join)

    def between(self, index: int, cotangent: Tensor) -> Tensor:
        """Cotangent of the input of block `index` -> of the output of the block before, or of the images."""
        before = self.blocks[index - 1][4] if index else self.images
        return self.back(self.blocks[index][0], before, cotangent)


def record(network: Network, images: Tensor, labels: Tensor) -> Tape:
    """Show the network the images (N, 3, H, W), in eval mode. Blocks without shortcut are on every path."""
    residual = [block for block in network.blocks if isinstance(block.gate, Gate)]
    ends: dict[str, tuple[Tensor, Tensor]] = {}
    hooks = [
        block.module.register_forward_hook(lambda _, given, out, name=block.name: ends.update({name: (given[0], out)}))
        for block in residual
    ]
    images = images.clone().requires_grad_()
    gates = [block.gate for block in residual if isinstance(block.gate, Gate)]
    for gate in gates:
        gate.keep = True
    try:
        loss = F.cross_entropy(network.net(images), labels, reduction="sum")
        found = []
        for block, gate in zip(residual, gates, strict=True):
            assert gate.seen is not None
            found.append((ends[block.name][0], *gate.seen, ends[block.name][1]))
    finally:
        for gate in gates:
            gate.keep, gate.seen = False, None
        for hook in hooks:
            hook.remove()
    return Tape(images, found, loss)


def by_length(tape: Tape, watch: Callable[[int], None] = lambda block: None) -> Tensor:
    """The gradient of the loss to the images, parted by path length: (n + 1, N, 3, H, W); its sum is the gradient."""
    parts = [tape.start()]  # parts[k]: what took k times F so far
    for index in reversed(range(len(tape.blocks))):
        pairs = [tape.through(index, part) for part in parts]
        nothing = torch.zeros_like(pairs[0][0])
        by_shortcut = [pair[0] for pair in pairs] + [nothing]
        by_f = [nothing] + [pair[1] for pair in pairs]
        parts = [tape.between(index, s + f) for s, f in zip(by_shortcut, by_f, strict=True)]
        watch(index)
    return torch.stack(parts)


def along_one(tape: Tape, length: int, generator: torch.Generator) -> Tensor:
    """The gradient along one path of `length`, drawn anew for each image, all equally likely: (N, 3, H, W)."""
    n, count = len(tape.blocks), len(tape.images)
    takes_f = torch.rand(count, n, generator=generator).argsort(dim=1) < length  # (N, n), `length` of each row True
    cotangent = tape.start()
    for index in reversed(range(n)):
        by_shortcut, by_f = tape.through(index, cotangent)
        chosen = takes_f[:, index].view(-1, *[1] * (by_f.ndim - 1))
        cotangent = tape.between(index, torch.where(chosen, by_f, by_shortcut))
    return cotangent


def norms(gradients: Tensor) -> Tensor:
    """L2 norm of each image's gradient: (..., 3, H, W) -> (...)."""
    found: Tensor = gradients.flatten(-3).norm(dim=-1)
    return found


def shortest_lengths(carried: Sequence[float], share: float = 0.95) -> tuple[int, int]:
    """The narrowest range of lengths, both ends included, that carries at least `share` of the sum of `carried`."""
    total, best = sum(carried), (0, len(carried) - 1)
    for first in range(len(carried)):
        inside = 0.0
        for last in range(first, len(carried)):
            inside += carried[last]
            if inside >= share * total - 1e-12 * total:
                if last - first < best[1] - best[0]:
                    best = first, last
                break
    return best
