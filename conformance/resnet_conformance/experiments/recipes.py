"""A training recipe held against the papers' (`spec/training.yaml`): TI-*, TC-*, V2-12, V2-13.

Sources: He et al. 2015, sections 3.4 and 4.2; He et al. 2016, appendix. `recipe_view.py` says what a user gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..architecture import Architecture
from ..candidate import Candidate
from ..clauses.case import Case, Result, examines, failed, not_applicable, not_examined, passed
from ..spec import Recipe, load_spec
from . import recipe_rates as by_rate
from . import recipe_settings as by_setting
from . import recipe_views as by_view
from .recipe_address import RecipeError
from .recipe_images import generators_kept
from .recipe_optimizer import CannotExamineError
from .recipe_specimen import specimen_of
from .recipe_view import RecipeView, read_recipe

__all__ = ["CHECKS", "RecipeError", "RecipeView", "examine_recipe", "read_recipe"]

RecipeCheck = Callable[[RecipeView, Recipe, Architecture, int], Result]


def _views(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TC-03: training and testing see what the paper's do."""
    given: list[tuple[object, Callable[[], by_view.Seen]]] = [
        (view.train_transform, lambda: by_view.examine_crops(view, recipe, seed)),
        (view.test_transform, lambda: by_view.examine_single_view(view, seed)),
    ]
    if view.train_transform is None and view.test_transform is None:
        raise CannotExamineError("The recipe gives no train_transform and no test_transform.")
    seen: list[by_view.Seen] = [examine() for transform, examine in given if transform is not None]
    expected = (
        f"{recipe.view.pad} zero pixels on each side, a random {recipe.view.crop}x{recipe.view.crop} crop, a flip; "
    )
    result = _told(seen, expected + "the single view in testing")
    if result.outcome == "pass" and len(seen) < 2:
        missing = "train_transform" if view.train_transform is None else "test_transform"
        return not_examined(f"The recipe gives no {missing}. {result.found[:1].upper()}{result.found[1:]}.".strip())
    return result


def _mean(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TC-04: the per-pixel mean."""
    return _told([by_view.examine_mean(view, seed)], "one mean for each pixel and channel, subtracted")


def _scales(view: RecipeView, recipe: Recipe, architecture: Architecture, seed: int) -> Result:
    """TI-03: scale, crop, flip, mean and colour."""
    low, high = recipe.view.shorter_side or (0, 0)
    expected = (
        f"shorter side sampled in [{low}, {high}], a random {recipe.view.crop}x{recipe.view.crop} crop, a flip, the "
        "per-pixel mean, AlexNet's colour augmentation"
    )
    return _told([by_view.examine_scales(view, recipe, seed)], expected)


def _told(seen: list[by_view.Seen], expected: str) -> Result:
    faults = [fault for one in seen for fault in one.faults]
    found = "; ".join(one.found for one in seen if one.found)
    return failed(" ".join(faults), expected, found) if faults else passed(found)


CHECKS: dict[str, RecipeCheck] = {
    "TI-01": by_setting.constants,
    "TI-02": by_rate.plateau,
    "TI-03": _scales,
    "TI-05": by_setting.momentum_form,
    "TI-05a": by_setting.decay_of_batch_norm,
    "TI-05b": by_setting.nesterov,
    "TC-01": by_setting.constants,
    "TC-02": by_rate.steps,
    "TC-03": _views,
    "TC-04": _mean,
    "TC-05": by_rate.warm_up,
    "V2-12": by_rate.warm_up,
    "V2-13": by_rate.epochs,
}


def examine_recipe(clause: str, given: object, architecture: Architecture, seed: int = 0) -> Result:
    """One clause against a recipe in any admitted form. Raises RecipeError for what is no recipe."""
    recipe = load_spec().recipes[f"{architecture.dataset}/{architecture.generation}"]
    view = read_recipe(given)
    try:
        with generators_kept():
            return CHECKS[clause](view, recipe, architecture, seed)
    except CannotExamineError as reason:
        return not_examined(str(reason))


def _for_network(given: object, candidate: Candidate) -> RecipeView:
    view = read_recipe(given)
    return view if view.optimizer is None else replace(view, specimen=specimen_of(candidate), seen={})


def _register(clause: str) -> None:
    def check(case: Case) -> Result:
        given: Any = case.recipe
        if given is None:
            return not_applicable("No training recipe was given.")
        if case.bench is None:
            return examine_recipe(clause, given, case.architecture)
        view = case.bench.shared("recipe", lambda: _for_network(given, case.candidate))
        return examine_recipe(clause, view, case.architecture, case.bench.seed)

    check.__name__ = f"recipe_{clause.replace('-', '_')}"
    check.__doc__ = CHECKS[clause].__doc__
    examines(clause, by="training")(check)


for _clause in CHECKS:
    _register(_clause)
