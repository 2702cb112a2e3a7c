"""The files of a run: run.json, metrics.csv, TensorBoard, curves.png. Each is replaced at once, never half-written."""

from __future__ import annotations

import csv
import io
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import torch

from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.files import replacing
from resnet_impl.cifar10.trainer import Row
from resnet_impl.processor import cpuinfo


def write(path: Path, content: bytes) -> None:
    """Write atomically. Raises TrainingError."""
    try:
        with replacing(path) as file:
            file.write(content)
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """JSON for people, too."""
    write(path, (json.dumps(content, indent=2) + "\n").encode())


def write_metrics(path: Path, rows: Sequence[Row]) -> None:
    """One line for each row."""
    text = io.StringIO()
    lines = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    lines.writeheader()
    lines.writerows({name: _short(value) for name, value in asdict(row).items()} for row in rows)
    write(path, text.getvalue().encode())


def read_metrics(path: Path) -> list[Row]:
    """What `write_metrics` wrote. Raises TrainingError."""
    try:
        lines = list(csv.DictReader(path.read_text("utf-8").splitlines()))
        return [Row(int(line.pop("iteration")), **{k: float(v) for k, v in line.items()}) for line in lines]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(f"cannot read the metrics {path}: {error}") from error


def _short(value: float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def environment(device: torch.device) -> dict[str, Any]:
    """What numbers depend on: versions, machine, threads."""
    found: dict[str, Any] = {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "machine": f"{platform.system()} {platform.machine()}",
        **({"processor": name} if (name := cpuinfo().get("model name")) else {}),
        "device": str(device.type),
        "threads": torch.get_num_threads(),
    }
    if device.type == "cuda":
        found |= {"gpu": torch.cuda.get_device_name(device), "cuda": torch.version.cuda}
    return found


class Board:
    """TensorBoard's files, where it is installed; without it nothing is written. All of it raises TrainingError."""

    def __init__(self, folder: Path, first: int) -> None:
        self.folder = folder
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.writer: Any = None
        else:
            # what an interrupted process wrote after its last checkpoint is measured again
            with self._told():
                self.writer = SummaryWriter(str(folder), purge_step=first)

    def add(self, row: Row) -> None:
        """One row."""
        if self.writer is not None:
            with self._told():
                for name in ("rate", "train_loss", "train_error", "test_loss", "test_error"):
                    self.writer.add_scalar(name.replace("_", "/"), getattr(row, name), row.iteration)
                self.writer.flush()

    def close(self) -> None:
        """No more rows."""
        if self.writer is not None:
            with self._told():
                self.writer.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrainingError(f"cannot write into {self.folder}: {error.strerror or error}") from error
