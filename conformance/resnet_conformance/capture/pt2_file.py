"""A .pt2 file, as torch.export.save writes it, as plain data. Nothing in it is run.

torch.export.load is not for files of others: it unpickles what the file tells it to (torch 2.15,
torch/export/pt2_archive/_package.py, weights_only=False) and evaluates its symbolic expressions. Here the archive is
read as what it is, a zip file of JSON and raw tensors; a pickled weight is read by torch's safe unpickler alone.
"""

from __future__ import annotations

import io
import json
import pickle
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .problems import TargetError, last_line

LARGEST = 2**33  # bytes of an archive when unpacked
DTYPES = {
    1: torch.uint8,
    2: torch.int8,
    3: torch.int16,
    4: torch.int32,
    5: torch.int64,
    6: torch.float16,
    7: torch.float32,
    8: torch.float64,
    12: torch.bool,
    13: torch.bfloat16,
}  # torch/_export/serde/schema.py, ScalarType


@dataclass(frozen=True, slots=True)
class Archive:
    """The file's parts: `model` as torch/_export/serde/schema.py describes an exported program; tensors by name."""

    model: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]


def read_pt2(path: Path) -> Archive:
    """The parts of a file. Raises TargetError, which names it and what is wrong."""
    try:
        with zipfile.ZipFile(path) as file:
            return _Reader(path, file).archive()
    except TargetError:
        raise
    except zipfile.BadZipFile:
        raise TargetError(f"{path} is no .pt2 file, or is damaged: give what torch.export.save wrote") from None
    except OSError as error:
        raise TargetError(f"cannot read {path}: {error.strerror or error}") from error
    except Exception as error:
        raise TargetError(f"{path} is no .pt2 file that can be read: {last_line(error)}") from error


class _Reader:
    """One archive on its way to its parts. Names in it begin with a folder of any name."""

    def __init__(self, path: Path, file: zipfile.ZipFile) -> None:
        self.path, self.file = path, file
        self.names = {name.partition("/")[2]: name for name in file.namelist()}
        self.names |= {name: name for name in file.namelist() if "/" not in name}
        members = file.infolist()
        size = path.stat().st_size
        if sum(m.file_size for m in members) > LARGEST or sum(m.file_size for m in members) > 100 * size + 2**20:
            raise TargetError(f"{path} is no .pt2 file that can be read: it unpacks to more than is sensible")

    def archive(self) -> Archive:
        if "models/model.json" in self.names:
            model = self._json("models/model.json")
            tensors = self._payload("weights", "model_weights_config.json", "model.pt")
            return Archive(model, {**self._payload("constants", "model_constants_config.json", "model.pt"), **tensors})
        if "serialized_exported_program.json" in self.names:  # torch before 2.8
            model = self._json("serialized_exported_program.json")
            return Archive(model, self._pickled("serialized_constants.pt") | self._pickled("serialized_state_dict.pt"))
        models = [name for name in self.names if name.startswith("models/")]
        why = f"it holds {len(models)} programs, none named 'model'" if models else "no exported program is in it"
        raise TargetError(f"{self.path} cannot be judged: {why}; give what torch.export.save wrote")

    def _bytes(self, name: str) -> bytes:
        return self.file.read(self.names[name])

    def _json(self, name: str) -> dict[str, Any]:
        found = json.loads(self._bytes(name))
        if not isinstance(found, dict):
            raise TypeError(f"{name} holds no object")
        return found

    def _pickled(self, name: str) -> dict[str, torch.Tensor]:
        """Tensors by name, or one tensor under the name of the entry, unpickled without running anything."""
        if name not in self.names:
            return {}
        found = self._unpickle(name)
        if isinstance(found, torch.Tensor):
            return {name: found}
        if not isinstance(found, dict) or not all(isinstance(t, torch.Tensor) for t in found.values()):
            raise TypeError(f"{name} holds something else than tensors")
        return found

    def _unpickle(self, name: str) -> Any:
        try:
            with (
                warnings.catch_warnings()
            ):  # of protocols that torch's own unpickler may not know: then it refuses them
                warnings.simplefilter("ignore")
                return torch.load(io.BytesIO(self._bytes(name)), map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise TargetError(
                f"{self.path}: {name} is a pickle that would run code, and is not opened: {_refused(error)}"
            ) from None

    def _payload(self, kind: str, config: str, legacy: str) -> dict[str, torch.Tensor]:
        folder = f"data/{kind}/"
        if folder + config not in self.names:
            return self._pickled(folder + legacy)
        found: dict[str, torch.Tensor] = {}
        seen: dict[str, torch.Tensor] = {}  # one Parameter for what is one tensor under several names
        for name, entry in self._json(folder + config)["config"].items():
            key = json.dumps([entry["path_name"], entry.get("tensor_meta")], sort_keys=True)
            if key not in seen:
                seen[key] = self._tensor(folder + entry["path_name"], entry)
            found[name] = seen[key]
        return found

    def _tensor(self, name: str, entry: Mapping[str, Any]) -> torch.Tensor:
        if entry.get("use_pickle"):
            tensor = self._unpickle(name)
            if not isinstance(tensor, torch.Tensor):
                raise TargetError(f"{self.path}: {name} is no tensor but an object of a class: only tensors are read")
        else:
            tensor = self._raw(name, entry["tensor_meta"])
        tensor = tensor.detach()
        if tensor.is_floating_point():
            tensor = tensor.float()
        learned = bool((entry.get("tensor_meta") or {}).get("requires_grad", True)) and tensor.is_floating_point()
        return nn.Parameter(tensor, learned) if entry.get("is_param") else tensor

    def _raw(self, name: str, meta: Mapping[str, Any]) -> torch.Tensor:
        dtype = DTYPES.get(meta["dtype"])
        if dtype is None:
            raise TargetError(f"{self.path}: {name} holds numbers of a kind that is not read here")
        sizes = [int(n["as_int"]) for n in meta["sizes"]]
        strides, offset = [int(n["as_int"]) for n in meta["strides"]], int(meta["storage_offset"]["as_int"])
        if any(n < 0 for n in (*sizes, *strides, offset)) or len(sizes) != len(strides):
            raise TargetError(f"{self.path}: {name} has an impossible shape")
        if prod(sizes) == 0:
            return torch.zeros(sizes, dtype=dtype)
        data = bytearray(self._bytes(name))
        last = offset + sum((n - 1) * step for n, step in zip(sizes, strides, strict=True))
        if (last + 1) * dtype.itemsize > len(data) or prod(sizes) * dtype.itemsize > 2 * len(data):
            raise TargetError(f"{self.path}: {name}, of shape {tuple(sizes)}, is too short ({len(data)} bytes)")
        flat = torch.frombuffer(data[: len(data) // dtype.itemsize * dtype.itemsize], dtype=dtype)
        return torch.as_strided(flat, sizes, strides, offset).clone()


def _refused(error: Exception) -> str:
    """Which of the lines of torch's long message says what was refused."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if "GLOBAL" in line or "Unsupported" in line), lines[0] if lines else "")[:200]
