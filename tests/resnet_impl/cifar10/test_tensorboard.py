"""What is written for TensorBoard, with a writer that keeps what it is given: TensorBoard itself need not be there."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from resnet_impl.cifar10 import train

from .runs_made import made_data

OPTIONS = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made", "--evaluate-every", "100")


class Writer:
    """As torch's SummaryWriter, with a disk that is full from some iteration on."""

    made: ClassVar[list[Writer]] = []
    full_from = 1_000_000

    def __init__(self, folder: str, purge_step: int) -> None:
        self.folder, self.purge_step, self.closed = folder, purge_step, False
        self.rows: dict[tuple[str, int], float] = {}
        Writer.made.append(self)

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.rows[name, step] = value

    def flush(self) -> None:
        if any(step >= Writer.full_from for _, step in self.rows):
            raise OSError(28, "No space left on device")

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def _writer(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Writer, "made", [])
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())


def test_it_has_what_metrics_csv_has(tmp_path: Path) -> None:
    assert train.main([*OPTIONS, "--iterations", "200", "--output", str(tmp_path)]) == 0
    (writer,) = Writer.made
    assert (writer.folder, writer.purge_step, writer.closed) == (str(tmp_path / "tensorboard"), 1, True)
    rows = list(csv.DictReader((tmp_path / "metrics.csv").read_text().splitlines()))
    names = {"rate": "rate", "train/loss": "train_loss", "train/error": "train_error"}
    names |= {"test/loss": "test_loss", "test/error": "test_error"}
    wanted = {(name, int(row["iteration"])): float(row[column]) for row in rows for name, column in names.items()}
    assert writer.rows == pytest.approx(wanted, rel=1e-5)


def test_a_disk_that_it_finds_full_stops_with_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*OPTIONS, "--iterations", "200", "--save-every", "100", "--output", str(tmp_path)]
    monkeypatch.setattr(Writer, "full_from", 200)
    assert train.main(arguments) == train.FAILED
    err = capsys.readouterr().err
    assert f"cannot write into {tmp_path / 'tensorboard'}: No space left on device" in err
    assert "Traceback" not in err
    monkeypatch.setattr(Writer, "full_from", 1_000_000)
    assert train.main([*arguments, "--resume"]) == 0
    assert Writer.made[-1].purge_step == 101  # what came after the checkpoint is measured again
    assert {step for _, step in Writer.made[-1].rows} == {200}
