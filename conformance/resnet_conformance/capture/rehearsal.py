"""One run of a file's network on meta tensors, to see what its operations are given, before it is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn

from .isolation import module_kept, swap_twins


def rehearse(
    network: nn.Module,
    watched: Iterable[nn.Module],
    sizes: Sequence[int],
    look: Callable[[Any, tuple[Any, ...], Any], None],
) -> bool:
    """Run the network on an input of these sizes; `look(module, given, result)` is called for each module watched.

    False where it does not run: the capture will say what is wrong.
    """
    with module_kept(network), torch.no_grad():
        swap_twins(network, "meta")
        hooks = [module.register_forward_hook(look) for module in watched]
        try:
            if hooks:
                network(torch.empty(tuple(sizes), device="meta"))
        except Exception:  # noqa: BLE001
            return False
        finally:
            for hook in hooks:
                hook.remove()
    return True
