"""Which images make which batch, and how each is shifted: functions of a seed and of the iteration, with no state.

So a run that goes on at iteration k sees what an undisturbed one sees, on any number of devices. Every image comes once
in an epoch; where an epoch ends within a batch, the next one fills it, so that all batches are equally large (the paper
does not say what becomes of the last 80 of 50,000 images).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import torch
from torch import Tensor


def seed_of(seed: int, purpose: str, number: int = 0) -> int:
    """The seed of one stream of random numbers: streams of other purposes and numbers are independent of it."""
    digest = blake2b(f"{seed}/{purpose}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1  # torch takes seeds of 63 bits


def generator_of(seed: int, purpose: str, number: int = 0) -> torch.Generator:
    """A generator at the beginning of that stream."""
    return torch.Generator().manual_seed(seed_of(seed, purpose, number))


@dataclass(frozen=True, slots=True)
class Order:
    """The batches of one run: `images` in the training set, `batch` in each iteration, `pad` pixels of shift."""

    images: int
    batch: int
    seed: int
    pad: int = 4

    def rows(self, start: int, count: int) -> Tensor:
        """Positions of the images of `count` batches from iteration `start`: int64 (count, batch)."""
        first, last = start * self.batch, (start + count) * self.batch
        parts = []
        for epoch in range(first // self.images, -(-last // self.images)):
            begin = epoch * self.images
            parts.append(_permutation(self.images, self.seed, epoch)[max(first - begin, 0) : max(last - begin, 0)])
        return torch.cat(parts).view(count, self.batch)

    def offsets(self, start: int, count: int) -> Tensor:
        """How they are cut: int64 (count, batch, 3), down and right in 0..2 pad, and 1 where mirrored."""
        found = torch.empty(count, self.batch, 3, dtype=torch.int64)
        for row, iteration in zip(found, range(start, start + count), strict=True):
            generator = generator_of(self.seed, "views", iteration)
            row[:, :2] = torch.randint(2 * self.pad + 1, (self.batch, 2), generator=generator)
            row[:, 2] = torch.randint(2, (self.batch,), generator=generator)
        return found


@lru_cache(maxsize=4)
def _permutation(images: int, seed: int, epoch: int) -> Tensor:
    return torch.randperm(images, generator=generator_of(seed, "order", epoch))
