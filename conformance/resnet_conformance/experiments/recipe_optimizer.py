"""What an optimizer does, measured by running it: its answer to one impulse of gradient, and to none.

SGD with momentum m moves a parameter after a unit gradient by lr (1, m, m^2, ...); Nesterov's form by
lr (1 + m, m^2, m^3, ...); the form with (1 - m) by lr (1 - m) (1, m, ...). What scales otherwise than the gradient
is no SGD. Sources: He et al. 2015, section 3.4; README of the released models; Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

Form = Literal["heavy-ball", "nesterov", "damped", "other"]


class CannotExamineError(Exception):
    """A part of the recipe is missing or cannot be run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class OptimizerFacts:
    """`decay` maps the kind of parameter to the weight decay that it gets; `first` is the form's first factor."""

    name: str
    linear: bool  # steps are proportional to the gradient
    momentum: float
    form: Form
    first: float
    rate_inside: bool  # v := m v + lr g; False: v := m v + g, w := w - lr v
    decay: Mapping[str, float]


class Specimen(nn.Module):
    """One parameter of each kind that a ResNet has."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3, bias=False, dtype=torch.float64)
        self.norm = nn.BatchNorm2d(2, dtype=torch.float64)
        self.fc = nn.Linear(2, 2, dtype=torch.float64)

    def kinds(self) -> dict[str, Tensor]:
        """The parameters by what people call them."""
        return {
            "convolution weights": self.conv.weight,
            "gamma": self.norm.weight,
            "beta": self.norm.bias,
            "fc weights": self.fc.weight,
            "fc bias": self.fc.bias,
        }


def measure_optimizer(build: Callable[..., Any] | None) -> OptimizerFacts:
    """Run the optimizer on a specimen. Raises CannotExamineError."""
    if build is None:
        raise CannotExamineError("The recipe gives no optimizer.")
    with foreign("optimizer"):
        once = _impulse(build, 1.0)
        twice = _impulse(build, 2.0)
        linear = all(math.isclose(b, 2 * a, rel_tol=1e-6, abs_tol=1e-9) for a, b in zip(once, twice, strict=True))
        momentum, form = _form(once)
        first = _impulse(build, 1.0, primed=False)[0]
        optimizer = make_optimizer(build)[1]
        return OptimizerFacts(
            name=type(optimizer).__name__,
            linear=linear,
            momentum=momentum,
            form=form,
            first=once[0],
            rate_inside=_rate_inside(build, once),
            decay=_decay(build, first),
        )


def make_optimizer(build: Callable[..., Any]) -> tuple[Specimen, Any]:
    """A fresh specimen and the optimizer over its parameters, or over itself where the function asks for a model."""
    specimen = Specimen()
    with foreign("optimizer"):
        try:
            optimizer = build(list(specimen.parameters()))
        except AttributeError:  # a list has no named_parameters(): the function wants the model
            optimizer = build(specimen)
    if not hasattr(optimizer, "param_groups") or not hasattr(optimizer, "step"):
        raise CannotExamineError(
            f"The recipe's optimizer gives {type(optimizer).__name__}; it must return a torch optimizer."
        )
    return specimen, optimizer


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


def _impulse(build: Callable[..., Any], size: float, primed: bool = True) -> list[float]:
    """How far a convolution's weight moves, in units of the rate, in the step of the impulse and the next three."""
    specimen, optimizer = make_optimizer(build)
    weight = specimen.conv.weight
    rate = _settle_rate(optimizer)
    moved = []
    for gradient in ([0.0] if primed else []) + [size, 0.0, 0.0, 0.0]:
        moved.append(_step(specimen, optimizer, weight, gradient) / rate)
    return moved[1:] if primed else moved


def _rate_inside(build: Callable[..., Any], impulse: list[float]) -> bool:
    """Whether velocity keeps the rate of its time: the rate falls between the impulse and the next step."""
    if abs(impulse[1]) < 1e-9:
        return False
    specimen, optimizer = make_optimizer(build)
    rate = _settle_rate(optimizer)
    _step(specimen, optimizer, specimen.conv.weight, 0.0)
    _step(specimen, optimizer, specimen.conv.weight, 1.0)
    _set_rates(optimizer, rate / 10)
    moved = _step(specimen, optimizer, specimen.conv.weight, 0.0)
    return math.isclose(moved, impulse[1] * rate, rel_tol=1e-3)


def _decay(build: Callable[..., Any], first: float) -> dict[str, float]:
    """Weight decay of each kind of parameter: how far a weight of 1 moves without any gradient."""
    specimen, optimizer = make_optimizer(build)
    rate = _settle_rate(optimizer)
    with torch.no_grad():
        for parameter in specimen.parameters():
            parameter.fill_(1.0)
            parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    unit = rate * (first if abs(first) > 1e-9 else 1.0)
    return {kind: float((1.0 - tensor.detach()).mean()) / unit for kind, tensor in specimen.kinds().items()}


def _step(specimen: Specimen, optimizer: Any, weight: Tensor, gradient: float) -> float:
    """One step from weights of zero, where nothing decays: how far the weight goes down."""
    with torch.no_grad():
        for parameter in specimen.parameters():
            parameter.zero_()
            parameter.grad = torch.zeros_like(parameter)
        weight.grad = torch.full_like(weight, gradient)
    optimizer.step()
    return -float(weight.detach().mean())


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
