"""The whole kata, as its learner ends it: the real command in its child process, `check`, and some training."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_conformance import check, cli
from tests.conformance.kata.solving import solved, write

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_finished_exercise_holds_and_its_network_conforms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    exercise = write(tmp_path, solved(language))
    assert cli.main(["kata", "check", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("ok  ") == 10
    more = " --lang ko" if language == "ko" else ""
    assert f"resnet-conformance check {exercise}:resnet20 --architecture cifar10/resnet20{more}\n" in out
    assert f"python {exercise}\n" in out
    assert check(f"{exercise}:resnet20", "cifar10/resnet20").verdict == "conforms"


def test_the_finished_network_trains(tmp_path: Path) -> None:
    exercise = write(tmp_path, solved())
    done = subprocess.run([sys.executable, str(exercise)], capture_output=True, text=True, check=True)
    losses = [float(loss) for loss in re.findall(r"^iteration \d+: loss (\S+)$", done.stdout, re.MULTILINE)]
    assert len(losses) == 12
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Step 2 was not done when 6 s were over. Does its code ever end? If it does: --timeout 60"),
        ("ko", "단계 2: 6초가 지나도 끝나지 않았다. 무한 반복이 아닌지 본다. 원래 오래 걸리는 코드라면: --timeout 60"),
    ],
)
def test_a_learners_endless_loop_ends_and_its_step_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str, told: str
) -> None:
    text = solved(language)
    line = next(line for line in text.splitlines() if "functional.pad(" in line or "F.pad(" in line)
    write(tmp_path, text.replace(line, f"{line[: len(line) - len(line.lstrip())]}while True: pass"))
    assert cli.main(["kata", "check", str(tmp_path), "--timeout", "6"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert told in " ".join(captured.err.split())


def test_an_endless_loop_outside_of_all_steps_is_told_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "while True: pass")
    assert cli.main(["kata", "check", str(tmp_path), "--timeout", "2"]) == 2
    assert "exercise.py was not done when 2 s were over." in capsys.readouterr().err
