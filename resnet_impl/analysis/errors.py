"""What goes wrong for reasons outside this code. Every message is for people: what, where, and what to do."""

from __future__ import annotations

import sysconfig
import traceback
from contextlib import suppress
from pathlib import Path

PYTHONS, OURS = Path(sysconfig.get_path("stdlib")), Path(__file__).parents[1]


class AnalysisError(Exception):
    """The network, its images or the folder are not such that this could be measured."""


def said(error: BaseException) -> str:
    """What an error of someone else's code says, in one line with its kind and place: "KeyError: 'n' (net.py:9)"."""
    reason = (str(error).strip().splitlines() or [""])[0]
    kind = type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    place = f" ({_short(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    return f"{kind}: {reason}{place}" if reason else kind + place


def _is_theirs(file: str) -> bool:
    """Is it neither Python's, nor this package's, nor an installed library's? Of those nobody here changes a line."""
    path = Path(file)
    if path.is_relative_to(PYTHONS) or path.is_relative_to(OURS) or not path.is_file():
        return False
    return not {"site-packages", "dist-packages"}.intersection(path.parts)


def _short(file: str) -> str:
    with suppress(OSError):  # the folder that we are in may be gone
        return str(Path(file).relative_to(Path.cwd())) if Path(file).is_relative_to(Path.cwd()) else file
    return file
