"""Every mistake that the kata knows by name: a wrong exercise for each, and the name that it must be given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resnet_conformance.kata.examination import EXAMINERS, examine
from resnet_conformance.kata.examination.looking import Learner, Look
from resnet_conformance.kata.texts import load_texts
from resnet_conformance.spec import load_spec
from tests.conformance.kata.right_exercises import RIGHT
from tests.conformance.kata.solving import changed, write
from tests.conformance.kata.written_lines import BASIC_2, HEAD, Changes
from tests.conformance.kata.wrong_networks import WRONG_NETWORKS
from tests.conformance.kata.wrong_parts import WRONG_PARTS

WRONG = WRONG_PARTS | WRONG_NETWORKS
RAISED = ("head-batch", "head-fixed-size", "option-unknown")  # what torch or Python says is told as it is


def looked_at(step: int, path: Path, language: str = "en") -> Look:
    look = Look(load_texts(language))
    EXAMINERS[step](Learner.load(path), look)
    return look


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_exercise_is_told_its_trap_and_its_clause(case: str, tmp_path: Path) -> None:
    step, changes, trap, clause = WRONG[case]
    look = looked_at(step, write(tmp_path, changed(*changes)))
    assert look.faults, "nothing was found"
    assert (look.faults[0].trap, look.faults[0].clause) == (trap, clause), look.faults


@pytest.mark.parametrize("step", range(1, 10))
def test_the_right_exercise_falls_into_no_trap(step: int, tmp_path: Path) -> None:
    look = looked_at(step, write(tmp_path, changed()))
    assert not look.faults
    assert look.clauses


@pytest.mark.parametrize("case", RIGHT)
def test_another_right_way_is_not_blamed(case: str, tmp_path: Path) -> None:
    step, changes = RIGHT[case]
    assert not looked_at(step, write(tmp_path, changed(*changes))).faults


@pytest.mark.parametrize(
    ("step", "changes", "trap"),
    [
        (3, [("self.bn = nn.BatchNorm2d(out_channels)", "self.bn = nn.BatchNorm2d(in_channels)")], "bn-channels"),
        (
            3,
            [("super().__init__()\n        self.conv = nn.Conv2d(in_channels", "self.conv = nn.Conv2d(in_channels")],
            "super-init",
        ),
        (4, [(BASIC_2, "return self.bn2(self.conv1(x))")], "conv-channels"),
        (9, [(HEAD, "return self.fc(x.mean(dim=(1, 2)))")], "linear-numbers"),
        (9, [(HEAD, "return self.fc(torch.flatten(x, 1))")], "linear-numbers"),
    ],
)
def test_what_torch_says_of_shapes_is_told_as_a_trap_too(
    step: int, changes: Changes, trap: str, tmp_path: Path
) -> None:
    last = examine(str(write(tmp_path, changed(*changes)))).steps[-1]
    assert (last.number, last.state) == (step, "broken")
    assert last.error.startswith(("RuntimeError", "AttributeError"))
    assert [fault.trap for fault in last.faults] == [trap]


def test_every_trap_is_shown_by_a_wrong_exercise_and_every_clause_exists() -> None:
    traps = {trap for _, _, trap, _ in WRONG.values()} - {""}  # what has no name
    raised = {"super-init", "bn-channels", "conv-channels", "linear-numbers"}  # which the test above shows
    assert traps | raised | {"shape"} == set(load_texts("en").traps)  # "shape" is whatever has no name of its own
    assert {clause for *_, clause in WRONG.values()} - {""} <= set(load_spec().clauses)


def test_what_has_the_right_shape_is_not_told_as_if_it_were_right(tmp_path: Path) -> None:
    for case in ("zeros before", "average"):
        step, changes, *_ = WRONG[case]
        assert looked_at(step, write(tmp_path, changed(*changes))).faults[0].found.endswith(", with other values")


ENGLISH = {
    "a",
    "the",
    "of",
    "at",
    "to",
    "is",
    "it",
    "no",
    "one",
    "with",
    "other",
    "every",
    "each",
    "for",
    "then",
    "into",
}


@pytest.mark.parametrize("case", [case for case, (_, _, trap, _) in WRONG.items() if trap not in RAISED])
def test_what_the_kata_expected_and_found_itself_is_told_in_korean(case: str, tmp_path: Path) -> None:
    step, changes, *_ = WRONG[case]
    fault = looked_at(step, write(tmp_path, changed(*changes)), "ko").faults[0]
    if not fault.message:  # the judge's own words are English
        assert not set(re.findall(r"[A-Za-z]+", f"{fault.expected} {fault.found}")) & ENGLISH, fault
