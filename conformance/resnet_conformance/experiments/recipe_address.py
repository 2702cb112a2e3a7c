"""A recipe by its address: `package.module:name` or `path/to/file.py:name`, as targets are named."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from ..spec import suggest

_numbers = itertools.count()


class RecipeError(ValueError):
    """What was given is no recipe; the message says what one looks like, or why it was not found."""


def find_recipe(address: str) -> object:
    """What stands at the address. Raises RecipeError."""
    module_name, colon, name = address.rpartition(":")
    if not colon or not module_name or not name:
        raise RecipeError(f"{address!r} is no address of a recipe; write package.module:name or path/to/file.py:name")
    try:
        module = _import_file(Path(module_name)) if module_name.endswith(".py") else _import(module_name)
    except RecipeError:
        raise
    except (Exception, SystemExit) as error:
        raise RecipeError(f"{module_name} could not be imported: {type(error).__name__}: {error}") from error
    found: object = module
    for part in name.split("."):
        if not hasattr(found, part):
            names = [known for known in vars(module) if not known.startswith("_")]
            raise RecipeError(f"{module_name} has no {name!r}{suggest(name, names)}")
        found = getattr(found, part)
    return found


def _import(name: str) -> ModuleType:
    return importlib.import_module(name)


def _import_file(path: Path) -> ModuleType:
    """Run a file as a module of its own name, its neighbours importable while it runs."""
    if not path.is_file():
        raise RecipeError(f"there is no file {path}")
    name = f"_resnet_conformance_recipe_{next(_numbers)}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickles look there
    with _neighbours(path.resolve().parent):
        spec.loader.exec_module(module)
    return module


@contextmanager
def _neighbours(folder: Path) -> Iterator[None]:
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
