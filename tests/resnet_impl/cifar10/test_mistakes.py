"""A user's mistake with the trainer is one message, and nothing is begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from resnet_impl.cifar10 import speed, train

from .runs_made import made_data

SHORT = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made")


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (train, speed):
        monkeypatch.setattr(command, "load_data", lambda where, **options: made_data())
    torch.set_num_threads(1)


def main(folder: Path, *more: str) -> int:
    return train.main([*SHORT, "--output", str(folder), *more])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--model", "resnet21"), "there is no model 'resnet21'"),
        (("--evaluate-every", "150"), "--evaluate-every is a multiple of 100, not 150"),
        (("--ghost", "3"), "ghost batches of 3 do not divide a batch of 8"),
        (("--device", "cuda:99"), "there is no device 'cuda:99' here"),
    ],
)
def test_a_mistake_is_one_message(
    arguments: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(tmp_path / "run", *arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith("python -m resnet_impl.cifar10.train: ")
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize("command", [train.main, speed.main], ids=["train", "speed"])
def test_a_batch_of_more_images_than_there_are_is_refused(
    command: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--model", "resnet8", "--batch", "301", "--data", "made", "--iterations", "2", "--output"]
    assert command([*given, str(tmp_path / "run")]) == 2
    assert "a batch of 301 is more than the 300 images to train on: take a smaller --batch" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_damaged_checkpoint_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path, "--iterations", "20") == 0
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(path.read_bytes()[:5000])
    assert main(tmp_path, "--iterations", "20", "--resume") == 2
    err = capsys.readouterr().err
    assert f"{path} is no checkpoint, or a damaged one: " in err
    assert len(err.splitlines()[-1]) < 200 + len(str(path))
