"""What an optimizer does, measured by running it: its answer to one impulse of gradient, and to none.

SGD with momentum m moves a parameter after a unit gradient by lr (1, m, m^2, ...); Nesterov's form by
lr (1 + m, m^2, m^3, ...); the form with (1 - m) by lr (1 - m) (1, m, ...). What scales otherwise than the gradient
is no SGD. Weight decay that is a part of the gradient, as the papers' is, is followed by the same; decoupled decay is
not. Every parameter of the network is asked.

Sources: He et al. 2015, section 3.4; README of the released models; Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from .recipe_specimen import CONV, Specimen, stand_in

Form = Literal["heavy-ball", "nesterov", "damped", "other"]


class CannotExamineError(Exception):
    """A part of the recipe is missing or cannot be run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class OptimizerFacts:
    """`decay` maps the kind of parameter, and its name, to the weight decay that it gets; `first` is the form's first
    factor. Momentum and form are those of the first convolution that moves; `others` names the parameters whose steps
    fall off otherwise, with their momentum, and `still` those that no gradient moves. `decoupled` names those whose
    weights shrink beside the gradient, so that their decay does not pass through the momentum.
    """

    name: str
    linear: bool  # steps are proportional to the gradient
    momentum: float
    form: Form
    first: float
    rate_inside: bool  # v := m v + lr g; False: v := m v + g, w := w - lr v
    decay: Mapping[str, Mapping[str, float]]
    others: Mapping[str, float]
    still: tuple[str, ...]
    decoupled: tuple[str, ...]


def measure_optimizer(build: Callable[..., Any] | None, specimen: Specimen | None = None) -> OptimizerFacts:
    """Run the optimizer on a network, or on a stand-in for one. Raises CannotExamineError."""
    if build is None:
        raise CannotExamineError("The recipe gives no optimizer.")
    specimen = specimen or stand_in()
    with foreign("optimizer"):
        once, twice = _impulse(build, specimen, 1.0), _impulse(build, specimen, 2.0)
        linear = all(
            math.isclose(b, 2 * a, rel_tol=1e-6, abs_tol=1e-9)
            for name in specimen.names
            for a, b in zip(once[name], twice[name], strict=True)
        )
        forms = {name: _form(moves) for name, moves in once.items()}
        still = tuple(name for name, moves in once.items() if not any(moves))
        first = next((name for name in (*specimen.kinds[CONV], *forms) if name in forms and name not in still), "")
        momentum, form = forms.get(first, (0.0, "other"))
        decay, decoupled = _decay(build, specimen, _impulse(build, specimen, 1.0, primed=False))
        return OptimizerFacts(
            name=type(make_optimizer(build, specimen)).__name__,
            linear=linear,
            momentum=momentum,
            form=form,
            first=once.get(first, [0.0])[0],
            rate_inside=_rate_inside(build, specimen, first, once.get(first, [0.0, 0.0])),
            decay=decay,
            others={
                name: found
                for name, (found, kind) in forms.items()
                if name not in still and (kind != form or not math.isclose(found, momentum, rel_tol=1e-6, abs_tol=1e-9))
            },
            still=still,
            decoupled=decoupled,
        )


def make_optimizer(build: Callable[..., Any], specimen: Specimen) -> Any:
    """An optimizer over the network's parameters, or over the network where the function asks for a model."""
    with foreign("optimizer"):
        try:
            optimizer = build(list(specimen.model.parameters()))
        except AttributeError:  # a list has no named_parameters(): the function wants the model
            optimizer = build(specimen.model)
    if not hasattr(optimizer, "param_groups") or not hasattr(optimizer, "step"):
        raise CannotExamineError(
            f"The recipe's optimizer gives {type(optimizer).__name__}; it must return a torch optimizer."
        )
    return optimizer


def rates(optimizer: Any) -> tuple[float, ...]:
    """The learning rate of each parameter group."""
    return tuple(float(group["lr"]) for group in optimizer.param_groups)


@contextmanager
def foreign(part: str) -> Iterator[None]:
    """A part of the recipe runs: what it raises becomes a reason, what it warns of is its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except CannotExamineError:
            raise
        except Exception as error:
            told = str(error).strip().splitlines()
            message = f"{type(error).__name__}: {told[0]}" if told else type(error).__name__
            raise CannotExamineError(f"The recipe's {part} cannot be run ({message}).") from error


def _impulse(build: Callable[..., Any], specimen: Specimen, size: float, primed: bool = True) -> dict[str, list[float]]:
    """How far each parameter moves, in units of the rate, in the step of the impulse and the next three."""
    optimizer = make_optimizer(build, specimen)
    rate = _settle_rate(optimizer)
    moved: dict[str, list[float]] = {name: [] for name in specimen.names}
    for gradient in ([0.0] if primed else []) + [size, 0.0, 0.0, 0.0]:
        for name, move in _step(specimen, optimizer, gradient).items():
            moved[name].append(move / rate)
    return {name: moves[1:] if primed else moves for name, moves in moved.items()}


def _rate_inside(build: Callable[..., Any], specimen: Specimen, name: str, impulse: list[float]) -> bool:
    """Whether velocity keeps the rate of its time: the rate falls between the impulse and the next step."""
    if abs(impulse[1]) < 1e-9:
        return False
    optimizer = make_optimizer(build, specimen)
    rate = _settle_rate(optimizer)
    _step(specimen, optimizer, 0.0)
    _step(specimen, optimizer, 1.0)
    _set_rates(optimizer, rate / 10)
    moved = _step(specimen, optimizer, 0.0)[name]
    return math.isclose(moved, impulse[1] * rate, rel_tol=1e-3)


def _decay(
    build: Callable[..., Any], specimen: Specimen, answers: Mapping[str, list[float]]
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """Weight decay of each parameter by its kind, and the parameters whose decay is decoupled.

    Decay is how far a weight of 1 moves without any gradient. Where it is a part of the gradient, a step from 0 behind
    that goes on with it as with an impulse of gradient (`answers`).
    """
    optimizer = make_optimizer(build, specimen)
    rate = _settle_rate(optimizer)
    moved = _step(specimen, optimizer, 0.0, start=1.0)
    later = _step(specimen, optimizer, 0.0)
    decoupled = tuple(
        name
        for name, (first, then, *_) in answers.items()
        if not math.isclose(later[name] * first, moved[name] * then, rel_tol=1e-4, abs_tol=1e-14)
    )
    units = {
        name: rate * (moves[0] if abs(moves[0]) > 1e-9 and name not in decoupled else 1.0)
        for name, moves in answers.items()
    }
    decay = {
        kind: {name: moved[name] / units[name] for name in names if name in moved}
        for kind, names in specimen.kinds.items()
    }
    return decay, decoupled


def _step(specimen: Specimen, optimizer: Any, gradient: float, start: float = 0.0) -> dict[str, float]:
    """One step from weights of `start` (at 0 nothing decays), all with this gradient: how far each goes down."""
    parameters = dict(zip(specimen.names, specimen.parameters, strict=True))
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.fill_(start)
            parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step()
    return {name: start - _value(parameter) for name, parameter in parameters.items()}


def _value(parameter: Tensor) -> float:
    return float(parameter.detach().mean())


def _settle_rate(optimizer: Any) -> float:
    """One rate for all groups, the first one's own unless that is 0."""
    rate = rates(optimizer)[0] or 0.1
    _set_rates(optimizer, rate)
    return rate


def _set_rates(optimizer: Any, rate: float) -> None:
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _form(impulse: list[float]) -> tuple[float, Form]:
    """The momentum and the form that the answer to a unit impulse shows."""

    def near(a: float, b: float) -> bool:
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)

    now, then, later = impulse[:3]
    momentum = later / then if abs(then) > 1e-9 else 0.0
    if near(now, 1.0) and near(then, momentum):
        return momentum, "heavy-ball"
    if near(now, 1.0 + momentum) and near(then, momentum**2):
        return momentum, "nesterov"
    return momentum, "damped" if near(then, momentum * now) else "other"
