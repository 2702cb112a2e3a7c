"""A part -> the network around it and the blueprint of that network, which differ in nothing but the part.

What the part is (channels in and out, stride) follows from the keyword arguments that name it and from a run of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from ..architecture import Architecture, Pool, Stage, Stem
from ..capture.inputs import parameters_of
from ..capture.problems import CaptureError, KeywordError, TargetProblem
from ..capture.running import record
from ..capture.target import LoadedTarget, load_target
from ..graph import Graph, Shape
from .surroundings import Form, Surroundings
from .table import Part, PartError

WORDS = ("in_channels", "out_channels", "stride", "num_classes")  # what a part may be said to be
BATCH = 2
MAP = 16  # height and width that a block or shortcut is first run at
NARROW = 16  # filters of the first convolution of an F that is none of the part's
TRIES = 8  # numbers of channels that a part is run with at most
# The sizes of the last maps of the paper's networks: heads with a pool of fixed size take no others.
LAST = {64: (8, 7)}
SIZES = {"stem-imagenet": (224,), "stem-cifar": (32,)}
POOL = Pool(3, 2, 0, ((1, False),))


@dataclass(frozen=True, slots=True)
class Embedded:
    """A part in its surroundings: what to capture and at which shapes, the blueprint, and the part's own figures."""

    target: LoadedTarget
    shapes: tuple[Shape, ...]
    architecture: Architecture
    figures: Mapping[str, int]
    form: Form


def load_part(target: object, kwargs: Mapping[str, Any]) -> LoadedTarget:
    """The part alone. Arguments of WORDS that its factory has no parameters for say what it is, and are not passed.

    Raises TargetError.
    """
    try:
        return load_target(target, kwargs)
    except KeywordError as error:
        if not set(error.names) & set(WORDS):
            raise
        given = {name: value for name, value in kwargs.items() if name not in error.names or name not in WORDS}
        loaded = load_target(target, given)
        return replace(loaded, info=replace(loaded.info, kwargs=dict(kwargs)))


def embed(part: Part, loaded: LoadedTarget) -> Embedded:
    """Put the part where it belongs. Raises TargetProblem where it does not run, PartError where it is not as said."""
    said = _said(loaded.info.kwargs)
    try:
        module = loaded.build("meta") if loaded.instance is None else loaded.instance
    except TargetProblem:
        module = loaded.build("cpu")  # its constructor looks at values
    shape, output = _probe(part, module, said)
    figures = _figures(part, said, shape, output)
    form = _form(part, figures)
    factory = _factory(loaded, form)
    if loaded.instance is None:
        around = replace(loaded, factory=factory)
    else:
        around = replace(loaded, instance=Surroundings(loaded.instance, form))
    return Embedded(around, _shapes(part, shape), _architecture(part, figures, form), figures, form)


def with_projections(embedded: Embedded, loaded: LoadedTarget) -> Embedded:
    """The same where every shortcut projects (option C): the surroundings', too."""
    form = replace(embedded.form, projects=True)
    if loaded.instance is None:
        around = replace(loaded, factory=_factory(loaded, form))
    else:
        around = replace(loaded, instance=Surroundings(loaded.instance, form))
    return replace(embedded, target=around, form=form)


def _factory(loaded: LoadedTarget, form: Form) -> Callable[..., object]:
    """Builds the network around the part, with the parameters of the part's own factory."""

    def build(**kwargs: Any) -> Surroundings:
        assert loaded.factory is not None
        part = loaded.factory(**kwargs)
        if not isinstance(part, nn.Module):
            raise TypeError(f"it returned {type(part).__name__}, not a torch.nn.Module: name what makes the part")
        return Surroundings(part, form)

    if loaded.factory is not None:
        functools.update_wrapper(build, loaded.factory, updated=())  # its signature, too: it is asked for keywords
    return build


def _said(kwargs: Mapping[str, Any]) -> dict[str, int]:
    """What the part is said to be, as numbers above 0. Raises PartError."""
    said = {name: kwargs[name] for name in WORDS if name in kwargs}
    for name, value in said.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise PartError(f"{name} is a whole number above 0, not {value!r}")
    return said


def _probe(part: Part, module: nn.Module, said: Mapping[str, int]) -> tuple[Shape, Shape]:
    """The shapes of an input that the part takes and of what it gives. Raises CaptureError.

    Where the channels that go in are not said, such as give those that are said to come out, if any do.
    """
    failures: list[CaptureError] = []
    runs: list[tuple[Shape, Shape]] = []
    waiting = list(_channels(part, module, said))
    for place in range(TRIES):
        if place == len(waiting):
            break
        found = _try(part, module, waiting[place], failures)
        if found is None:
            continue
        if "in_channels" in said or _gives(part, said, found[1]):
            return found
        runs.append(found)
        # what widens by a number or by a factor tells by this run which input it needs
        wanted, (before, after) = said["out_channels"], (shape[1] for shape in found)
        guesses = (wanted - (after - before), wanted * before // max(1, after))
        waiting += dict.fromkeys(guess for guess in guesses if guess > 0 and guess not in waiting)
    if runs:
        return runs[0]
    hint = "" if "in_channels" in said else "; if it takes other channels, say how many: --kw in_channels=..."
    raise CaptureError(f"the part did not run: {failures[0]}{hint}")


def _try(part: Part, module: nn.Module, channels: int, failures: list[CaptureError]) -> tuple[Shape, Shape] | None:
    """The shapes that went in and came out; None where no size of map runs, and why among the failures."""
    sizes = LAST.get(channels, (7, 8)) if part.name == "head" else SIZES.get(part.name, (MAP,))
    for size in sizes:
        shape = (BATCH, channels, size, size)
        try:
            return shape, _output(_run(module, shape))
        except CaptureError as error:
            failures.append(error)
    return None


def _gives(part: Part, said: Mapping[str, int], output: Shape) -> bool:
    """Are the channels of these maps those that are said, or is nothing said of them?"""
    wanted = said.get("out_channels")
    if wanted is None or len(output) != 4:
        return True
    return output[1] == wanted or (
        part.block == "bottleneck" and output[1] == 4 * wanted
    )  # the reduced width, for some


def _run(module: nn.Module, shape: Shape) -> Graph:
    """The part alone, on meta tensors or else on real ones. Raises CaptureError."""
    try:
        return record(module, shape)[0]
    except CaptureError as error:
        if any(t.is_meta for t in (*module.parameters(), *module.buffers())):
            raise
        try:
            return record(module, shape, device="cpu")[0]
        except CaptureError:
            raise error from None


def _output(graph: Graph) -> Shape:
    return graph[graph.output].shape


def _channels(part: Part, module: nn.Module, said: Mapping[str, int]) -> Iterator[int]:
    """Numbers of channels that the part may take: as said, else as its weights have them."""
    if "in_channels" in said:
        yield said["in_channels"]
        return
    weights = [p for p in parameters_of(module) if p.dim() in (2, 4)]
    found = dict.fromkeys(w.shape[1] for w in weights)
    yield from list(found)[:4]
    if not found:  # nothing in it depends on their number
        if "out_channels" not in said:
            yield 16
        else:
            yield max(1, said["out_channels"] // 2)
            yield said["out_channels"]


def _figures(part: Part, said: Mapping[str, int], shape: Shape, output: Shape) -> dict[str, int]:
    """The part's channels, stride, and, of a head, classes. Raises PartError where they are not those said."""
    if part.name == "head":
        if len(output) != 2:
            raise PartError(f"a head gives scores of shape (N, classes), and this one gives {_text(output)}")
        known = said.get("num_classes", output[1] if output[1] in (10, 1000) else 10 if shape[1] == 64 else 1000)
        return {"in_channels": shape[1], "num_classes": known}
    if len(output) != 4:
        raise PartError(f"a {part.title} gives maps of shape (N, C, H, W), and this part gives {_text(output)}")
    found = output[1]
    if not _gives(part, said, output):
        raise PartError(f"the part gives {found} channels, and not out_channels={said['out_channels']}")
    strides = {round(a / b) if b else 0 for a, b in zip(shape[2:], output[2:], strict=True)}
    if part.name.startswith("stem"):
        return {"in_channels": shape[1], "out_channels": found}
    if len(strides) != 1 or not min(strides):
        raise PartError(f"the part makes maps of {_text(output[2:])} from maps of {_text(shape[2:])}")
    return {"in_channels": shape[1], "out_channels": found, "stride": said.get("stride", strides.pop())} | (
        {"found_stride": round(shape[2] / output[2])}
    )


def _form(part: Part, figures: Mapping[str, int]) -> Form:
    kind = part.name.partition("-")[0] if part.name.startswith(("shortcut", "stem")) else "block"
    kind = "head" if part.name == "head" else kind
    width = figures.get("out_channels", figures["in_channels"])
    widths = (max(1, width // 4),) * 2 + (width,) if part.block == "bottleneck" else (width, width)
    if kind in ("shortcut", "head"):
        widths = (min(width, NARROW), width)  # F is ours alone, and of 2048 channels it would take a minute
    channels = width if kind == "stem" else figures["in_channels"]
    return Form(kind, channels, widths, figures.get("found_stride", 1), figures.get("num_classes", 10))


def _shapes(part: Part, shape: Shape) -> tuple[Shape, ...]:
    """Of images: before all parts but a stem stands a pool of stride 2."""
    if part.name.startswith("stem"):
        return (shape,)
    return ((BATCH, 3, 2 * shape[2], 2 * shape[3]),)


def _architecture(part: Part, figures: Mapping[str, int], form: Form) -> Architecture:
    """The blueprint's table: a stem, one stage of the part's block and another like it, a head."""
    stem = Stem(3, form.channels, 1, 1, 0, POOL)
    channels = 3
    if part.name == "stem-imagenet":
        stem, channels = Stem(7, 64, 2, 3, 112, Pool(3, 2, 56, ((0, True), (1, False)))), figures["in_channels"]
    elif part.name == "stem-cifar":
        stem, channels = Stem(3, 16, 1, 1, 32, None), figures["in_channels"]
    blocks = 2 if form.kind in ("shortcut", "block") else 1
    return Architecture(
        name=f"part/{part.name}",
        title=part.title,
        dataset=part.dataset,
        generation="v1",
        block=part.block,
        kernels=(1, 3, 1) if part.block == "bottleneck" else (3, 3),
        strided=1,
        channels=channels,
        size=SIZES.get(part.name, (2 * MAP,))[0],
        classes=form.classes,
        stem=stem,
        stages=(Stage("block", blocks, form.widths, figures.get("stride", 1), 0),),
        options=part.options,
        depth=0,
    )


def _text(shape: Shape) -> str:
    return "x".join(map(str, shape))
