"""The largest batch of a case: a power of two that fits into the memory for all contenders beside each other.

What a batch needs is measured at two small ones, and grows with the number of images. Of contenders that run as CUDA
graphs each keeps its memory; the others, and the reference in float64, have theirs in turns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from .cases import OURS, Case, Precision, Way
from .machine import peak_memory
from .networks import Task, make_inputs, networks, reference

PROBES = 16, 64  # images
SHARE = 0.8  # of the memory that is free: other layouts, and what compiled code keeps, are not measured
MOST = 65536
KEEPING = ("fast", "graph")  # modes that are CUDA graphs on a GPU


def largest_batch(case: Case, ways: Sequence[Way], device: torch.device) -> int:
    """The batch, at least 1, on a GPU."""
    needs = {batch: needed(replace(case, batch=batch), ways, device) for batch in PROBES}
    torch.cuda.empty_cache()
    return extrapolated(needs, SHARE * torch.cuda.mem_get_info(device)[0])


def extrapolated(needs: dict[int, int], bound: float) -> int:
    """The largest power of two whose need lies within the bound, on the line through two needs by batch."""
    (small, first), (large, second) = sorted(needs.items())
    each = max(1.0, (second - first) / (large - small))
    batch = 1
    while 2 * batch <= MOST and first + each * (2 * batch - small) <= bound:
        batch *= 2
    return batch


def needed(case: Case, ways: Sequence[Way], device: torch.device) -> int:
    """Bytes of that batch, images and all."""
    net = networks({OURS}, case.model)[OURS].to(device)
    inputs = make_inputs(case, device)
    widest: Precision = "bf16" if all(way.precision == "bf16" for way in ways) else "fp32"
    task = Task(case, Way(OURS, widest), net, inputs, smoke=True)
    call, exact = (_peak(work, device) for work in (lambda: task.call(0), lambda: reference(case, net, inputs)))
    images = sum(images.nbytes for images, _ in inputs)
    return images + sum(way.mode in KEEPING for way in ways) * call + max(call, exact)


def _peak(work: Callable[[], object], device: torch.device) -> int:
    work()  # what stays from a first call is in use before the second
    return peak_memory(work, device) or 0
