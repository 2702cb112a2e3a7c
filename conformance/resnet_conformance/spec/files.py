"""The files of the spec, each held against its JSON Schema (`spec/schema/`), faults told in words for people.

Nothing here knows what the values mean: `crosscheck.py` asks whether they agree, `__init__.py` gives them types.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from .errors import Fault, SpecError, suggest
from .schema_faults import explain_error, make_validator
from .yamlmarks import Marked, read_yaml

_KINDS = ("sources", "architectures", "variants", "clauses", "deviations", "training")
VARIANTS = (
    "variants.yaml",
    "resnext.yaml",
    "wide.yaml",
)  # must be there: of no paper; of Xie et al. 2017; of Zagoruyko and Komodakis 2016
_TOLD_BY = {  # a key at the top of a file in architectures/ -> the kind of file
    "variants": "variants",
    "architectures": "architectures",
    "families": "architectures",
    "family": "architectures",
}
_NO_KIND = (
    "it cannot be told what this file holds; write at its top 'variants' (networks told by what they change in"
    " another), 'architectures' (one family of networks, with its tables) or 'families' (several of these)"
)


@dataclass(frozen=True, slots=True)
class SpecFiles:
    """The files of a spec as read. `version` is a short hash over the bytes of all of its YAML."""

    sources: Marked
    families: tuple[Marked, ...]
    variants: tuple[Marked, ...]
    clauses: tuple[Marked, ...]
    deviations: Marked
    training: Marked
    version: str


def find_root() -> Path:
    """The checkout's `spec/` if this file lies in one, else the package's; never the working directory's."""
    here = Path(__file__).resolve()
    package = here.parents[1]
    checkout = package.parents[1] / "spec"
    if package.parent.name == "conformance" and checkout.is_dir():
        return checkout
    return package / "_spec"


def read_files(root: Path) -> SpecFiles:
    """Every file at `root`. Raises SpecError: the first fault of syntax, or all those against the schemas."""
    if not root.is_dir():
        message = "there is no spec at this path; give the folder that has sources.yaml, or install the package again"
        raise SpecError(message, str(root), 1, 1)
    schemas = _Schemas(root / "schema")
    faults: list[Fault] = []

    def parse(path: Path) -> Marked:
        name = path.relative_to(root).as_posix()
        if not path.is_file():
            raise SpecError(
                "this file of the spec is missing; restore it, or install the package again",
                f"spec/{name}",
                1,
                1,
            )
        return read_yaml(path, f"spec/{name}")

    def hold(kind: str, marked: Marked) -> Marked:
        faults.extend(fault for error in schemas.errors(kind, marked.value) for fault in explain_error(error, marked))
        return marked

    def read(kind: str, path: Path) -> Marked:
        return hold(kind, parse(path))

    folder = root / "architectures"
    known = [folder / name for name in VARIANTS]
    others = [path for path in sorted(folder.glob("*.yaml")) if path not in known] or [folder / "imagenet.yaml"]
    chapters = sorted((root / "clauses").glob("*.yaml"))
    sources = read("sources", root / "sources.yaml")
    by_kind: dict[str, list[Marked]] = {"architectures": [], "variants": []}
    for marked in map(parse, others):
        if kind := kind_of(marked.value):
            by_kind[kind].append(hold(kind, marked))
        else:
            near = next(filter(None, (suggest(key, _TOLD_BY) for key in marked.value)), "")
            faults.append(marked.fault((), f"{_NO_KIND}{near}"))
    files = SpecFiles(
        sources=sources,
        families=tuple(family for marked in by_kind["architectures"] for family in _families(marked)),
        variants=(*(read("variants", path) for path in known), *by_kind["variants"]),
        clauses=tuple(read("clauses", path) for path in chapters or [root / "clauses" / "stem.yaml"]),
        deviations=read("deviations", root / "deviations.yaml"),
        training=read("training", root / "training.yaml"),
        version=_version(root),
    )
    if faults:
        raise SpecError.of(faults)
    return files


def kind_of(value: Mapping[str, Any]) -> str | None:
    """What a file of `architectures/` holds, by the keys at its top: "variants", "architectures", or None."""
    return next((kind for key, kind in _TOLD_BY.items() if key in value), None)


def _families(marked: Marked) -> Iterator[Marked]:
    """The families of one file: itself, or each that it lists. What is no family has a fault of the schema's."""
    listed = marked.value.get("families")
    if not isinstance(listed, list):
        yield marked
        return
    for index, family in enumerate(listed):
        if isinstance(family, dict):
            yield marked.below(("families", index))


def _version(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.yaml"), key=lambda path: path.relative_to(root).as_posix()):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


class _Schemas:
    """The six schemas; they refer to each other's definitions by file name."""

    def __init__(self, folder: Path) -> None:
        contents = {}
        for kind in _KINDS:
            path = folder / f"{kind}.schema.json"
            try:
                contents[kind] = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                message = f"this schema cannot be read ({error}); restore it, or install the package again"
                raise SpecError(
                    message,
                    f"spec/schema/{path.name}",
                    getattr(error, "lineno", 1),
                    getattr(error, "colno", 1),
                ) from None
        registry: Registry[Any] = Registry().with_resources(
            (f"{kind}.schema.json", Resource.from_contents(schema)) for kind, schema in contents.items()
        )
        self._validators = {kind: make_validator(schema, registry=registry) for kind, schema in contents.items()}

    def errors(self, kind: str, value: Any) -> Iterator[ValidationError]:
        errors: Iterator[ValidationError] = self._validators[kind].iter_errors(value)
        return errors
