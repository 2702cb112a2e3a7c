"""The same module under other names: every submodule, parameter and buffer is registered under a random, misleading one."""

from __future__ import annotations

import random

from torch import nn

MISLEADING = ("relu", "downsample", "layer4", "fc", "bn", "conv1", "shortcut", "maxpool", "dropout", "weight", "stem")
REGISTERS = ("_modules", "_parameters", "_buffers")


def _attribute(register: str, name: str) -> property:
    """What the module's own code still finds under the old name."""

    def get(self: nn.Module) -> object:
        try:
            return self.__dict__[register][name]
        except KeyError:
            raise AttributeError(name) from None

    return property(get)


def rename(module: nn.Module, seed: int) -> nn.Module:
    """Rename everything in the module, in place; its code finds the things by properties that carry the old names."""
    draw = random.Random(seed)  # noqa: S311
    for part in list(module.modules()):
        old: dict[str, object] = {}
        for register in REGISTERS:
            entries = dict(part.__dict__[register])
            part.__dict__[register].clear()
            for name, value in entries.items():
                new = f"{draw.choice(MISLEADING)}_{draw.randrange(10**6)}"
                part.__dict__[register][new] = value
                old[name] = _attribute(register, new)
                if name in part._non_persistent_buffers_set:
                    part._non_persistent_buffers_set.add(new)
        part.__class__ = type(type(part).__name__, (type(part),), old)
    return module
