"""What goes wrong for reasons outside this code. Every message is for people: what, where, and what to do."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

NOT_THEIRS = (sysconfig.get_path("stdlib"), str(Path(__file__).parents[1]))


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
    installed = {"site-packages", "dist-packages"}.intersection(Path(file).parts)
    return not installed and not file.startswith(NOT_THEIRS) and Path(file).is_file()


def _short(file: str) -> str:
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
