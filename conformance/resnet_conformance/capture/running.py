"""One recorded forward pass of a module, with the module and the world left as they were."""

from __future__ import annotations

import copy
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn

from ..graph import Graph, Shape, Tensor
from .emitter import Emitter
from .file_network import place_text, subject
from .inputs import input_name
from .isolation import ALONE, default_device_kept, module_kept, quiet, settings_kept, swap_twins
from .limits import exposed
from .outputs import depth_of, main_output, place_of_logits, require_trace
from .problems import LEAF, CaptureError, Expired, last_line
from .recorder import Recorder


class Recording(NamedTuple):
    """A graph, the places where the network looked at values of its data, which tensor of several is the logits, and
    whether random numbers were drawn.
    """

    graph: Graph
    inspected: tuple[str, ...]
    place: int | None
    drew: bool


class Path:
    """The module that runs at the moment, by name, and whether a custom autograd function does."""

    def __init__(self, module: nn.Module) -> None:
        self.names: dict[int, str] = {}
        for name, part in module.named_modules():
            self.names[id(part)] = name
        self.stack = [""]
        self.failed: str | None = None
        self.functions = 0

    def current(self) -> str:
        """Dotted path of the innermost module that is running."""
        return self.stack[-1]

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow the calls of modules and of autograd functions."""
        call, function = nn.Module.__call__, torch.autograd.Function.__dict__["apply"]

        def called(part: nn.Module, *args: Any, **kwargs: Any) -> Any:
            self.stack.append(self.names.get(id(part), self.stack[-1]))
            try:
                return call(part, *args, **kwargs)
            except BaseException:
                self.failed = self.failed if self.failed is not None else self.stack[-1]
                raise
            finally:
                self.stack.pop()

        def apply(cls: Any, *args: Any, **kwargs: Any) -> Any:
            self.functions += 1
            try:
                return function.__get__(None, cls)(*args, **kwargs)
            finally:
                self.functions -= 1

        nn.Module.__call__ = called  # type: ignore[method-assign]
        torch.autograd.Function.apply = classmethod(apply)
        try:
            yield
        finally:
            nn.Module.__call__ = call  # type: ignore[method-assign]
            torch.autograd.Function.apply = function


def registered(module: nn.Module) -> list[tuple[torch.Tensor, Tensor]]:
    """Every parameter and buffer once, with all the names that it is registered under."""
    found: dict[int, tuple[torch.Tensor, str, list[str]]] = {}
    for kind, pairs in (
        ("parameter", nn.Module.named_parameters(module, remove_duplicate=False)),
        ("buffer", nn.Module.named_buffers(module, remove_duplicate=False)),
    ):
        for name, t in pairs:
            if nn.parameter.is_lazy(t):
                raise CaptureError(f"{name} is lazy and has no shape: run the network once before it is judged")
            found.setdefault(id(t), (t, kind, []))[2].append(name)
    return [(t, Tensor(kind, tuple(t.shape), tuple(names), t.requires_grad)) for t, kind, names in found.values()]


class Inlet(torch.autograd.Function):
    """Makes the input no leaf: a leaf that requires a gradient may not be written in place, and networks
    do that.
    """

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        """The same values in memory of their own."""
        return torch.empty(x.shape, dtype=x.dtype, device="meta") if x.is_meta else x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        """The gradient as it comes."""
        return gradients[0]


def sample(shape: Shape, dtype: torch.dtype, device: str, grad: bool) -> torch.Tensor:
    """An input; under gradients one that carries a gradient and may be written in place."""
    if device == "meta":
        x = torch.empty(shape, dtype=dtype, device="meta")
    else:
        x = torch.randn(shape, dtype=dtype, device=device, generator=torch.Generator(device).manual_seed(0))
    return Inlet.apply(x.requires_grad_()) if grad else x


def _switch(module: nn.Module, train: bool) -> None:
    try:
        module.train(train)
    except NotImplementedError:  # an exported program runs as it was exported, and for that its own flag says nothing
        if train:
            raise CaptureError("the network is an exported program: it has no training mode of its own") from None


def seed_all(seed: int) -> None:
    """Every generator of random numbers that a network may draw from. To be called inside `settings_kept`."""
    torch.default_generator.manual_seed(seed)
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed % 2**32)


def _generators() -> tuple[Any, ...]:
    """The states of the generators that `seed_all` seeds."""
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy else ()
    torchs = torch.default_generator.get_state().numpy().tobytes()
    return torchs, random.getstate(), *(part.tobytes() if hasattr(part, "tobytes") else part for part in drawn)


@contextmanager
def staged(module: nn.Module, path: Path, train: bool, grad: bool, seed: int, doing: str) -> Iterator[None]:
    """A forward pass of a stranger's module, prepared: in that mode, its random numbers seeded, nothing printed.

    Afterwards module and settings are as before; what the network raises becomes a CaptureError, which says what was
    being done.
    """
    try:
        with (
            ALONE,
            settings_kept(),
            default_device_kept(),
            quiet(),
            module_kept(module),
            torch.inference_mode(False),
            torch.set_grad_enabled(grad),
        ):
            seed_all(seed)
            exposed(lambda: _switch(module, train))
            yield
    except (CaptureError, KeyboardInterrupt, Expired):
        raise
    except BaseException as error:
        place = place_text(module, path.failed or "")
        raise CaptureError(f"{subject(module)} did not run {doing}{place}: {last_line(error)}") from error


def record(module: nn.Module, shape: Shape, mode: str = "eval", device: str = "meta", seed: int = 0) -> Recording:
    """The module's Graph at this input shape. Raises CaptureError."""
    try:
        return _record(module, shape, mode, device, seed, mode == "train")
    except CaptureError as refusal:
        if LEAF not in str(refusal):
            raise
        return _record(module, shape, mode, device, seed, False)


def _record(module: nn.Module, shape: Shape, mode: str, device: str, seed: int, grad: bool) -> Recording:
    """With an input that carries a gradient, or with none."""
    if any(isinstance(part, torch.jit.ScriptModule) for part in module.modules()):
        module = copy.deepcopy(module)  # TorchScript keeps its state where `module_kept` cannot put it back
    path = Path(module)
    train = mode == "train"
    tensors = registered(module)
    name = input_name(module)
    dtype = next((t.dtype for t, _ in tensors if t.is_floating_point()), torch.get_default_dtype())
    doing = f"in {mode} mode on an input of shape {shape} ({device} tensors)"
    with staged(module, path, train, train, seed, doing):
        twins = swap_twins(module, device)
        emitter = Emitter([t for _, t in tensors], train)
        recorder = Recorder(emitter, path.current, lambda: path.functions > 0, device == "meta")
        x = sample(shape, dtype, device, grad)
        recorder.begin(x, [(t, twins.get(id(t), t)) for t, _ in tensors])
        before = _generators()
        with path.followed(), recorder:
            returned = exposed(lambda: module(x) if name is None else module(**{name: x}))
        emitter.where = ""
        place = place_of_logits(returned, shape[0], lambda t: depth_of(emitter, recorder.read(t)))
        output = recorder.read(main_output(returned, shape[0], place))
        require_trace(emitter, output)
        inspected = tuple(dict.fromkeys(recorder.inspected))
        return Recording(emitter.finish(output, mode), inspected, place, _generators() != before)
