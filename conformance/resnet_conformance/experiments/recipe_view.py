"""What a user gives as a training recipe, in whatever form, as one RecipeView.

A recipe is a mapping, an object with attributes, or a function without arguments that returns either; or the address
of one (`recipe_address.py`). Every key is optional: what is missing is not examined.

    optimizer         function: parameters -> torch.optim.Optimizer (or: model -> Optimizer)
    schedule          function: optimizer -> scheduler, or: step -> learning rate
    steps_per_epoch   iterations in an epoch, where the schedule moves once an epoch and not once an iteration
    iterations        iterations in all (or `epochs`, together with steps_per_epoch)
    batch_size        images in a mini-batch, all devices together
    train_transform   any callable on one image (PIL, or a CHW tensor, or an HWC array)
    test_transform    the same, for testing
    loss              admitted and not looked at: no clause speaks of it
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

from ..spec import suggest
from .recipe_address import RecipeError, find_recipe
from .recipe_optimizer import OptimizerFacts, measure_optimizer
from .recipe_schedule import Schedule, open_schedule
from .recipe_specimen import Specimen

KEYS = (
    "optimizer",
    "schedule",
    "steps_per_epoch",
    "iterations",
    "epochs",
    "batch_size",
    "train_transform",
    "test_transform",
    "loss",
)
CALLABLE = {
    "optimizer": "a function from parameters to a torch optimizer",
    "schedule": "a function from an optimizer to a scheduler, or from a step to a learning rate",
    "train_transform": "a callable on one image",
    "test_transform": "a callable on one image",
    "loss": "a callable",
}


@dataclass(frozen=True)
class RecipeView:
    """A recipe as given, None for each part that it lacks; what is measured of it is measured once."""

    optimizer: Callable[..., Any] | None = None
    schedule: Callable[..., Any] | None = None
    steps_per_epoch: int | None = None
    iterations: int | None = None
    batch_size: int | None = None
    train_transform: Callable[..., Any] | None = None
    test_transform: Callable[..., Any] | None = None
    specimen: Specimen | None = None  # the network that is trained; None: a stand-in for it
    seen: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)  # what looking was costly

    @cached_property
    def optimizer_facts(self) -> OptimizerFacts:
        """What the optimizer does, by value. Raises CannotExamineError."""
        return measure_optimizer(self.optimizer, self.specimen)

    def open_schedule(self) -> Schedule:
        """A fresh schedule. Raises CannotExamineError."""
        return open_schedule(self.schedule, self.optimizer, self.steps_per_epoch, self.specimen)


def read_recipe(given: object) -> RecipeView:
    """The view of a recipe in any admitted form (see the module). Raises RecipeError."""
    if isinstance(given, RecipeView):
        return given
    if isinstance(given, str):
        given = find_recipe(given)
    parts = _parts(given)
    if parts is None and callable(given):
        try:
            made = given()
        except Exception as error:
            raise RecipeError(f"the recipe could not be made: {type(error).__name__}: {error}") from error
        if isinstance(made, RecipeView):
            return made
        given, parts = made, _parts(made)
    if parts is None:
        raise RecipeError(
            f"a recipe is a mapping, an object or a function that returns one, with some of {', '.join(KEYS)}; "
            f"this is {_describe(given)}"
        )
    return _view(parts)


def _parts(given: object) -> dict[str, Any] | None:
    """The keys that are there; None where this is no mapping and has none of the names as attributes."""
    if isinstance(given, Mapping):
        for key in given:
            if key not in KEYS:
                near = suggest(str(key), KEYS)
                raise RecipeError(f"a recipe has no part {key!r}{near}; its parts are {', '.join(KEYS)}")
        return dict(given)
    if given is None or isinstance(given, (str, bytes, int, float)):
        return None
    if isinstance(given, type) and any(hasattr(given, key) for key in KEYS):
        try:
            given = given()  # functions in its body become methods
        except Exception as error:
            raise RecipeError(f"the recipe could not be made: {type(error).__name__}: {error}") from error
    found = {key: getattr(given, key) for key in KEYS if hasattr(given, key)}
    return found or None


def _view(parts: dict[str, Any]) -> RecipeView:
    parts = {key: value for key, value in parts.items() if value is not None}
    for key, meaning in CALLABLE.items():
        if key in parts and not callable(parts[key]):
            raise RecipeError(f"the recipe's {key} is {_describe(parts[key])}; it must be {meaning}")
    numbers = {key: _whole(key, parts[key]) for key in KEYS if key in parts and key not in CALLABLE}
    epochs = numbers.pop("epochs", None)
    if epochs is not None and "iterations" not in numbers:
        if "steps_per_epoch" not in numbers:
            raise RecipeError("the recipe gives epochs; give steps_per_epoch too, or iterations instead")
        numbers["iterations"] = epochs * numbers["steps_per_epoch"]
    given: dict[str, Any] = {key: parts[key] for key in CALLABLE if key in parts and key != "loss"}
    return RecipeView(**given, **dict[str, Any](numbers))


def _whole(key: str, value: Any) -> int:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value != int(value) or value <= 0:
        raise RecipeError(f"the recipe's {key} is {value!r}; it must be a whole number above 0")
    return int(value)


def _describe(value: object) -> str:
    if isinstance(value, ModuleType):
        return f"the module {value.__name__}, which has none of them"
    return f"{value!r}" if value is None or isinstance(value, (str, int, float)) else f"of type {type(value).__name__}"
