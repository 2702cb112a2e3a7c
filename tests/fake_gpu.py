"""A GPU that is not there: tensors without values that know their device, so that a mixture of devices is an error.

`FakeTensorMode` of torch lets tensors be "on" a GPU. What needs a driver is replaced: streams, graphs and events do
nothing, a backward pass gives each leaf a gradient of its shape, and reading a value is told in `waits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

GPU = torch.device("cuda")


class Silent:
    """A stream, a graph or an event."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.replays = 0

    def wait_stream(self, other: Any) -> None:
        pass

    def record(self) -> None:
        pass

    def elapsed_time(self, end: Any) -> float:
        return 1.0

    def replay(self) -> None:
        self.replays += 1


@contextmanager
def fake_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Within it tensors can be made on `GPU`; the list tells each call that would wait for the device."""
    waits: list[str] = []
    for name in ("Stream", "CUDAGraph", "Event", "current_stream"):
        monkeypatch.setattr(torch.cuda, name, Silent)
    for name in ("stream", "graph"):
        monkeypatch.setattr(torch.cuda, name, lambda *_, **__: nullcontext())
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device=None: waits.append("synchronize"))
    monkeypatch.setattr(torch, "_fused_sgd_", _update)
    monkeypatch.setattr(torch, "autocast", _autocast)
    monkeypatch.setattr(torch, "compile", lambda net, **_: net)
    monkeypatch.setattr(nn.Module, "_apply", _apply)
    monkeypatch.setattr(Tensor, "backward", lambda loss: _fill_gradients(loss.grad_fn))
    monkeypatch.setattr(Tensor, "__deepcopy__", _copy)
    monkeypatch.setattr(nn.Parameter, "__deepcopy__", _copy)
    for name, value in {"__int__": 9, "__float__": 1.0, "__bool__": True, "item": 1.0}.items():
        monkeypatch.setattr(Tensor, name, lambda self, name=name, value=value: (waits.append(name), value)[1])
    monkeypatch.setattr(Tensor, "tolist", lambda self: (waits.append("tolist"), [1.0] * len(self))[1])
    with FakeTensorMode():
        yield waits


def _apply(module: nn.Module, change: Any, recurse: bool = True) -> nn.Module:
    """As torch's, but with new tensors: fake ones cannot be exchanged in place."""
    for child in module.modules():
        for tensors, wrap in ((child._parameters, nn.Parameter), (child._buffers, lambda x: x)):
            for name, tensor in tensors.items():
                if tensor is not None and (changed := change(tensor.detach())) is not tensor:
                    tensors[name] = wrap(changed) if (changed.device, changed.dtype) != _kind(tensor) else tensor
    return module


def _kind(tensor: Tensor) -> tuple[torch.device, torch.dtype]:
    return tensor.device, tensor.dtype


def _copy(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    copied = tensor.detach().clone()
    memo[id(tensor)] = nn.Parameter(copied, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else copied
    return memo[id(tensor)]


def _fill_gradients(root: Any) -> None:
    """A gradient for each leaf that the value was computed from."""
    ahead, seen = [root], set()
    while ahead:
        node = ahead.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            node.variable.grad = torch.zeros_like(node.variable)
        ahead += [before for before, _ in node.next_functions]


def _update(weights: list[Tensor], gradients: list[Tensor], momenta: list[Tensor], **_: Any) -> None:
    for values in zip(weights, gradients, momenta, strict=True):
        assert {value.device.type for value in values} == {"cuda"}


@contextmanager
def _autocast(device: str, dtype: torch.dtype | None = None, enabled: bool = True) -> Iterator[None]:
    assert device == "cuda"
    yield
