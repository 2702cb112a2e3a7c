"""Runs a network once and records every aten call as canonical nodes: a TorchDispatchMode below autograd.

It survives any Python control flow, sees through every container and costs one forward pass (DESIGN.md
section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ..graph import Node, Shape
from .calls import Call, generic
from .emitter import Emitter
from .facts import UNKNOWN, Fact
from .kernels import kernels
from .lowering import LOWERINGS
from .problems import CaptureError
from .sights import VIEWS
from .values import Value, Values
from .views import view_steps

# in-place operations that change how a tensor sees its memory, and none of the memory
RESHAPED = frozenset({"squeeze_", "unsqueeze_", "transpose_", "t_", "swapaxes_", "swapdims_", "as_strided_"})
UNKNOWN_MEMORY = frozenset({"set_", "resize_", "resize_as_"})
FACTORIES = frozenset({"zeros", "ones", "full", "empty", "rand", "randn"})
STATISTICS = frozenset(
    {"_native_batch_norm_legit", "_batch_norm_with_update", "rrelu_with_noise"}
)  # they write running statistics or the noise that they drew, and return values
READS = frozenset({"_local_scalar_dense", "equal", "is_nonzero"})


@dataclass(frozen=True, slots=True)
class Schema:
    """What the recorder needs to know of an overload, read once."""

    name: str
    parameters: tuple[tuple[str, Any], ...]
    written: tuple[str, ...]
    aliases: bool
    fresh: bool  # a result is no argument that was written
    composite: bool


def read_schema(func: Any) -> Schema:
    """Name without the in-place underscore, parameters with their defaults, and what is written or
    aliased.
    """
    schema = func._schema
    space, _, base = schema.name.partition("::")
    parameters = tuple((a.name, a.default_value if a.has_default_value() else None) for a in schema.arguments)
    written = tuple(
        a.name
        for a in schema.arguments
        if a.alias_info is not None and a.alias_info.is_write and (a.name != "noise" or base[-1] != "_")
    )
    if base.endswith("_") and not base.endswith("__"):
        base = base if base in RESHAPED | UNKNOWN_MEMORY else base[:-1]
    aliases = any(r.alias_info is not None for r in schema.returns) or base == "_unsafe_view"
    fresh = any(r.alias_info is None for r in schema.returns)
    composite = torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")
    return Schema(base if space == "aten" else f"{space}.{base}", parameters, written, aliases, fresh, composite)


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _viewed_from(view: Node, value: torch.Tensor, shape: Shape) -> torch.Tensor:
    """The value of what a view was taken of."""
    if view.op == "reshape":
        return value.reshape(shape)
    order = view.attrs["order"]
    return value.permute([order.index(i) for i in range(len(order))])


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Records the calls made while it is active. `path` gives the module that runs, `in_function` says
    whether a custom autograd function does (its forward runs without gradients, and cuts none off)."""

    def __init__(self, emitter: Emitter, path: Callable[[], str], in_function: Callable[[], bool], meta: bool) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.emitter = emitter
        self.values = Values(emitter, self._external)
        self.path = path
        self.in_function = in_function
        self.meta = meta
        self.schemas: dict[Any, Schema] = {}
        self.kernels: Mapping[Any, Callable[..., Any]] = kernels() if meta else {}
        self.inspected: list[str] = []  # places where a value of the data was looked at
        self.nodes: dict[int, int] = {}  # by position: the node of a registered tensor
        self.positions: dict[int, int] = {}  # by storage: the position of a registered tensor
        self.kept: dict[int, torch.Tensor] | None = None  # by node: the values of this run, where they are wanted

    def begin(self, x: torch.Tensor, tensors: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> None:
        """The input, and the registered tensors in order: each as (original, the twin that stands for it
        in this run).
        """
        self.values.bind(x, self.emitter.append("input", (), {}, tuple(x.shape)))
        for position, pair in enumerate(tensors):
            for t in pair:  # a network may keep the original in a list of its own beside the registered one
                make = partial(self._registered, position)
                self.positions[self.values.register(t, make)] = position

    def _registered(self, position: int) -> int:
        if position not in self.nodes:
            self.nodes[position] = self.emitter.tensor(position)
        return self.nodes[position]

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # torch wraps a mode that says True by importing torch._dynamo, which costs seconds
        return False

    def _external(self, t: torch.Tensor) -> int:
        zero = not t.is_meta and t.numel() > 0 and not t.is_complex() and not bool(t.any())
        index = self.emitter.constant(tuple(t.shape), Fact(fill=0.0) if zero else UNKNOWN)
        self.emitter.outside.add(index)
        return index

    def read(self, t: torch.Tensor) -> int:
        """The node of a tensor; a `detach` in between where the network cut off a gradient that would
        have passed.
        """
        e = self.emitter
        node = self.values.read(t)
        if e.with_grad and e.grads[node] and not t.requires_grad and not self.in_function():
            return e.detach(node)
        return node

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        schema = self.schemas.get(func)
        if schema is None:
            schema = self.schemas[func] = read_schema(func)
        kwargs = dict(kwargs or {})
        if schema.composite:  # in inference mode such an operation arrives whole; everywhere else as its parts
            with self:
                return func.decompose(*args, **kwargs)
        self.emitter.where = self.path()
        if self.meta and schema.name in FACTORIES:
            kwargs["device"] = torch.device("meta")
        named = dict(schema.parameters)
        named.update(zip(named, args, strict=False))
        named.update(kwargs)
        if schema.name in UNKNOWN_MEMORY:
            raise CaptureError(f"{schema.name} (at {self.emitter.where or 'the top'}) cannot be followed")
        seen = self.values.find(args[0]) if schema.name in RESHAPED else None
        kernel = self.kernels.get(func)
        result = kernel(*args, **kwargs) if kernel is not None else None
        if result is None:
            result = func(*args, **kwargs)
        self._record(schema, named, result, seen)
        return result

    def _record(self, schema: Schema, named: Mapping[str, Any], result: Any, seen: Value | None) -> None:
        results = list(_tensors(result))
        if seen is not None:
            self._view(schema.name[:-1], named, seen, results, False)
        elif schema.name in READS:
            if any(self.emitter.depends[self.read(t)] for t in _tensors(list(named.values()))):
                self.inspected.append(self.emitter.where)
        elif schema.written and not (schema.name in STATISTICS and schema.fresh):
            self._write(schema, named, results)
        elif results and schema.aliases and self._aliased(named, results):
            base = next(_tensors(list(named.values())))
            value = self.values.find(base)
            # torch's factories detach what they made; under gradients `read` sees who is detached
            own = schema.name != "detach" or self.emitter.with_grad or not self.emitter.depends[value.node]
            self._view(schema.name, named, value, results, not own or id(base) in self.values.cut)
        elif results:
            self._compute(schema, named, results)

    def _aliased(self, named: Mapping[str, Any], results: list[torch.Tensor]) -> bool:
        base = next(_tensors(list(named.values())))
        return bool(base.untyped_storage()._cdata == results[0].untyped_storage()._cdata)

    def _view(self, name: str, named: Mapping[str, Any], base: Value, results: list[torch.Tensor], cut: bool) -> None:
        shapes = [tuple(t.shape) for t in results]
        source = self.emitter[base.node].shape
        for place, t in enumerate(results):
            self.values.view(t, base, view_steps(name, named, source, shapes[place], place, shapes))
            if cut:
                self.values.cut.add(id(t))

    def _lower(self, schema: Schema, named: Mapping[str, Any], result: torch.Tensor) -> int:
        call = Call(schema.name, named, tuple(result.shape), self.emitter, self.read)
        node = LOWERINGS.get(schema.name, generic)(call)
        if not result.dtype.is_floating_point:
            self.emitter.grads[node] = False
        return node

    def _write(self, schema: Schema, named: Mapping[str, Any], results: list[torch.Tensor]) -> None:
        targets = list(_tensors([named[name] for name in schema.written]))
        if len(targets) != 1:
            raise CaptureError(f"{schema.name} (at {self.emitter.where or 'the top'}) writes many tensors: "
                               "this cannot be followed")  # fmt: skip
        target = targets[0]
        value = self.values.find(target) if target.numel() else None
        if schema.written[0] == "out":  # a result, not an operand
            named = {key: item for key, item in named.items() if key != "out"}
        node = self._lower(schema, named, target)
        if value is None or self.emitter[node].shape != tuple(target.shape):
            self.values.bind(target, node)
            return
        self.values.write(target, node)
        self._keep(node, target)
        if self.values.is_registered(target):
            self.emitter.effects.add(node)
            self.emitter.written.add(self.positions[target.untyped_storage()._cdata])

    def _keep(self, node: int, t: torch.Tensor) -> None:
        if self.kept is not None and t.dim() > 1 and self.emitter[node].op != "conv":  # convolutions take most memory
            value = self.kept[node] = t.detach().clone()
            while self.emitter[node].op in VIEWS and (source := self.emitter[node].inputs[0]) not in self.kept:
                value = self.kept[source] = _viewed_from(self.emitter[node], value, self.emitter[source].shape)
                node = source  # the layer was recorded on the map that the network had turned for it

    def _compute(self, schema: Schema, named: Mapping[str, Any], results: list[torch.Tensor]) -> None:
        first = self._lower(schema, named, results[0])
        if not self.meta and self.emitter[first].op == "constant" and self.emitter.fact(first) == UNKNOWN:
            first = self._external(results[0])  # the values are there: are they zero?
        self.values.bind(results[0], first)
        self._keep(first, results[0])
        for place, t in enumerate(results[1:], start=1):
            if t.numel():  # a second result is known by its first, and seldom read
                self.values.bind_late(t, lambda t=t, place=place: self._further(schema, first, t, place))  # type: ignore[misc]

    def _further(self, schema: Schema, first: int, t: torch.Tensor, place: int) -> int:
        name = schema.name if "." in schema.name else f"aten.{schema.name}"
        index = self.emitter.append(f"{name}.{place}", (first,), {}, tuple(t.shape))
        self.emitter.grads[index] &= t.dtype.is_floating_point
        return index
