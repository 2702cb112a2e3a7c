"""The same module under other names: each submodule, parameter and buffer gets a random, misleading one."""

from __future__ import annotations

import random

from torch import nn

MISLEADING = (
    "relu",
    "downsample",
    "layer4",
    "fc",
    "bn",
    "conv1",
    "shortcut",
    "maxpool",
    "dropout",
    "weight",
    "stem",
)
REGISTERS = ("_modules", "_parameters", "_buffers")


def _attribute(register: str, name: str) -> property:
    """What the module's own code still finds under the old name."""

    def get(self: nn.Module) -> object:
        try:
            return self.__dict__[register][name]
        except KeyError:
            raise AttributeError(name) from None

    return property(get)


def _item(self: nn.ModuleList, index: int | slice) -> object:
    """A list's own access goes by the names "0", "1", ...: here by order."""
    entries = list(self._modules.values())
    return nn.ModuleList(entries[index]) if isinstance(index, slice) else entries[index]  # type: ignore[arg-type]


def rename(module: nn.Module, seed: int) -> nn.Module:
    """Rename everything in the module, in place; its code goes by properties that carry the old names."""
    draw = random.Random(seed)
    for part in list(module.modules()):
        old: dict[str, object] = {"__getitem__": _item} if isinstance(part, nn.ModuleList) else {}
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
