"""The learning rate over the whole of training (TC-02, TC-05, TI-02, V2-12, V2-13).

Sources: He et al. 2015, sections 3.4 and 4.2; He et al. 2016, appendix.
"""

from __future__ import annotations

import math

from ..architecture import Architecture
from ..clauses.case import Result, failed, not_examined, passed
from ..spec import Recipe
from .recipe_plateau import find_plateau_fault, find_wrong_ratio
from .recipe_schedule import Stretch, find_misfit
from .recipe_view import RecipeView

ABOUT = 2  # "about 400 iterations" admits half and double


def steps(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TC-02: the rate, its drops and the end; a warm-up that the network may have is TC-05's or V2-12's matter."""
    assert recipe.iterations is not None
    schedule = view.open_schedule()
    total = min(view.iterations or recipe.iterations, recipe.iterations)
    found = schedule.trace(total)
    if (warm := recipe.warm_up) and architecture.depth in (*warm.depths, *warm.admitted):
        first = found[0]
        if first.has(warm.rate) and len(found) > 1 and first.end <= ABOUT * warm.iterations + schedule.slack:
            found = found[1:]
    wanted = _pieces(recipe, recipe.at, recipe.iterations)
    faults = _misfits(found, wanted, schedule.slack, schedule.by_epoch)
    if view.iterations is not None and abs(view.iterations - recipe.iterations) > schedule.slack:
        faults.append(f"Training ends after {view.iterations:,} iterations, not {recipe.iterations:,}.")
    text = _text(found)
    if faults:
        return failed(" ".join(faults), f"{_text(wanted)}, end at {recipe.iterations:,}", text)
    if view.iterations is None:
        return not_examined(
            "The recipe gives no iterations, so that the end of training is not in it; its drops are right."
        )
    return passed(f"{text}, end at {view.iterations:,}")


def warm_up(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TC-05, V2-12: a smaller rate at the beginning."""
    warm = recipe.warm_up
    assert warm is not None
    schedule = view.open_schedule()
    found = schedule.trace(ABOUT**2 * warm.iterations + 2 * schedule.stride)
    word = "about " if warm.about else ""
    expected = f"{warm.rate:g} for {word}{warm.iterations} iterations, then {recipe.rate:g}"
    text = (
        ", then ".join(f"{s.text} for {s.end - s.start} iterations" for s in found[:2])
        if len(found) > 1
        else found[0].text
    )
    first = found[0]
    if not first.has(warm.rate):
        return failed(f"There is no warm-up: the rate starts at {first.text}.", expected, text)
    least, most = (warm.iterations / ABOUT, warm.iterations * ABOUT) if warm.about else (warm.iterations,) * 2
    if len(found) == 1 or not least - schedule.slack <= first.end <= most + schedule.slack:
        length = f"lasts {first.end} iterations" if len(found) > 1 else f"does not end within {first.end} iterations"
        return failed(f"The warm-up {length}, not {word}{warm.iterations}.", expected, text)
    if not found[1].has(recipe.rate):
        return failed(f"The warm-up is followed by a rate of {found[1].text}, not {recipe.rate:g}.", expected, text)
    return passed(text)


def epochs(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """V2-13: the rate without warm-up, drops counted in epochs, and the batch."""
    schedule = view.open_schedule()
    exact = recipe.images / recipe.batch
    length = view.steps_per_epoch or exact
    found = schedule.trace(view.iterations or math.ceil(1.5 * recipe.at[-1] * length))
    # an epoch's last, smaller batch may count or not: one iteration in each epoch
    slack = schedule.slack if schedule.by_epoch else recipe.at[-1] + 1.0
    wanted = _pieces(
        recipe, [round(epoch * length) for epoch in recipe.at], max(found[-1].end, round(recipe.at[-1] * length) + 1)
    )
    faults = _misfits(found, wanted, slack, schedule.by_epoch)
    at = " and ".join(map(str, recipe.at))
    expected = f"{recipe.rate:g}, divided by {recipe.divide_by} at {at} epochs, batch {recipe.batch}"
    if view.batch_size not in (None, recipe.batch):
        faults.append(f"The mini-batch has {view.batch_size} images, not {recipe.batch}.")
    if faults:
        return failed(" ".join(faults), expected, _text(found))
    if view.batch_size is None:
        return not_examined("The recipe gives no batch_size; its rates are right.")
    return passed(f"{_text(found)}, batch {view.batch_size}")


def plateau(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-02: 0.1, divided by 10 when the error plateaus, for up to 600,000 iterations."""
    assert recipe.iterations is not None
    schedule = view.open_schedule()
    drops = f"{recipe.rate:g}, divided by {recipe.divide_by}"
    expected = f"{drops} when the error plateaus, at most {recipe.iterations:,} iterations"
    fixed, text = schedule.metric is None, f"{drops} on a plateau"
    if fixed:
        stretches = schedule.trace(min(view.iterations or recipe.iterations, recipe.iterations))
        text = _text(stretches)
        late = (
            None
            if stretches[0].has(recipe.rate)
            else f"The rate starts at {stretches[0].text}, not at {recipe.rate:g}."
        )
        fault = late or find_wrong_ratio(stretches, recipe.divide_by)
    else:
        fault = find_plateau_fault(schedule, recipe.rate, recipe.divide_by)
    faults = [fault] if fault else []
    if view.iterations is not None and view.iterations > recipe.iterations:
        faults.append(f"Training lasts {view.iterations:,} iterations, more than {recipe.iterations:,}.")
    if faults:
        return failed(" ".join(faults), expected, text)
    if fixed:
        return not_examined(
            f"The drops stand at fixed places ({text}); whether the error had stopped falling there no recipe shows."
        )
    if view.iterations is None:
        return not_examined(
            "The recipe gives no iterations, so that the length of training is not in it; its drops are right."
        )
    return passed(f"{text}, {view.iterations:,} iterations")


def _pieces(recipe: Recipe, drops: tuple[int, ...] | list[int], end: int) -> list[Stretch]:
    """The recipe's rates between its drops."""
    bounds = [0, *drops, end]
    rates = [recipe.rate / recipe.divide_by**i for i in range(len(drops) + 1)]
    return [Stretch(a, b, (rate,)) for a, b, rate in zip(bounds[:-1], bounds[1:], rates, strict=True)]


def _misfits(found: list[Stretch], wanted: list[Stretch], slack: float, by_epoch: bool) -> list[str]:
    """A sentence on the first stretch that is not the recipe's, if there is one."""
    misfit = find_misfit(found, wanted, slack)
    if misfit is None:
        return []
    piece = next((p for p in wanted if misfit.has(p.rates[0])), None)
    hint = ""
    if not by_epoch and misfit.start < 1000 and misfit.end < 1000:
        hint = " A schedule that steps once an epoch needs steps_per_epoch."
    said = f"The rate is {misfit.text} in iterations {misfit.start:,} to {misfit.end:,}"
    if piece is not None:
        return [f"{said}; it has that value from {piece.start:,} to {piece.end:,}.{hint}"]
    return [f"{said}, a value that it never has.{hint}"]


def _text(stretches: list[Stretch]) -> str:
    """The rates for people: "0.1, from 32,000 on 0.01, from 48,000 on 0.001"."""
    parts = [stretches[0].text, *(f"from {s.start:,} on {s.text}" for s in stretches[1:4])]
    return ", ".join(parts) + (f", and {len(stretches) - 4:,} more changes" if len(stretches) > 4 else "")
