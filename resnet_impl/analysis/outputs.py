"""What a verb writes: numbers as CSV, what they are of as JSON, a picture. Nothing is overwritten unasked."""

from __future__ import annotations

import csv
import io
import math
import shlex
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.cifar10.curves import pyplot
from resnet_impl.cifar10.outputs import environment, write, write_json

Row = Mapping[str, object]


def claim(folder: Path, names: Sequence[str], overwrite: bool) -> None:
    """Make the folder ready for these files.

    Raises AnalysisError where one of them is there, or it cannot be made; TrainingError where nothing can be drawn.
    """
    pyplot()  # what is missing is told before the time is spent
    if (there := [name for name in names if (folder / name).exists()]) and not overwrite:
        raise AnalysisError(
            f"{folder} holds {', '.join(there)} already: give another --output, or --overwrite to replace them"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(f"cannot make the folder {folder}: {error.strerror or error}") from error


def missing(folder: Path) -> list[Path]:
    """The folder and those above it that do not exist yet, the innermost first."""
    return [path for path in (folder, *folder.parents) if not path.exists()]


def leave_no_trace(made: Sequence[Path]) -> None:
    """Remove the folders that were made for a run which wrote nothing; what holds a file stays."""
    for path in made:
        try:
            path.rmdir()
        except OSError:
            return


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """A CSV with the keys of the first row as its header; 7 digits of each number. Raises TrainingError."""
    text = io.StringIO()
    lines = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    lines.writeheader()
    lines.writerows({name: _short(value) for name, value in row.items()} for row in rows)
    write(path, text.getvalue().encode())


def _short(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.7g}"
    return value


def write_about(path: Path, verb: str, given: Sequence[str], found: Mapping[str, Any]) -> None:
    """JSON: the command, the date, versions and machine, then what was found. Raises TrainingError."""
    command = f"python -m resnet_impl.analysis {shlex.join([verb, *given])}"
    date = datetime.now(UTC).date().isoformat()
    write_json(
        path, {"command": command, "date": date, **_plain(found), "environment": environment(torch.device("cpu"))}
    )


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    return value
