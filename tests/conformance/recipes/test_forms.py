"""The forms in which a recipe may be given, and what is said of what is none."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch.optim.lr_scheduler import MultiStepLR

from resnet_conformance.clauses.case import EXPERIMENTS, Case
from resnet_conformance.experiments.recipes import CHECKS, RecipeError, examine_recipe, read_recipe
from resnet_conformance.spec import load_spec

from . import ingredients as made

RESNET20 = load_spec().architectures["cifar10/resnet20"]
PARTS: dict[str, Any] = {"optimizer": made.sgd, "batch_size": 128}


class AsClass:
    batch_size = 128

    def optimizer(self, parameters: Any) -> torch.optim.Optimizer:
        return made.sgd(parameters)


def as_module() -> ModuleType:
    module = ModuleType("training")
    vars(module).update(PARTS)
    return module


FORMS = {
    "mapping": PARTS,
    "function": lambda: PARTS,
    "object": SimpleNamespace(**PARTS),
    "function of an object": lambda: SimpleNamespace(**PARTS),
    "class": AsClass,
    "instance": AsClass(),
    "module": as_module(),
    "with a loss": {**PARTS, "loss": torch.nn.CrossEntropyLoss()},
    "with parts that are None": {**PARTS, "schedule": None},
    "numbers that are whole": {**PARTS, "batch_size": 128.0},
    "view": read_recipe(PARTS),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_a_recipe(name: str) -> None:
    view = read_recipe(FORMS[name])
    assert view.batch_size == 128
    assert view.optimizer_facts.momentum == pytest.approx(0.9)
    assert examine_recipe("TC-01", FORMS[name], RESNET20).outcome == "pass"


FILE = """
import neighbour
import torch
recipe = {"optimizer": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, weight_decay=neighbour.DECAY), "batch_size": 128}
broken = 1 / neighbour.ZERO
"""


def test_a_recipe_in_a_file_finds_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour.py").write_text("DECAY = 1e-4\nZERO = 1")
    (tmp_path / "mine.py").write_text(FILE)
    before = list(sys.path)
    assert examine_recipe("TC-01", f"{tmp_path / 'mine.py'}:recipe", RESNET20).outcome == "pass"
    assert sys.path == before
    with pytest.raises(RecipeError, match=r"mine\.py has no 'recipy' \(did you mean 'recipe'\?\)"):
        read_recipe(f"{tmp_path / 'mine.py'}:recipy")


def test_a_file_that_breaks_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("1 / 0")
    with pytest.raises(RecipeError, match=r"mine\.py could not be imported: ZeroDivisionError: division by zero"):
        read_recipe(f"{tmp_path / 'mine.py'}:recipe")


def test_a_recipe_in_a_module() -> None:
    assert read_recipe(f"{made.__name__}:RECIPE_FOR_ADDRESSES").batch_size == 128


def test_epochs_make_iterations() -> None:
    assert read_recipe({"epochs": 164, "steps_per_epoch": 391}).iterations == 64_124
    assert read_recipe({"epochs": 164, "steps_per_epoch": 391, "iterations": 64_000}).iterations == 64_000


def broken() -> Any:
    raise OSError("no such file: mean.pt")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"optimiser": made.sgd}, "a recipe has no part 'optimiser' (did you mean 'optimizer'?); its parts are"),
        ({"batch_size": 0}, "the recipe's batch_size is 0; it must be a whole number above 0"),
        ({"iterations": 64e3 + 0.5}, "the recipe's iterations is 64000.5"),
        ({"batch_size": True}, "the recipe's batch_size is True"),
        ({"epochs": 164}, "the recipe gives epochs; give steps_per_epoch too"),
        ({"optimizer": made.sgd([torch.zeros(1, requires_grad=True)])}, "is of type SGD; it must be a function"),
        ({"train_transform": [made.CHANNELS]}, "train_transform is of type list; it must be a callable on one image"),
        ("myrecipe.py:recipe", "there is no file myrecipe.py"),
        ("recipe", "'recipe' is no address of a recipe; write package.module:name or path/to/file.py:name"),
        ("no_such_package:recipe", "no_such_package could not be imported: ModuleNotFoundError"),
        ("math:taw", "math has no 'taw' (did you mean 'tau'?)"),
        ("math:pi", "this is 3.14"),
        ({"batch_size": float("inf")}, "the recipe's batch_size is inf"),
        (None, "this is None"),
        (ModuleType("empty"), "the module empty, which has none of them"),
        (lambda: 3, "this is 3"),
        (broken, "the recipe could not be made: OSError: no such file: mean.pt"),
    ],
)  # fmt: skip
def test_what_is_no_recipe(given: object, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read_recipe(given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("clause", "missing", "words"),
    [
        ("TC-01", "optimizer", "The recipe gives no optimizer."),
        ("TC-01", "batch_size", "The recipe gives no batch_size."),
        ("TC-02", "schedule", "The recipe gives no schedule."),
        ("TC-02", "iterations", "The recipe gives no iterations"),
        ("TC-02", "optimizer", "It may need the optimizer, which the recipe does not give."),
        ("TC-03", "train_transform", "The recipe gives no train_transform."),
        ("TC-03", "test_transform", "The recipe gives no test_transform."),
        ("TI-05", "optimizer", "The recipe gives no optimizer."),
    ],
)
def test_what_is_missing_is_not_examined(clause: str, missing: str, words: str) -> None:
    result = examine_recipe(clause, made.cifar(**{missing: None}), RESNET20)
    assert (result.outcome, words in result.message) == ("not-examined", True), result


def test_a_wrong_part_fails_although_another_is_missing() -> None:
    assert examine_recipe("TC-01", {"batch_size": 64}, RESNET20).outcome == "fail"
    assert examine_recipe("TC-02", made.cifar(schedule=made.cosine, iterations=None), RESNET20).outcome == "fail"


def test_without_transforms_the_views_and_the_mean_are_not_examined() -> None:
    for clause in ("TC-03", "TC-04"):
        result = examine_recipe(clause, PARTS, RESNET20)
        assert result.outcome == "not-examined"
        assert "gives no train_transform and no test_transform" in result.message


def explode(*_: Any) -> Any:
    raise RuntimeError("CUDA is not available\nand more")


OWN = torch.Generator().manual_seed(1)


def own_draw(image: Any) -> Any:
    """A flip by a generator that no seed of ours reaches."""
    return image.transpose(0) if torch.rand((), generator=OWN) < 0.5 else image


@pytest.mark.parametrize(
    ("clause", "changes", "words"),
    [
        ("TC-01", {"optimizer": explode}, "optimizer cannot be run (RuntimeError: CUDA is not available)."),
        ("TC-01", {"optimizer": lambda _: 3}, "The recipe's optimizer gives int; it must return a torch optimizer."),
        ("TC-02", {"schedule": explode}, "The recipe's schedule cannot be run (RuntimeError: CUDA is not available)."),
        ("TC-02", {"schedule": lambda _: "fast"}, "The recipe's schedule gives str"),
        ("TC-02", {"schedule": made.plateau}, "The schedule follows a measured error"),
        ("TC-03", {"train_transform": explode}, "The recipe's train_transform cannot be run"),
        ("TC-03", {"train_transform": lambda image: (image, 3)}, "The recipe's train_transform gives tuple"),
        ("TC-03", {"train_transform": lambda image: made.CIFAR_TEST(image)[:1]}, "gives 1 channels of the 3"),
        ("TC-03", {"train_transform": made.cifar_train(own_draw)}, "draw from the generators"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_not_examined_and_says_why(clause: str, changes: dict[str, Any], words: str) -> None:
    result = examine_recipe(clause, made.cifar(**changes), RESNET20)
    assert (result.outcome, words in result.message) == ("not-examined", True), result


def test_the_user_s_generators_stay_where_they_are() -> None:
    before = torch.get_rng_state()
    assert examine_recipe("TC-03", made.cifar(), RESNET20).outcome == "pass"
    assert torch.equal(torch.get_rng_state(), before)


def test_schedulers_in_one_list_of_groups_must_all_follow() -> None:
    def optimizer(model: torch.nn.Module) -> torch.optim.Optimizer:
        first, *others = model.parameters()
        groups = [{"params": [first]}, {"params": others, "lr": 0.2}]
        return torch.optim.SGD(groups, lr=0.1, momentum=0.9, weight_decay=1e-4)

    result = examine_recipe("TC-02", made.cifar(optimizer=optimizer), RESNET20)
    assert result.outcome == "fail"
    assert "0.1 and 0.2" in result.message


def test_every_check_is_registered_and_does_not_apply_without_a_recipe() -> None:
    assert set(EXPERIMENTS["training"]) == set(CHECKS)
    case = Case(RESNET20, None, None, None)  # type: ignore[arg-type]  # a check of a recipe looks at no network
    for check in EXPERIMENTS["training"].values():
        assert check(case).outcome == "not-applicable"
        assert check.__doc__


def test_a_case_with_a_recipe_is_examined() -> None:
    case = Case(RESNET20, None, None, None, recipe=PARTS)  # type: ignore[arg-type]  # as above
    assert EXPERIMENTS["training"]["TC-01"](case).outcome == "pass"


def test_a_scheduler_object_is_made_anew_for_each_clause() -> None:
    view = read_recipe(made.cifar(schedule=lambda optimizer: MultiStepLR(optimizer, [32_000, 48_000])))
    assert view.open_schedule().trace(64_000) == view.open_schedule().trace(64_000)
