"""A run that leaves no trace: the module, the random numbers and torch's settings are afterwards what
they were before.
"""

from __future__ import annotations

import gc
import io
import os
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .problems import TargetError

CONTAINERS = (dict, list, set)
# What a capture changes for its time (streams, settings, nn.Module.__call__) belongs to the whole process, so captures
# in several threads run one after the other. Reentrant: a target may itself judge a network.
ALONE = threading.RLock()


class _Nowhere(io.StringIO):
    """Takes what is printed and keeps none of it: a loop that prints would fill the memory."""

    def write(self, text: str, /) -> int:
        return len(text)


@contextmanager
def quiet() -> Iterator[None]:
    """Without prints, warnings and questions: what a target says must not mix with the report on it."""
    stdin, argv = sys.stdin, sys.argv
    sys.stdin, sys.argv = io.StringIO(), argv[:1]
    try:
        with redirect_stdout(_Nowhere()), redirect_stderr(_Nowhere()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin, sys.argv = stdin, argv


@contextmanager
def collection_off() -> Iterator[None]:
    """Without garbage collection: a capture makes many small objects and no cycles that matter, and with
    torch's compiler imported each collection costs as much as the capture."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@contextmanager
def settings_kept() -> Iterator[None]:
    """Random number generators (Python's, NumPy's, torch's), the process's folder and environment, and torch's global
    settings are restored."""
    numpy = sys.modules.get("numpy")
    states = random.getstate(), torch.get_rng_state(), numpy.random.get_state() if numpy else None
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None  # type: ignore[no-untyped-call]
    dtype, grad, threads = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    switches = [(place, name, getattr(place, name)) for place, names in _SWITCHES for name in names]
    folder, environment, recursion = _folder(), dict(os.environ), sys.getrecursionlimit()
    path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = path
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        left = None
        if folder is not None and _folder() != folder:
            try:
                os.chdir(folder)
            except OSError as error:
                left = error
        sys.setrecursionlimit(recursion)
        random.setstate(states[0])
        torch.set_rng_state(states[1])
        if numpy:
            numpy.random.set_state(states[2])
        if cuda is not None:
            torch.cuda.set_rng_state_all(cuda)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(grad)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        now = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
        if now != deterministic:  # the call imports the compiler
            torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])
        for place, name, value in switches:
            if getattr(place, name) != value:
                setattr(place, name, value)
        if left is not None:
            raise TargetError(f"its code removed the folder that it was called in ({left})")


@contextmanager
def neutral() -> Iterator[None]:
    """Our own arithmetic does not hang on the settings that it is called under: default dtype and device, gradients."""
    # A device context costs microseconds in each call of torch, a second in all: only where there is another device.
    elsewhere = torch.get_default_device() != torch.device("cpu")
    device = torch.device("cpu") if elsewhere else nullcontext()
    with settings_kept(), torch.inference_mode(False), torch.enable_grad(), device:
        torch.set_default_dtype(torch.float32)
        yield


_SWITCHES: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (torch.backends.cudnn, ("enabled", "benchmark", "deterministic", "allow_tf32")),
    (torch.backends.cuda.matmul, ("allow_tf32",)),
    (torch.backends.mkldnn, ("enabled",)),
)


@contextmanager
def default_device_kept() -> Iterator[None]:
    """What `torch.set_default_device` put in force is restored. To be entered after any `with torch.device(...)`:
    torch's device contexts have to be left in the reverse order."""
    before = _default_device()
    try:
        yield
    finally:
        if _default_device() is not before:
            torch.set_default_device(None if before is None else before.device)


def _default_device() -> Any:
    return getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)


def _folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return None


@contextmanager
def module_kept(module: nn.Module) -> Iterator[None]:
    """Attributes of every submodule (training flags, parameters, buffers, hooks, caches) are restored,
    to the same objects.
    """
    saved: list[tuple[Any, Any]] = []
    for part in module.modules():
        saved.append((part.__dict__, dict(part.__dict__)))
        for item in part.__dict__.values():
            if isinstance(item, CONTAINERS):  # a dozen hooks for each module, nearly all of them empty
                saved.append((item, item.copy() if item else ()))
    try:
        yield
    finally:
        for place, before in saved:
            if isinstance(place, list):
                place[:] = before
            elif place or before:
                place.clear()
                place.update(before)


def twin(t: torch.Tensor, device: str) -> torch.Tensor:
    """The same kind of tensor on another device, or a copy on the same: the run may write to it."""
    with torch.no_grad():
        if device == "meta":
            made = torch.empty_strided(t.shape, t.stride(), dtype=t.dtype, device="meta")
        else:
            made = t.detach().to(device, copy=True)
    return nn.Parameter(made, t.requires_grad) if isinstance(t, nn.Parameter) else made.requires_grad_(t.requires_grad)


def swap_twins(module: nn.Module, device: str) -> dict[int, torch.Tensor]:
    """Put a twin in the place of every parameter and buffer, one twin for each tensor. Returns them by
    id of the original.

    To be called inside `module_kept`, which puts the originals back.
    """
    twins: dict[int, torch.Tensor] = {}
    for part in module.modules():
        for group in (part._parameters, part._buffers):
            for name, t in group.items():
                if t is not None:
                    if id(t) not in twins:
                        twins[id(t)] = twin(t, device)
                    group[name] = twins[id(t)]  # type: ignore[assignment]
    return twins
