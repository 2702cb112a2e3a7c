"""A run on disk: all that it needs to go on as if it had never stopped.

One file, `checkpoint.pt`, replaced at once: a run that is killed while it saves keeps the one before. Read with torch's
safe unpickler, which runs no code.
"""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch

from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.files import replacing

NAME = "checkpoint.pt"
FORMAT = "resnet_impl/cifar10/1"


def save(path: Path, state: dict[str, Any]) -> None:
    """Write atomically. Raises TrainingError (a full disk, no permission); what was there stays then."""
    whole = io.BytesIO()  # written to the disk, torch's archive would tell of a full one in words of its own
    torch.save({"format": FORMAT, **state}, whole)
    try:
        with replacing(path) as file:
            file.write(whole.getbuffer())
        _sync_folder(path.parent)
    except OSError as error:
        kept = f"; the checkpoint from before is intact: {path}" if path.exists() else ""
        raise TrainingError(f"cannot write the checkpoint {path} ({error.strerror or error}){kept}") from error


def _sync_folder(folder: Path) -> None:
    """The new name, too, is on the disk."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote, on the CPU. Raises TrainingError."""
    try:
        with path.open("rb") as file:
            state = torch.load(file, map_location="cpu", weights_only=True)
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise TrainingError(f"cannot read the checkpoint {path}: {error.strerror}") from error
    except pickle.UnpicklingError as error:
        raise TrainingError(
            f"{path} is no checkpoint, or a damaged one: it holds more than tensors and numbers"
        ) from error
    except (OSError, RuntimeError, zipfile.BadZipFile, EOFError, ValueError) as error:
        said = (str(error).strip() or "it ends too soon").splitlines()[0]
        reason = said.partition(". ")[0]  # torch goes on at length
        raise TrainingError(f"{path} is no checkpoint, or a damaged one: {reason}") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise TrainingError(
            f"{path} is no checkpoint of this trainer. Weights of another implementation get here by"
            " `resnet-conformance transplant`"
        )
    return state
