"""A run that is killed again and again ends as one that never was."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from resnet_impl.cifar10 import checkpoint

from .runs_made import Forks, same, weights_of

SHORT = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made")


def arguments(folder: Path, *more: str) -> tuple[str, ...]:
    return (*SHORT, "--output", str(folder), *more)


@pytest.mark.slow
def test_killed_twenty_times_it_ends_with_the_same_weights(tmp_path: Path, forks: Forks) -> None:
    """At random moments; most of them after a checkpoint of the killed process's own, however slow the machine is."""
    options = ("--iterations", "200", "--evaluate-every", "100", "--save-every", "5")
    again = arguments(tmp_path / "parts", *options, "--resume")
    assert forks.wait(forks.start("trained", *arguments(tmp_path / "whole", *options))) == [0]
    chance, path = random.Random(0), tmp_path / "parts" / checkpoint.NAME
    kills = resumed = went_on = 0
    while kills < 20:
        before, child, code = written(path), forks.start("trained", *again), None
        end = time.monotonic() + (60 if kills % 4 else 0)
        while written(path) == before and code is None and time.monotonic() < end:
            time.sleep(0.005)
            code = forks.poll(child)
        time.sleep(chance.uniform(0, 0.3))
        code = forks.poll(child) if code is None else code
        if code is None:
            os.kill(child, signal.SIGKILL)
            forks.wait(child)
            kills += 1
            resumed += before is not None
            went_on += before is not None and written(path) != before
        else:  # it came to its end: once more from the beginning
            assert code == 0
            assert same(weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts"))
            path.unlink()
    assert resumed >= 10
    assert went_on >= 8
    assert forks.wait(forks.start("trained", *again)) == [0]
    assert same(weights_of(tmp_path / "whole"), weights_of(tmp_path / "parts"))
    assert not [found.name for found in (tmp_path / "parts").iterdir() if found.name.startswith(".")]


def written(path: Path) -> int | None:
    """When a file was written; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None
