"""The constants of the optimizer: method, batch, momentum and weight decay (TI-01, TC-01, TI-05, TI-05a, TI-05b).

Sources: He et al. 2015, sections 3.4 and 4.2; README of the released models; Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..architecture import Architecture
from ..clauses.case import Result, failed, not_applicable, not_examined, passed
from ..enumerating import listed
from ..spec import Recipe
from .recipe_optimizer import CannotExamineError, OptimizerFacts
from .recipe_specimen import CONV, FC
from .recipe_view import RecipeView


def constants(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-01, TC-01: SGD, the batch size, momentum and weight decay."""
    expected = f"SGD, batch {recipe.batch}, momentum {recipe.momentum:g}, weight decay {recipe.weight_decay:g}"
    missing, faults, found = [], [], []
    if view.batch_size is None:
        missing.append("The recipe gives no batch_size.")
    else:
        found.append(f"batch {view.batch_size}")
        if view.batch_size != recipe.batch:
            faults.append(f"The mini-batch has {view.batch_size} images, not {recipe.batch}.")
    try:
        facts = view.optimizer_facts
        found.insert(0, _text(facts))
        faults += _faults(facts, recipe)
    except CannotExamineError as reason:
        missing.append(str(reason))
    if faults:
        return failed(" ".join(faults), expected, ", ".join(found))
    return not_examined(" ".join(missing)) if missing else passed(", ".join(found))


def momentum_form(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-05: v := m v + lr g."""
    facts = view.optimizer_facts
    if not facts.linear or facts.momentum == 0:
        return not_applicable(f"{facts.name} is no SGD with momentum.")
    if facts.form in ("heavy-ball", "nesterov"):
        if facts.rate_inside:
            return passed("v := m v + lr g")
        note = "The rate stands outside of v: the same while the rate is constant; a drop shrinks the old v with it."
        return passed("v := m v + g, w := w - lr v", note)
    return failed(
        "The momentum has another form: with the same rate its steps have another size.",
        "v := m v + lr g, whose first step is lr g",
        f"a first step of {facts.first:.4g} lr g",
    )


def decay_of_batch_norm(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-05a: gamma and beta get no weight decay."""
    decay = view.optimizer_facts.decay
    got = {
        kind: {name: value for name, value in decay.get(kind, {}).items() if abs(value) > 1e-9}
        for kind in ("gamma", "beta")
    }
    wrong = [kind for kind, found in got.items() if found]
    if not wrong:
        return passed("gamma and beta: no weight decay")
    found = "; ".join(f"{kind}: {_values(got[kind], len(decay[kind]))}" for kind in wrong)
    return failed(f"{' and '.join(wrong)} decay.", "no weight decay of gamma and beta", found)


def nesterov(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-05b: Nesterov momentum is admitted, and said."""
    if view.optimizer_facts.form == "nesterov":
        return passed("Nesterov momentum", "Nesterov momentum is used; the paper does not mention it.")
    return not_applicable("The optimizer does not use Nesterov momentum.")


def _faults(facts: OptimizerFacts, recipe: Recipe) -> list[str]:
    faults = []
    if not facts.linear:
        faults.append(f"{facts.name} is no SGD: its steps are not proportional to the gradient.")
    elif facts.form == "other":
        faults.append(f"{facts.name} is no SGD with momentum: its steps fall off otherwise.")
    elif not math.isclose(facts.momentum, recipe.momentum, rel_tol=1e-6):
        faults.append(f"The momentum is {facts.momentum:.4g}, not {recipe.momentum:g}.")
    elif facts.others:
        faults.append(f"Not all parameters have a momentum of {recipe.momentum:g}: {_values(facts.others)}.")
    if facts.still:
        faults.append(f"The optimizer never moves {listed(facts.still)}.")
    for kind in (CONV, FC):
        decay = {name: value for name, value in facts.decay.get(kind, {}).items() if name not in facts.still}
        wrong = {n: v for n, v in decay.items() if not math.isclose(v, recipe.weight_decay, rel_tol=1e-3)}
        if wrong:
            values = _values(wrong, len(decay))
            faults.append(f"The weight decay of {kind} is {values}, not {recipe.weight_decay:g}.")
        apart = [name for name in decay if name in facts.decoupled]
        if apart and facts.linear:  # what is no SGD mixes its decay with the gradient in a way of its own
            which = "" if len(apart) == len(decay) else f" ({listed(apart)})"
            faults.append(
                f"The weight decay of {kind} is decoupled{which}: it does not pass through the momentum, as a part of "
                "the gradient does."
            )
    return faults


def _values(found: Mapping[str, float], of: int = 0) -> str:
    """Values by name for people: one alone where all `of` parameters have it, else with the first that have it."""
    by_value: dict[str, list[str]] = {}
    for name, value in found.items():
        by_value.setdefault(f"{value:.3g}", []).append(name)
    if len(by_value) == 1 and len(found) == of:
        return next(iter(by_value))
    return "; ".join(f"{value} ({listed(names)})" for value, names in by_value.items())


def _text(facts: OptimizerFacts) -> str:
    momentum = f", momentum {facts.momentum:.4g}" if facts.linear else ""
    decay = facts.decay[CONV]
    return f"{facts.name}{momentum}, weight decay {_values(decay, len(decay))}"
