"""Experiments on the candidate itself: the live network, with weights of our choice, on inputs of our choice.

The laboratory has a network of its own (constructed once more, or a copy of the user's instance), so that nothing that
an experiment does reaches the candidate. Forward passes are the network's own code, not a replay of its Graph. Only an
instance that cannot be copied, or whose code refers to its own tensors past any copy (a forward that is a closure), is
run itself, and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

from ..graph import Graph, Shape
from ..graph import Tensor as Registered
from .copies import copied, filled
from .emitter import Emitter
from .gradients import differentiate
from .inputs import input_name
from .isolation import collection_off
from .limits import exposed
from .outputs import main_output, require_trace
from .problems import LEAF, CaptureError, TargetError, TargetProblem
from .recorder import Recorder
from .running import Inlet, Path, Recording, record, registered, staged
from .target import LoadedTarget, initialisation_off

Tensors = Mapping[int, torch.Tensor]
MIXED = ("same dtype", "expected scalar type", "should be the same", "input and bias type")  # how torch refuses dtypes
ROLES = frozenset({"weight", "bias", "gamma", "beta", "mean", "var"})


@dataclass(frozen=True, slots=True)
class Run:
    """One pass of the live network. `output` are the logits; `tensors` all parameters and buffers after the pass.

    `graph` and `values` (by node) are of this very pass, where it was watched (a convolution's own result is not kept);
    `input_gradient` has the input's shape, where a loss was given.
    """

    output: torch.Tensor
    tensors: Tensors
    graph: Graph | None = None
    values: Tensors = field(default_factory=dict)
    input_gradient: torch.Tensor | None = None


class Laboratory:
    """A candidate on the bench. `tensors` are its registered parameters and buffers, in the order of its Graphs.

    `graph` says which of them are read in a role that any value of the right shape can fill; it is `valued` where it
    was recorded on real tensors, as the network looks at values. `places` say for each mode which of the tensors that
    the network returns are the logits, where that is not plain.
    """

    def __init__(
        self, target: LoadedTarget, graph: Graph, valued: bool = False, places: Mapping[str, int] | None = None
    ) -> None:
        self.target, self.valued, self.places = target, valued, places or {}
        self.tensors: tuple[Registered, ...] = graph.tensors
        self._graph = graph
        self._module: nn.Module | None = None
        self._meta: nn.Module | None = None
        self.drew = False  # random numbers were drawn in a training pass
        self._single = False  # its code cannot run in double precision
        self._plain = False  # its code says that its input needs no gradient

    def capture(self, shape: Shape, mode: str = "eval", seed: int = 0) -> Graph:
        """The Graph of one pass on an input of this shape: on meta tensors, else on the CPU. Raises CaptureError."""
        with collection_off():
            made = self._recorded(shape, mode, seed)
        self.drew |= made.drew and mode == "train"
        return made.graph

    def _recorded(self, shape: Shape, mode: str, seed: int) -> Recording:
        if self.valued:
            return record(self.module, shape, mode, "cpu", seed)
        try:
            if self._meta is None:
                self._meta = self.target.build("meta") if self.target.instance is None else self.target.instance
            return record(self._meta, shape, mode, "meta", seed)
        except TargetProblem:
            return record(self.module, shape, mode, "cpu", seed)

    @property
    def module(self) -> nn.Module:
        """The laboratory's own network, on the CPU. Raises CaptureError where it cannot be made again."""
        if self._module is None:
            self._module = self._build()
        return self._module

    def _build(self) -> nn.Module:
        """Without initial values, where every tensor that is read gets values of ours."""
        if self.target.instance is not None:
            module = copied(self.target.instance, next(n.shape for n in self._graph if n.op == "input"))
        else:
            graph, unfilled = self._graph, set(range(len(self.tensors)))
            for node in graph:
                unfilled -= {
                    graph[i].attrs["tensor"]
                    for role, i in zip(node.roles, node.inputs, strict=True)
                    if role in ROLES and graph[i].op in ("parameter", "buffer")
                }
            read = {graph[i].attrs["tensor"] for i in graph.live if graph[i].op in ("parameter", "buffer")}
            try:
                with ExitStack() as stack:
                    if not (self.valued or unfilled & read or _reads_others(graph)):
                        stack.enter_context(initialisation_off())
                    module = self.target.build("cpu")
            except TargetError:
                try:
                    module = self.target.build("cpu")  # its constructor looks at initial values
                except TargetError as error:
                    raise CaptureError(str(error)) from error
        if [tuple(t.shape) for t, _ in registered(module)] != [t.shape for t in self.tensors]:
            raise CaptureError("constructed again, the network has other parameters than the first time")
        return module

    def initial(self, times: int = 2, seed: int | None = None) -> tuple[Tensors, ...] | None:
        """Initial values by tensor of repeated construction; None where the network cannot be constructed again."""
        from .initial import initial_weights

        return initial_weights(self.target, times, seed)

    def close(self) -> None:
        """Let go of the laboratory's own networks; what is asked for later is made once more."""
        self._module = self._meta = None

    def variant(self, **kwargs: Any) -> Laboratory:
        """The same factory with other keyword arguments. Raises CaptureError where it cannot be made."""
        target = LoadedTarget(
            self.target.info, self.target.factory, None, {**self.target.kwargs, **kwargs}, self.target.folder
        )
        try:
            module = target.build("meta")
            listed = tuple(tensor for _, tensor in registered(module))
        except TargetError as error:
            raise CaptureError(str(error)) from error
        other = Laboratory(target, Graph(self._graph.nodes[:1], 0, listed))
        other._meta = module
        return other

    def run(
        self,
        x: torch.Tensor,
        tensors: Tensors,
        *,
        mode: str = "eval",
        watch: bool = False,
        seed: int = 0,
        loss: Callable[[torch.Tensor], torch.Tensor] | None = None,
        on_gradient: Callable[[int, torch.Tensor | None], None] | None = None,
        earlier: Sequence[torch.Tensor] = (),
    ) -> Run:
        """One pass of the live network on x (N, C, H, W), in its dtype, with these tensors in place of its own.

        A network whose code fixes single precision (`x.float()` before the classifier) runs in that.

        `earlier` are batches that pass before, unobserved: what they leave in the network is there for x.
        With `loss`, a function from the output to a scalar, gradients are taken: `on_gradient` gets each parameter's
        index and gradient (None: it received none), which is then dropped. Raises CaptureError.
        """
        what = partial(self._run, tensors, mode, watch, seed, loss, on_gradient)
        if not self._single:
            try:
                return what(x, earlier)
            except CaptureError as refusal:
                if LEAF in str(refusal) and not self._plain:
                    self._plain = True
                    return what(x, earlier)
                if x.dtype != torch.float64 or not _mixes_dtypes(refusal):
                    raise
        self._single = True
        return what(x.float(), [batch.float() for batch in earlier])

    def _run(
        self,
        tensors: Tensors,
        mode: str,
        watch: bool,
        seed: int,
        loss: Callable[[torch.Tensor], torch.Tensor] | None,
        on_gradient: Callable[[int, torch.Tensor | None], None] | None,
        x: torch.Tensor,
        earlier: Sequence[torch.Tensor],
    ) -> Run:
        module, path = self.module, Path(self.module)
        places = [t for t, _ in registered(module)]
        name, train, written = input_name(module), mode == "train", self._graph.written
        doing = f"in {mode} mode on an input of shape {tuple(x.shape)}"
        with staged(module, path, train, loss is not None, seed, doing), filled(places, tensors, x.dtype, written):
            torch.set_default_dtype(x.dtype)
            x = x.detach().clone()
            graded = loss is not None and not self._plain
            leaf = x.requires_grad_() if graded else x
            given = Inlet.apply(leaf) if graded else x
            emitter = Emitter(list(self.tensors), loss is not None)
            recorder = Recorder(emitter, path.current, lambda: path.functions > 0, False)
            if watch:
                recorder.kept = {}
                recorder.begin(given, [(t, t) for t in places])
            for batch in earlier:
                exposed(partial(_forward, module, name, batch))
            with path.followed(), recorder if watch else nullcontext():
                returned = exposed(partial(_forward, module, name, given))
            output = main_output(returned, x.shape[0], self.places.get(mode))
            graph = None
            if watch:
                emitter.where = ""
                last = recorder.read(output)
                require_trace(emitter, last)
                graph = emitter.finish(last, mode)
            kept = recorder.kept or {}
            kept |= {i: torch.cat([kept[k] for k in row]) for i, row in emitter.pieces.items() if kept.keys() >= {*row}}
            values = {emitter.place[i]: t for i, t in kept.items() if i in emitter.place}
            del recorder
            after = {i: t.detach().clone() if t.numel() < 2**16 else t.detach() for i, t in self._present(module)}
            if loss is not None:  # the tensors were read first: checkpointed blocks run once more in the backward pass
                differentiate(places, loss(output), on_gradient)
            return Run(output.detach(), after, graph, values, leaf.grad if loss is not None else None)

    def own(self, index: int) -> torch.Tensor:
        """The value that a registered tensor has in the laboratory's network, and in each pass that gives it none."""
        return registered(self.module)[index][0].detach()

    def _present(self, module: nn.Module) -> Iterator[tuple[int, torch.Tensor]]:
        """The registered tensors as they are now: a pass may have put another one in the place of a buffer."""
        now = {
            name: t
            for pairs in (nn.Module.named_parameters, nn.Module.named_buffers)
            for name, t in pairs(module, remove_duplicate=False)
        }
        for i, tensor in enumerate(self.tensors):
            if tensor.names[0] in now:
                yield i, now[tensor.names[0]]


def _mixes_dtypes(refusal: CaptureError) -> bool:
    """Did torch refuse dtypes? Its words may stand behind a library's own first line, as in Keras."""
    try:
        told = f"{refusal} {refusal.__cause__}"
    except Exception:  # noqa: BLE001 - a stranger's exception may fail to say what it is
        told = str(refusal)
    return any(words in told for words in MIXED)


def _reads_others(graph: Graph) -> bool:
    """Does the output depend on numbers that are neither registered nor zeros? A constructor made them, perhaps."""
    return any(graph[i].op == "constant" and not graph[i].attrs["zero"] for i in graph.live)


def _forward(module: nn.Module, name: str | None, x: torch.Tensor) -> Any:
    return module(x) if name is None else module(**{name: x})
