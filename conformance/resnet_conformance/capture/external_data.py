"""Weights that an .onnx file keeps in a file beside it: read by us, and from nowhere else than its own folder.

https://github.com/onnx/onnx/blob/main/docs/ExternalData.md; a location that leads out of the folder reads files of the
person who judges (CVE-2024-27318, CVE-2024-5187).
"""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

from .problems import TargetError


def read_external(model: Path, tensor: str, entries: Mapping[str, str], size: int) -> bytes:
    """The `size` bytes of a tensor of the file `model`. `entries`: location, offset, length, as the file says them.

    Raises TargetError, naming tensor and path, where the path is absolute, leads out of the folder or through a link,
    or where the bytes are not there.
    """
    location = entries.get("location", "")
    offset, length = _number(entries, "offset", 0), _number(entries, "length", size)
    who = f"{model}: the weights {tensor!r} are in {location!r}"
    if offset is None or length is None:
        raise TargetError(f"{who}, at an offset or of a length that is no number")
    parts = location.replace("\\", "/").split("/")
    if not location or "\0" in location or parts[0] == "" or ".." in parts or ":" in parts[0]:
        raise TargetError(f"{who}, which is outside the model's folder: only files beside it are read")
    folder = path = model.resolve().parent
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise TargetError(f"{who}, which leads through a link ({part}): only files beside the model are read")
    if not path.resolve().is_relative_to(folder):
        raise TargetError(f"{who}, which is outside the model's folder: only files beside it are read")
    try:
        known = path.stat()
    except (OSError, ValueError):
        raise TargetError(f"{who}, which does not exist: it belongs beside the model, in {model.parent}") from None
    if not stat.S_ISREG(known.st_mode):
        raise TargetError(f"{who}, which is no file")
    if length != size:
        raise TargetError(f"{who}, with {length} bytes there, and its shape needs {size}")
    if offset + size > known.st_size:
        raise TargetError(f"{who}, which is too short: {offset + size} bytes are needed, and it has {known.st_size}")
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(size)
    if len(data) != size:
        raise TargetError(f"{who}, which is too short")
    return data


def _number(entries: Mapping[str, str], key: str, default: int) -> int | None:
    text = entries.get(key, "")
    if not text:
        return default
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
