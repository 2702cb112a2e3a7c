"""Whatever a file holds, it ends in a verdict or in one message: no traceback, no bug of ours, no memory filled.

RESNET_DAMAGED says how many damaged files of each kind there are (30), RESNET_DAMAGED_FROM with which seed they begin.
"""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path

import pytest

from resnet_conformance.cli import main

from .byhand import Hand, resnet20
from .exports import FOLDER, exported
from .mutations import damaged
from .norms_made import OTHERS, written

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("RESNET_DAMAGED", "30"))
FIRST = int(os.environ.get("RESNET_DAMAGED_FROM", "0"))
LONG = 60  # seconds; whole judgements of ResNet-20 take two


SEEDS = range(FIRST, FIRST + COUNT)
ONNX = ("legacy", "legacy-kept", "dynamo", "by hand", *OTHERS)
CASES = [(seed, "pt2") for seed in SEEDS] + [(seed, ONNX[seed % len(ONNX)]) for seed in SEEDS]


@functools.cache
def source_of(way: str) -> Path:
    """The sound file: an export, or a net of (N, H, W, C) that is written node by node, as Keras' converters do."""
    if way in OTHERS:
        return written(way, "legacy-kept")
    if way != "by hand":
        return Path(exported("resnet20", way))
    hand = Hand(last=True)
    return Path(hand.save(FOLDER / "by-hand.onnx", resnet20(hand), ("n", "h", "w", 3)))


def test_the_sound_files_are_all_judged(capsys: pytest.CaptureFixture[str]) -> None:
    for way in ("pt2", *ONNX):
        assert main(["check", str(source_of(way)), "--evidence", "structure", "--only", "SC-*"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize(("seed", "way"), CASES)
def test_a_damaged_file_ends_in_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], judged_here: object, way: str, seed: int
) -> None:
    source = source_of(way)
    path = tmp_path / f"net{source.suffix}"
    path.write_bytes(damaged(source.read_bytes(), source.suffix.removeprefix("."), seed))
    started = time.monotonic()
    # with all evidence for some: it takes ten times as long
    evidence = [] if seed % 20 == 7 else ["--evidence", "structure"]
    code = main(["check", str(path), "--timeout", str(LONG), "--seed", "1", *evidence])
    said = capsys.readouterr()
    assert code in (0, 1, 2)
    assert "bug" not in said.err
    assert "a bug of resnet-conformance" not in said.out
    assert "Traceback" not in said.err
    assert time.monotonic() - started < 2 * LONG
    assert (code == 2) <= bool(said.err or "not examined" in said.out)
    assert not said.err or "net." in said.err or "the network" in said.err
