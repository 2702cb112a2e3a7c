"""Gradients of a live network's parameters, each told as soon as it is there and then dropped."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from .limits import exposed
from .problems import CaptureError, last_line


def differentiate(
    places: list[torch.Tensor],
    value: torch.Tensor,
    on_gradient: Callable[[int, torch.Tensor | None], None] | None,
) -> None:
    """Take the gradients of a scalar: `on_gradient` gets the index and gradient of each of `places` that learns.

    A gradient is dropped once it was told; None where the parameter received none. Raises CaptureError.
    """
    silent = {i for i, t in enumerate(places) if isinstance(t, nn.Parameter) and t.requires_grad}

    def listen(index: int) -> Callable[[torch.Tensor], None]:
        def hear(parameter: torch.Tensor) -> None:
            silent.discard(index)
            if on_gradient is not None:
                on_gradient(index, parameter.grad)
            parameter.grad = None

        return hear

    hooks = [places[i].register_post_accumulate_grad_hook(listen(i)) for i in silent]  # type: ignore[no-untyped-call]
    try:
        if not value.requires_grad:
            raise CaptureError("the network's output carries no gradient: it is detached, or made under no_grad")
        exposed(value.backward)
    except CaptureError:
        raise
    except RuntimeError as error:
        raise CaptureError(f"its gradients cannot be computed: {last_line(error)}") from error
    finally:
        for hook in hooks:
            hook.remove()
    if on_gradient is not None:
        for index in sorted(silent):
            on_gradient(index, None)
