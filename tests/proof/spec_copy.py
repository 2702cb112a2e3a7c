"""A copy of the spec of one's own, loaded by the loader with one of its files changed.

Thousands of copies that differ in one file are loaded, so what is the same in all of them is read, held against its
schema and measured once: the loader's own functions, with their answers remembered by the bytes of a file and by the
value of an architecture.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from jsonschema.exceptions import ValidationError

from resnet_conformance import figures
from resnet_conformance.architecture import Architecture, Derived
from resnet_conformance.spec import Spec, files, load_spec
from resnet_conformance.spec.files import find_root
from resnet_conformance.spec.yamlmarks import Marked, read_yaml

from .spec_changes import Change, Names, changes
from .spec_leaves import Text


@cache
def texts() -> dict[str, Text]:
    """Every file of the spec by its path in it."""
    root = find_root()
    return {
        path.relative_to(root).as_posix(): Text(path.read_text(encoding="utf-8"))
        for path in sorted(root.rglob("*.yaml"))
    }


@cache
def all_changes() -> dict[str, Change]:
    """Every change by its name, in the order of the files."""
    spec = load_spec()
    names = Names(tuple(spec.clauses), tuple(spec.architectures))
    return {change.name: change for file, text in texts().items() for change in changes(file, text, names)}


def load_changed(change: Change) -> Spec:
    """The spec with one file changed. Raises SpecError where the loader refuses it."""
    path = _folder() / change.file
    path.write_text(change.text, encoding="utf-8")
    try:
        with _remembered():
            return load_spec(_folder())
    finally:
        path.write_text(texts()[change.file].text, encoding="utf-8")


@cache
def _folder() -> Path:
    """The copy, one in each process."""
    above = Path(tempfile.mkdtemp(prefix="spec-mutants-"))
    atexit.register(shutil.rmtree, above, ignore_errors=True)
    shutil.copytree(find_root(), above / "spec")
    return above / "spec"


_read: dict[tuple[str | None, bytes], Marked] = {}
_faults: dict[tuple[str, int], list[ValidationError]] = {}
_derived: dict[str, tuple[Derived, int]] = {}


@contextmanager
def _remembered() -> Iterator[None]:
    """What the loader has found of unchanged files and networks is not worked out again."""
    errors, derive = files._Schemas.errors, figures.derive

    def read(path: Path, file: str | None = None) -> Marked:
        key = file, path.read_bytes()
        original = file is not None and path.read_text(encoding="utf-8") == texts()[file.removeprefix("spec/")].text
        if not original:
            return read_yaml(path, file)
        if key not in _read:
            _read[key] = read_yaml(path, file)
        return _read[key]

    def against_schema(self: Any, kind: str, value: Any) -> Iterator[ValidationError]:
        if not any(value is marked.value for marked in _read.values()):
            return errors(self, kind, value)
        if (kind, id(value)) not in _faults:
            _faults[kind, id(value)] = list(errors(self, kind, value))
        return iter(_faults[kind, id(value)])

    def measured(architecture: Architecture) -> tuple[Derived, int]:
        key = repr(architecture)
        if key not in _derived:
            _derived[key] = derive(architecture)
        return _derived[key]

    with (
        patch.object(files, "read_yaml", read),
        patch.object(files._Schemas, "errors", against_schema),
        patch.object(figures, "derive", measured),
    ):
        yield
