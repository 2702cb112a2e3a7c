"""`kata start | check | hint | watch` as a learner types them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resnet_conformance import cli, outside
from resnet_conformance.kata import verbs
from resnet_conformance.kata.cookbook import read_cookbook
from resnet_conformance.kata.outcome import WHOLE, Fault, Outcome, Step
from resnet_conformance.kata.workshop import EXERCISE
from tests.conformance.kata.solving import changed, solved, template, write

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, standard output and standard error of `kata ...`."""

    def run_kata(*arguments: object) -> tuple[int, str, str]:
        try:
            code = cli.main(["kata", *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_kata


@pytest.mark.parametrize("language", ["en", "ko"])
def test_start_writes_the_exercise_and_a_recipe_for_each_step(run: Run, tmp_path: Path, language: str) -> None:
    folder = tmp_path / "new" / "kata"
    code, out, _ = run("start", folder, "--lang", language)
    assert code == 0
    assert str(folder) in out
    assert (folder / EXERCISE).read_text("utf-8") == template(language)
    assert sorted(p.name for p in (folder / "recipes").iterdir()) == [f"{n}.md" for n in range(1, 10)]
    assert sorted(p.name for p in (folder / "patterns").iterdir()) == [f"{n}.md" for n in range(1, 10)]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_recipe_does_not_show_its_solution_and_says_where_it_is(run: Run, tmp_path: Path, language: str) -> None:
    run("start", tmp_path, "--lang", language)
    for recipe in read_cookbook(language):
        text = (tmp_path / "recipes" / f"{recipe.number}.md").read_text("utf-8")
        pattern = tmp_path / "patterns" / f"{recipe.number}.md"
        assert recipe.advice in text
        assert "```python" not in text
        assert not [line for line in map(str.strip, recipe.pattern.splitlines()) if len(line) > 20 and line in text]
        link = re.search(r"\]\((\S+)\)", text)
        assert link
        assert (tmp_path / "recipes" / link[1]).resolve() == pattern
        assert recipe.pattern in pattern.read_text("utf-8")


def test_start_never_overwrites_a_learners_file(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "mine")
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "1.md").write_text("my notes", "utf-8")
    code, out, err = run("start", tmp_path)
    assert (code, out) == (2, "")
    assert "stays as it is" in err
    assert (tmp_path / EXERCISE).read_text("utf-8") == "mine"
    assert [p.name for p in (tmp_path / "recipes").iterdir()] == ["1.md"]
    (tmp_path / EXERCISE).unlink()
    assert run("start", tmp_path)[0] == 0
    assert (tmp_path / "recipes" / "1.md").read_text("utf-8") == "my notes"


def test_start_does_not_write_through_a_link_that_leads_nowhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / EXERCISE).symlink_to(tmp_path / "elsewhere.py")
    assert run("start", tmp_path)[0] == 2
    assert not (tmp_path / "elsewhere.py").exists()


def test_start_in_a_place_that_is_a_file_is_one_message(run: Run, tmp_path: Path) -> None:
    code, out, err = run("start", write(tmp_path, ""))
    assert (code, out) == (2, "")
    assert "cannot write into" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("verb", ["check", "hint", "watch"])
def test_without_an_exercise_the_way_to_begin_is_told(run: Run, tmp_path: Path, verb: str) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        code, out, err = run(verb, folder)
        assert (code, out) == (2, "")
        assert f"resnet-conformance kata start {folder}" in err


@pytest.mark.usefixtures("judged_here")
def test_check_tells_which_step_is_not_written_yet_and_where(run: Run, tmp_path: Path) -> None:
    write(tmp_path, solved(steps=1))
    code, out, _ = run("check", tmp_path)
    assert code == 1
    assert "ok  Step 1  Sub-sampling for option A: holds (2 clauses" in out
    assert "..  Step 2  Zero padding: not written yet" in out
    assert 'raise NotImplementedError("step 2")' in out
    assert "Step 3" not in out
    assert f"resnet-conformance kata hint {tmp_path} --step 2" in out


@pytest.mark.usefixtures("judged_here")
@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Trap: Padding on the wrong side", "SC-17 MAY", "Demands:", "Option A's zeros may", "Cited:"]),
        ("ko", ["함정: padding을 붙인 쪽이 틀림", "SC-17 MAY", "요구:", "option A의 0은", "출처:"]),
    ],
)
def test_a_trap_is_told_with_its_clause(run: Run, tmp_path: Path, language: str, told: list[str]) -> None:
    write(tmp_path, changed(("0, out_channels - x.shape[1]))", "out_channels - x.shape[1], 0))")))
    code, out, _ = run("check", tmp_path, "--lang", language)
    assert code == 1
    for words in told:
        assert words in out


@pytest.mark.usefixtures("judged_here")
def test_what_a_learners_code_raises_and_prints_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    write(tmp_path, changed(("return x[:, :, ::stride, ::stride]", "print(x.shape)\n    return x.nope")))
    code, out, err = run("check", tmp_path)
    assert (code, err) == (1, "")
    assert "its code raises an error" in out
    assert "AttributeError: 'Tensor' object has no attribute 'nope'" in out
    assert re.search(r"line \d+: return x\.nope", out)
    assert "Your code printed:" in out
    assert "torch.Size([2, 4, 8, 8])" in out


@pytest.mark.usefixtures("judged_here")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def subsample(x, stride:\n    pass\n", "SyntaxError"),
        ("import no_such_thing\n", "ModuleNotFoundError: No module named 'no_such_thing'"),
        ("", "there is no subsample in the file any more"),
    ],
)
def test_a_file_that_cannot_be_run_is_told(run: Run, tmp_path: Path, text: str, told: str) -> None:
    write(tmp_path, text)
    code, out, err = run("check", tmp_path)
    assert (code, err) == (1, "")
    assert told in out
    assert "Traceback" not in out


@pytest.mark.usefixtures("judged_here")
def test_a_module_without_forward_is_no_step_that_is_not_written_yet(run: Run, tmp_path: Path) -> None:
    """It raises NotImplementedError as the stubs do, for another reason."""
    write(
        tmp_path, changed(("def forward(self, x):\n        return self.bn(self.conv(x))\n\n\n# Step 4", "\n\n# Step 4"))
    )
    code, out, _ = run("check", tmp_path)
    assert code == 1
    assert "no  Step 3  Projection: its code raises an error" in out
    assert 'Module [Projection] is missing the required "forward" function' in " ".join(out.split())


def test_hint_shows_the_recipe_of_the_next_step_and_its_code_only_when_asked(run: Run, tmp_path: Path) -> None:
    write(tmp_path, solved(steps=5))
    code, out, _ = run("hint", tmp_path)
    assert code == 0
    assert out.startswith("6. The forward pass and the addition\n")
    assert "F.relu(self.residual(x) + self.shortcut(x))" not in out
    assert "--pattern" in out
    assert "F.relu(self.residual(x) + self.shortcut(x))" in run("hint", tmp_path, "--pattern")[1]
    assert run("hint", tmp_path, "--step", 2)[1].startswith("2. Zero padding\n")


def test_the_language_is_that_in_which_the_exercise_was_started(run: Run, tmp_path: Path) -> None:
    run("start", tmp_path, "--lang", "ko")
    assert run("hint", tmp_path)[1].startswith("1. option A의 sub-sampling\n")
    assert run("hint", tmp_path, "--lang", "en")[1].startswith("1. Sub-sampling for option A\n")


def test_a_hint_needs_no_exercise_where_the_step_is_named(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("hint", tmp_path / "nowhere", "--step", 9)
    assert code == 0
    assert out.startswith("9. The head\n")


class Answers:
    """In the place of the child: one outcome after the other."""

    def __init__(self, *outcomes: Outcome | outside.Problem) -> None:
        self.waiting = list(outcomes)

    def __call__(self, *_: Any, **__: Any) -> dict[str, str]:
        answer = self.waiting.pop(0)
        if isinstance(answer, outside.Problem):
            raise answer
        return {"text": answer.text}


def test_watch_checks_again_on_each_save_and_ends_when_all_holds(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = write(tmp_path, template("en"))
    first = Outcome((Step(1, "fails", faults=(Fault("sampling-axis", "SC-06"),), symbol="subsample"),))
    done = Outcome(tuple(Step(n, "holds", ("SC-06",)) for n in range(1, WHOLE + 1)))
    slow = outside.Problem("exercise.py took longer than 120 s")
    answers = Answers(first, slow, done)
    monkeypatch.setattr(outside, "ask", answers)
    looks = iter(range(1, 100))

    def save(_: float) -> None:
        """The learner: looks away once, then saves, as editors do: another file takes the place of the old one."""
        if (look := next(looks)) % 2 == 0:
            draft = tmp_path / "draft"
            draft.write_text(f"# {look}\n", "utf-8")
            draft.replace(exercise)

    monkeypatch.setattr(verbs.time, "sleep", save)
    code, out, _ = run("watch", tmp_path)
    assert code == 0
    assert not answers.waiting
    assert out.count("Checking at") == 3
    assert "The wrong axes are sampled" in out
    assert "took longer" in out
    assert "All nine steps hold." in out


def test_an_interrupted_watch_ends_well(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, template("en"))
    monkeypatch.setattr(outside, "ask", Answers(Outcome((Step(1, "open"),))))

    def press(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs.time, "sleep", press)
    assert run("watch", tmp_path)[0] == 0
