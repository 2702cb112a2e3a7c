"""Where a stranger's code went wrong, and what may have been meant by a module that is not there."""

from __future__ import annotations

import contextlib
import difflib
import importlib.util
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

STANDARD, OURS = Path(os.__file__).parent, Path(__file__).parents[1]
_torch = importlib.util.find_spec("torch")  # which imports nothing of it
TORCH = Path(_torch.origin if _torch and _torch.origin else os.devnull).parent


def place_of(error: BaseException) -> str:
    """ " (net.py:9)": the line of a stranger's code that raised it (innermost() below), or ""."""
    place = innermost(traceback.extract_tb(error.__traceback__))
    return f" ({place})" if place else ""


def innermost(frames: Sequence[traceback.FrameSummary]) -> str:
    """ "net.py:9": the last of these that is neither torch's, Python's nor ours; "" where there is none.

    A line of an installed package is told where no other is there: one cannot change it.
    """
    strangers = [frame for frame in reversed(frames) if _is_a_strangers(frame.filename)]
    if not strangers:
        return ""
    place = next((frame for frame in strangers if not _is_installed(Path(frame.filename))), strangers[0])
    path = Path(place.filename)
    with contextlib.suppress(OSError):  # a stranger may have removed the folder that we are in
        path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return f"{path}:{place.lineno}"


def _is_a_strangers(name: str) -> bool:
    path = Path(name)
    if not path.is_file() or path.is_relative_to(TORCH) or path.is_relative_to(OURS):
        return False
    return not path.is_relative_to(STANDARD) or _is_installed(path)


def _is_installed(path: Path) -> bool:
    return bool({"site-packages", "dist-packages"}.intersection(path.parts))  # the latter is Debian's


def missing_words(name: str) -> str:
    """What to say where the module of that dotted name is missing."""
    parent, _, own = name.rpartition(".")
    told = f"no module named {name!r}. "
    if Path("src", name.partition(".")[0]).is_dir():
        return f"{told}src/{name.partition('.')[0]} is here: install the project (uv pip install -e .)"
    if parent and is_module(parent):
        found = importlib.util.find_spec(parent)
        inside = [each.name for each in pkgutil.iter_modules(found.submodule_search_locations if found else None)]
        if close := difflib.get_close_matches(own, inside, n=2, cutoff=0.6):
            return f"{told}Did you mean {' or '.join(f'{parent}.{each}' for each in close)}?"
    return f"{told}Install it, or check the spelling"


def is_module(name: str) -> bool:
    """Is there a module of that dotted name? Its packages are imported to look."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def below(package: ModuleType, name: str) -> str:
    """ "torchvision.models:resnet50": where a package that has no `name` of its own has one further down, or ""."""
    modules = [each for each in list(sys.modules) if each.startswith(f"{package.__name__}.")]
    having = [each for each in modules if callable(getattr(sys.modules[each], "__dict__", {}).get(name))]
    nearest = min(having, key=lambda each: (each.count("."), len(each)), default="")
    return nearest and f"{nearest}:{name}"
