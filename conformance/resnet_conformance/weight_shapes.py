"""Which network are these weights of? What the shapes in a file of weights tell, and what they cannot.

Names are not looked at: shapes are counted. Strides, padding, activations, pooling and what a shortcut without
parameters does leave no trace in weights, so that several architectures may fit (ResNet-50 and its v1.5), and nothing
is ever said to be exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .architecture import Architecture
from .blueprint import draw
from .findings import Identification
from .graph import Graph
from .spec import Spec

UNSEEN = (
    "Shapes do not show strides, padding, activations, pooling, what a shortcut without parameters does, eps or"
    " momentum. Judge the code or an exported network for these."
)
NEAR = 0.25  # the part of all convolutions that may differ where an architecture is still called the nearest
SHOWN = 4

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a network keeps, counted: convolutions (filters, channels, height, width), matrices (classes, features) and
    vectors (BN's and biases) by length.
    """

    convolutions: Counter[Shape]
    matrices: Counter[Shape]
    vectors: Counter[int]

    @property
    def turned(self) -> Shapes:
        """As if kept (height, width, channels, filters) and (features, classes), as TensorFlow and JAX do."""
        return Shapes(
            Counter({(f, c, h, w): n for (h, w, c, f), n in self.convolutions.items()}),
            Counter({(o, i): n for (i, o), n in self.matrices.items()}),
            self.vectors,
        )


def count_shapes(shapes: Iterable[Sequence[int]]) -> Shapes:
    """Counted by rank: 4, 2 and 1; tensors of other ranks are no layer's."""
    found = [tuple(map(int, shape)) for shape in shapes]
    return Shapes(
        Counter(s for s in found if len(s) == 4),
        Counter(s for s in found if len(s) == 2),
        Counter(s[0] for s in found if len(s) == 1),
    )


def shapes_of(graph: Graph) -> Shapes:
    """What the layers of a blueprint keep; of a BN one vector stands for all."""

    def of(op: str, role: str) -> Iterator[Shape]:
        for node in graph:
            index = node.operand(role) if node.op == op else None
            if index is not None:
                yield tuple(graph[index].shape)

    return count_shapes([*of("conv", "weight"), *of("linear", "weight"), *of("batch_norm", "gamma")])


@dataclass(frozen=True, slots=True)
class Fit:
    """An architecture (of one shortcut option) beside weights: what each has that the other lacks."""

    architecture: Architecture
    lacking: Counter[Shape]
    more: Counter[Shape]
    part: float  # of all convolutions
    norms: bool  # do the vectors fit its BN?
    turned: bool
    classes: int | None


def identify_shapes(found: Shapes, spec: Spec) -> Identification:
    """The architectures whose layers have these shapes, the papers' first, and what tells them apart.

    Raises ValueError where there is no convolution.
    """
    if not found.convolutions:
        raise ValueError("it holds no weights of a convolution (four dimensions)")
    fits = [fit for a in spec.architectures.values() for fit in _fits(a, found)]
    fits.sort(key=_likelihood)
    best = fits[0]
    if best.part > NEAR:
        return Identification(None, False, (), ("No architecture of the spec has layers of these shapes.",))
    equal = [fit for fit in fits if (fit.part, fit.norms) == (best.part, best.norms)]
    return Identification(best.architecture.name, False, (), tuple(_reasons(best, equal)))


def _likelihood(fit: Fit) -> tuple[object, ...]:
    """What fits best comes first; of what fits alike a paper's residual network."""
    known = fit.architecture
    return fit.part, not fit.norms, known.variant, not known.residual, known.generation, fit.turned


def _fits(architecture: Architecture, found: Shapes) -> Iterator[Fit]:
    for option in architecture.options:
        one = architecture.with_option(option)
        wanted = shapes_of(draw(one))
        for turned in (False, True):
            yield _fit(one, wanted, found.turned if turned else found, turned)


def _fit(architecture: Architecture, wanted: Shapes, found: Shapes, turned: bool) -> Fit:
    lacking, more = wanted.convolutions - found.convolutions, found.convolutions - wanted.convolutions
    total = wanted.convolutions.total() + found.convolutions.total()
    features = next((i for (_, i) in wanted.matrices), 0)
    classes = next((o for (o, i) in found.matrices if i == features), None)
    vectors = found.vectors - Counter({classes or 0: 1})  # without the classifier's bias
    norms = any(Counter({k: n * times for k, n in wanted.vectors.items()}) == vectors for times in (2, 3, 4))
    part = (lacking.total() + more.total()) / total
    return Fit(architecture, lacking, more, part, norms, turned, classes)


def _reasons(best: Fit, equal: Sequence[Fit]) -> Iterator[str]:
    """What fits, and which architecture, in one sentence; what does not; and what cannot be known."""
    names = list(dict.fromkeys(fit.architecture.name for fit in equal))
    whole = best.norms and not best.turned and best.classes == best.architecture.classes
    if best.part:
        yield f"By shapes the nearest is {names[0]}; of its convolutions some differ: {_difference(best)}."
    else:
        what = "Its shapes are exactly those of " if whole else "The shapes of all its convolutions are those of "
        rest = "which shapes cannot tell apart" if len(names) > 1 else "and of no other architecture of the spec"
        yield f"{what}{' and of '.join(names)}, {rest}."
    if not best.norms:
        yield "The vectors are not those of its BN: two to four of each BN's length, and the classifier's bias."
    if best.turned:
        yield "Weights are kept (height, width, channels, filters), as TensorFlow and JAX do."
    if best.classes is None:
        yield "There is no classifier of its features."
    elif best.classes != best.architecture.classes:
        yield f"The classifier has {best.classes} classes, the architecture {best.architecture.classes}."
    yield UNSEEN


def _difference(fit: Fit) -> str:
    return "; ".join(
        f"{verb} {', '.join(_texts(shapes))}"
        for verb, shapes in (("without", fit.lacking), ("with", fit.more))
        if shapes
    )


def _texts(shapes: Counter[Shape]) -> Iterator[str]:
    for number, ((filters, channels, height, width), count) in enumerate(sorted(shapes.items())):
        if number == SHOWN:
            yield f"and {len(shapes) - SHOWN} kinds more"
            return
        yield f"{count} of {height}x{width} from {channels} to {filters} channels"
