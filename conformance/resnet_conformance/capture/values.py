"""Which node a tensor stands for at this moment: the aliases of every storage, and what an in-place
write does to them.

A tensor is known by its storage and geometry, not by the Python object: autograd wraps views in new
objects. Each storage counts its writes. A value that is older than its storage is taken again from the
view that it is of; a write through a view goes back, step by step, into the base. What cannot be
followed is refused, never guessed (DESIGN.md section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .emitter import Emitter
from .problems import CaptureError
from .views import Step

Geometry = tuple[Any, ...]


@dataclass(slots=True)
class Storage:
    """One piece of memory; `version` counts the writes to it, `root` is the tensor that it was made for."""

    version: int
    root: Value | None


@dataclass(slots=True)
class Value:
    """What one geometry of a storage holds: `node` as of `version`; `parent` and `step` if it is a view
    of another value.
    """

    storage: Storage
    node: int
    version: int
    parent: Value | None = None
    step: Step | None = None


def geometry(t: torch.Tensor) -> Geometry:
    """The tensor as a place in memory."""
    return (t.untyped_storage()._cdata, t.storage_offset(), t.shape, t.stride(), t.dtype)


class Values:
    """The nodes of all tensors that are alive during one run."""

    def __init__(self, emitter: Emitter, external: Callable[[torch.Tensor], int]) -> None:
        self.emitter = emitter
        self.external = external  # the node of a tensor that came from outside the run
        self.alive: list[torch.Tensor] = []  # a freed storage's address would be given to another
        self.table: dict[Geometry, Value] = {}
        self.storages: dict[int, Storage] = {}
        self.cut: set[int] = set()  # id of tensors that the network detached by name
        self.late: dict[Geometry, Callable[[], int]] = {}  # tensors that become nodes only when somebody reads them
        self.owners: dict[int, torch.Tensor] = {}  # by storage: the registered tensors

    def bind(self, t: torch.Tensor, node: int) -> Value:
        """A tensor with memory of its own, holding `node`."""
        key = geometry(t)
        storage = Storage(0, None)
        value = storage.root = Value(storage, node, 0)
        self.storages[key[0]] = storage
        self.table[key] = value
        self.alive.append(t)
        return value

    def register(self, t: torch.Tensor, make: Callable[[], int]) -> int:
        """A parameter or buffer, whose node is made at the first use. Returns its storage."""
        key = geometry(t)
        storage: int = key[0]
        self.late.setdefault(key, make)
        self.owners.setdefault(storage, t)
        return storage

    def is_registered(self, t: torch.Tensor) -> bool:
        """Does the tensor lie in the memory of a parameter or buffer?"""
        return t.untyped_storage()._cdata in self.owners

    def bind_late(self, t: torch.Tensor, make: Callable[[], int]) -> None:
        """A tensor with memory of its own, whose node is made at the first use."""
        self.late[geometry(t)] = make
        self.alive.append(t)

    def find(self, t: torch.Tensor) -> Value:
        """The value at the tensor's place in memory."""
        key = geometry(t)
        value = self.table.get(key)
        if value is not None:
            return value
        make = self.late.get(key)
        if make is not None:
            return self.bind(t, make())
        if key[0] not in self.storages and key[0] in self.owners:
            self.find(self.owners[key[0]])
        storage = self.storages.get(key[0])
        if storage is None or storage.root is None:
            return self.bind(t, self.external(t))
        # memory that we know, seen through a view that was taken before the run or out of our sight
        root = storage.root
        attrs = {"size": tuple(t.shape), "stride": t.stride(), "storage_offset": t.storage_offset()}
        step = Step("aten.as_strided", self.emitter[root.node].shape, tuple(t.shape), attrs)
        return self.view(t, root, [step])

    def view(self, t: torch.Tensor, base: Value, steps: Sequence[Step]) -> Value:
        """A view of `base` by these steps."""
        key = geometry(t)
        known = self.table.get(key)
        self.alive.append(t)
        if known is not None and known.storage is base.storage:
            return known
        value = base
        for step in steps:
            node = step.take(self.emitter, self.current(value))
            value = Value(base.storage, node, base.storage.version, value, step)
        self.table[key] = value
        return value

    def current(self, value: Value) -> int:
        """The node that the value holds now."""
        if value.version != value.storage.version:
            if value.parent is None or value.step is None:
                raise CaptureError(
                    f"a tensor written in place (at {self.emitter.where or 'the top'}) cannot be followed"
                )
            value.node = value.step.take(self.emitter, self.current(value.parent))
            value.version = value.storage.version
        return value.node

    def read(self, t: torch.Tensor) -> int:
        """The node that an operation reads when it is given this tensor."""
        node = self.current(self.find(t))
        if id(t) in self.cut:
            return self.emitter.detach(node)
        return node

    def write(self, t: torch.Tensor, node: int) -> None:
        """An operation has overwritten this tensor with `node`."""
        value = self.find(t)
        if node == self.current(value):  # `y[:, :4] += x` ends with a copy of the slice to itself
            return
        changed = [(value, node)]
        while value.parent is not None and value.step is not None:
            base = self.current(value.parent)
            node = value.step.put(self.emitter, base, node)
            value = value.parent
            changed.append((value, node))
        value.storage.version += 1
        for value, node in changed:
            value.node, value.version = node, value.storage.version
