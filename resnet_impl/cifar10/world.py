"""One process or several: which device is mine, which of the images, and what all processes do together.

Started by `torchrun --nproc-per-node N -m resnet_impl.cifar10.train ...`, also on several nodes; without it there is
one process. Networks are averaged by DistributedDataParallel, over nccl on GPUs and gloo on CPUs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from resnet_impl.cifar10.errors import TrainingError

PATIENCE = timedelta(seconds=300)  # how long one rank waits for the others before the job ends


@dataclass(frozen=True, slots=True)
class World:
    """The processes of one job. `rank` 0 writes."""

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Is this the process that writes files?"""
        return self.rank == 0

    def share(self, batch: int) -> slice:
        """My part of a batch. Raises TrainingError where it cannot be divided."""
        if batch % self.size:
            raise TrainingError(
                f"a batch of {batch} images cannot be divided among {self.size} processes: take a divisor of it"
            )
        mine = batch // self.size
        return slice(self.rank * mine, (self.rank + 1) * mine)

    def summed(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            values = values.clone()
            distributed.all_reduce(values)
        return values

    def any(self, flag: bool) -> bool:
        """Has one of the processes raised its flag?"""
        return bool(self.summed(torch.tensor(float(flag), device=self.device)) > 0) if self.size > 1 else flag

    def agreed(self, value: Any) -> Any:
        """What the first process has, in all of them; tensors lie on the CPU."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, device=self.device)
        return box[0]

    def wait(self) -> None:
        """Until all processes are here."""
        if self.size > 1:
            distributed.barrier()


def find_device(wanted: str | None) -> torch.device:
    """The device asked for; None: a GPU where there is one. Raises TrainingError where it is not there."""
    if wanted is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        first = str(error).strip().splitlines()[0]
        raise TrainingError(f"there is no device {wanted!r} here ({first}): leave --device out, or say cpu") from None
    return device


def place() -> tuple[int, int]:
    """This process's number and how many there are, as torchrun says; (0, 1) without it."""
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def joined(wanted: str | None) -> Iterator[World]:
    """This process among those that torchrun started, or alone. Raises TrainingError."""
    rank, size = place()
    device = find_device(wanted)
    if size == 1:
        yield World(device)
        return
    if device.type == "cuda" and ":" not in (wanted or ""):
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            raise TrainingError(
                f"process {local} of this node has no GPU of its own: there are {torch.cuda.device_count()}, so start"
                f" --nproc-per-node {torch.cuda.device_count()}, or say --device cpu"
            )
        device = torch.device("cuda", local)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield World(device, rank, size)
    finally:
        distributed.destroy_process_group()
