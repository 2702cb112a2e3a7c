"""The weights that training starts from: the candidate constructed several times, each time with fresh seeds.

He et al. 2015, section 3.4: "We initialize the weights as in [13]". What a network's weights are after its construction
says little alone: a pretrained network has weights too. So it is constructed again, and what comes out equal was not
drawn.
"""

from __future__ import annotations

import random
import secrets
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from .isolation import ALONE, settings_kept
from .problems import TargetProblem
from .running import registered
from .target import LoadedTarget

LARGE = 2**22  # numbers in a network from which on it is constructed in full only once,
COARSE = 2**14  # unless its tensors have fewer numbers than this on average: then drawing is not what costs
PROBE = 256  # numbers of each tensor that are then kept of a further construction
_aten = torch.ops.aten
FILLS = frozenset(
    {_aten.normal_.default, _aten.uniform_.default, _aten.log_normal_.default, _aten.exponential_.default}
    | {_aten.cauchy_.default, _aten.bernoulli_.float, _aten.random_.default}
)

Values = Mapping[int, torch.Tensor]


def initial_weights(target: LoadedTarget, times: int = 2, seed: int | None = None) -> tuple[Values, ...] | None:
    """Initial values of all parameters and buffers, by index (the order of `running.registered`), of each construction.

    The first construction is whole, on the CPU. A network of up to LARGE numbers is constructed `times` times, whole;
    a larger one twice more, and of these only PROBE numbers of each tensor are kept, in one dimension. The last two
    constructions are made in the same way: what a factory draws anew differs between them, what it loads, seeds or
    copies is equal. `seed` makes the constructions repeatable; without it the seeds are drawn.

    None for a module instance, and for a factory that cannot construct the network again. Raises ValueError for fewer
    than two times. Random numbers and settings are afterwards what they were.
    """
    if times < 2:
        raise ValueError(f"weights that are drawn differ between constructions: at least 2 times, not {times}")
    if target.instance is not None:
        return None
    seeds = random.Random(secrets.randbits(64) if seed is None else seed)
    try:
        made = [_construct(target, seeds.getrandbits(63), whole=True)]
        numbers = sum(t.numel() for t in made[0].values())
        if numbers <= max(LARGE, COARSE * len(made[0])):
            made += [_construct(target, seeds.getrandbits(63), whole=True) for _ in range(times - 1)]
        else:
            made += [_construct(target, seeds.getrandbits(63), whole=False) for _ in range(2)]
    except TargetProblem:
        return None
    sizes = [[min(t.numel(), PROBE) for t in values.values()] for values in made]
    if any(t.is_meta for values in made for t in values.values()) or any(size != sizes[0] for size in sizes):
        return None
    return tuple(made)


def _construct(target: LoadedTarget, seed: int, whole: bool) -> Values:
    """One construction from this seed. Raises TargetError, CaptureError."""
    with ALONE, settings_kept(), nullcontext() if whole else Sparing():  # type: ignore[no-untyped-call]
        _sow(seed)
        module = target.build("cpu")
    values = {i: t.detach() for i, (t, _) in enumerate(registered(module))}
    if whole:
        return {i: t.cpu() for i, t in values.items()}
    return {i: t.reshape(-1)[:PROBE].cpu().clone() for i, t in values.items()}


def _sow(seed: int) -> None:
    """Seed every generator that initialisation draws from. To be called inside `settings_kept`."""
    random.seed(seed)
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.manual_seed_all(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed % 2**32)


class Sparing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Random fills of a large tensor draw its first numbers only; the others become 0.

    Drawing is nearly all that constructing a large network costs. Which numbers come first follows from the generator's
    state alone, so two constructions under this mode are equal exactly where the factory does not draw anew.
    """

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # torch wraps a mode that says True by importing torch._dynamo, which costs seconds
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Run the operation, a large fill in part."""
        kwargs = kwargs or {}
        if func not in FILLS or args[0].numel() <= 4 * PROBE or not args[0].is_contiguous() or args[0].is_meta:
            return func(*args, **kwargs)
        flat = args[0].view(-1)
        func(flat[:PROBE], *args[1:], **kwargs)
        flat[PROBE:].zero_()
        return args[0]
