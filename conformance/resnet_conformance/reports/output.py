"""Text to a file, all or nothing: a reader never sees half a report, and a failure leaves the old one."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class OutputError(Exception):
    """The report cannot be written where it was asked for; the message says why and what to do."""


def check_writable(path: Path) -> None:
    """Refuse a place that cannot be written, before the time for judging is spent. Raises OutputError."""
    try:
        folder = path.resolve().parent
    except OSError as error:  # the working folder is gone
        raise OutputError(f"cannot write {path}: the folder does not exist any more ({error})") from error
    if not folder.is_dir():
        raise OutputError(f"cannot write {path}: the folder {folder} does not exist; create it first")
    if path.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder; name a file in it")
    # Replacing a file, too, needs a writable folder: the new text is a file beside it until it is complete.
    place = folder if not path.exists() or path.is_file() else path
    if not os.access(place, os.W_OK):
        raise OutputError(f"cannot write {path}: no permission to write in {folder}")


def write_atomically(path: Path, text: str) -> None:
    """Write UTF-8 text to a temporary file in the same folder, then put it in the place of `path` at once.

    A symbolic link stays one (its target is replaced); a pipe or device is written to. Raises OutputError.
    """
    check_writable(path)
    data = text.encode("utf-8", errors="backslashreplace")
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


def _replace(target: Path, data: bytes) -> None:
    """Write beside the target and rename; whatever goes wrong, no temporary file stays behind."""
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        # With the mode that any new file gets; the tempfile module would narrow it to the owner alone.
        with temporary.open("xb") as stream:
            stream.write(data)
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
