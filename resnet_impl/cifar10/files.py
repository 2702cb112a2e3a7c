"""Files that are replaced at once: whoever reads one sees what was there before, or all that is new."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path`, which takes its place when all is written and on the disk; gone where that fails."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")  # of one writer: threads, too, write at once
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def sweep(folder: Path) -> None:
    """Take away what a process that was killed in `replacing` left in a folder that no other process writes to."""
    for path in folder.glob(".*"):
        if re.fullmatch(r"\..+\.[0-9a-f]{8}", path.name) and path.is_file():
            path.unlink(missing_ok=True)
