"""Runs of the live network that several checks share, so that a deep network is not run once for each of them."""

from __future__ import annotations

import weakref
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from ..capture.problems import CaptureError
from .bench import Bench

if TYPE_CHECKING:
    from ..capture.laboratory import Run

SMALLEST = {224: 33, 32: 25}  # the map size of live runs for the judged one: small and odd
KEPT = 6  # runs that are remembered

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What one run in eval mode is made on: the first `batch` samples of a seed, of this size (by default Live.size).

    `others` is the seed of all samples but the first, `chance` that of whatever the network itself draws, `earlier` the
    sizes of batches that pass before.
    """

    batch: int
    seed: int = 0
    others: int = 0
    channels_last: bool = False
    chance: int = 0
    earlier: tuple[int, ...] = ()


class Live:
    """The live network of a bench, in eval mode in float64. Raises CaptureError where it does not run."""

    def __init__(self, bench: Bench) -> None:
        self._bench: Bench = weakref.proxy(bench)  # the bench keeps this; large tensors must not wait for the collector
        self._runs: dict[Arrangement, Run] = {}

    @cached_property
    def size(self) -> Size:
        """A map size at which the network runs: small and odd, else the laboratory's, else the judged one."""
        judged = self._bench.candidate.input_shape[2]
        small = SMALLEST.get(judged, judged - 7) // (2 if self._bench.deep else 1)
        more = 2 * int(torch.randint(4, (1,), generator=self._bench.generator(1)))
        height, width = self._bench.shape[2:]
        sizes = [(small + more, small), (height, width)]
        for size in (s for s in sizes if min(s) > 0):
            try:
                self._runs[Arrangement(2)] = self._run(Arrangement(2), size)
            except CaptureError:
                continue
            return size
        height, width = self._bench.candidate.input_shape[2:]
        return height, width

    def eval(self, arrangement: Arrangement) -> Run:
        """One run, remembered."""
        size = self.size
        if arrangement not in self._runs:
            if len(self._runs) >= KEPT:
                del self._runs[next(iter(self._runs))]
            self._runs[arrangement] = self._run(arrangement, size)
        return self._runs[arrangement]

    def alone(self, seed: int) -> Run:
        """The first sample of a seed alone, with other random numbers and, if it can be, in channels-last memory.

        That takes several times as long, so thousand layers are spared it.
        """
        if not self._bench.deep:
            with suppress(CaptureError):
                return self.eval(Arrangement(1, seed, channels_last=True, chance=1))
        return self.eval(Arrangement(1, seed, chance=1))

    def _run(self, arrangement: Arrangement, size: Size) -> Run:
        bench = self._bench
        samples = []
        for place in range(arrangement.batch):
            others = arrangement.others if place else 0
            generator = bench.generator(1_000_003 * others + 1000 * arrangement.seed + place)
            samples.append(torch.randn((bench.shape[1], *size), generator=generator, dtype=torch.float64))
        x = torch.stack(samples)
        if arrangement.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        generator = bench.generator(6)
        shapes = [(batch, bench.shape[1], *size) for batch in arrangement.earlier]
        earlier = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
        return bench.laboratory.run(x, bench.tensors, seed=arrangement.chance, earlier=earlier)
