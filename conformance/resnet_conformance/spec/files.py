"""The files of the spec, each held against its JSON Schema (`spec/schema/`), faults told in words for people.

Nothing here knows what the values mean: `crosscheck.py` asks whether they agree, `__init__.py` gives them types.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource

from .errors import Fault, SpecError, suggest
from .yamlmarks import Marked, read_yaml

_KINDS = ("sources", "architectures", "variants", "clauses", "deviations", "training")


@dataclass(frozen=True, slots=True)
class SpecFiles:
    """The files of a spec as read. `version` is a short hash over the bytes of all of its YAML."""

    sources: Marked
    families: tuple[Marked, ...]
    variants: Marked
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

    def read(kind: str, path: Path) -> Marked:
        name = path.relative_to(root).as_posix()
        if not path.is_file():
            raise SpecError(
                "this file of the spec is missing; restore it, or install the package again",
                f"spec/{name}",
                1,
                1,
            )
        marked = read_yaml(path, f"spec/{name}")
        faults.extend(fault for error in schemas.errors(kind, marked.value) for fault in _explain(error, marked))
        return marked

    variants = root / "architectures" / "variants.yaml"
    families = [path for path in sorted((root / "architectures").glob("*.yaml")) if path != variants]
    chapters = sorted((root / "clauses").glob("*.yaml"))
    files = SpecFiles(
        sources=read("sources", root / "sources.yaml"),
        families=tuple(
            family
            for path in families or [root / "architectures" / "imagenet.yaml"]
            for family in _families(read("architectures", path))
        ),
        variants=read("variants", variants),
        clauses=tuple(read("clauses", path) for path in chapters or [root / "clauses" / "stem.yaml"]),
        deviations=read("deviations", root / "deviations.yaml"),
        training=read("training", root / "training.yaml"),
        version=_version(root),
    )
    if faults:
        raise SpecError.of(faults)
    return files


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


def _is_whole(_: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# JSON Schema takes 7.0 for an integer; a kernel of 7.0 would be a float ever after
_Validator: Any = extend(  # type: ignore[no-untyped-call]  # jsonschema has no types here
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
)


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
        self._validators = {kind: _Validator(schema, registry=registry) for kind, schema in contents.items()}

    def errors(self, kind: str, value: Any) -> Iterator[ValidationError]:
        errors: Iterator[ValidationError] = self._validators[kind].iter_errors(value)
        return errors


def _explain(error: ValidationError, marked: Marked) -> Iterator[Fault]:
    """A schema error as sentences, each at the key where that is wrong, at the value where that is."""
    path = tuple(error.absolute_path)
    schema: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    value: Any = error.instance
    rule, limit = error.validator, error.validator_value
    meaning = schema.get("description")
    what = f" ({meaning})" if meaning else ""
    if rule == "additionalProperties" and isinstance(value, Mapping):
        known: Sequence[str] = list(schema["properties"])
        for unknown in (key for key in value if key not in known):
            message = f"unknown key {unknown!r}{suggest(unknown, known)}; the keys here are {_list(known)}"
            yield marked.fault((*path, unknown), message, key=True)
    elif rule == "required":  # one error for each missing key; the message's is the one meant
        missing = next(key for key in schema["required"] if error.message.startswith(repr(key)))
        properties = schema.get("properties", {})
        if any(repr(missing) in suggest(key, properties) for key in value if key not in properties):
            return  # told already, as an unknown key that is nearly this one
        told = properties.get(missing, {}).get("description")
        yield marked.fault(path, f"{missing!r} is missing here; add it{f' ({told})' if told else ''}", key=True)
    elif "propertyNames" in error.absolute_schema_path:
        admitted = limit if isinstance(limit, list) else []
        yield marked.fault((*path, value), f"the key {value!r} does not fit{suggest(value, admitted)}{what}", key=True)
    else:
        yield marked.fault(path, _value_words(rule, limit, value) + what)


def _value_words(rule: Any, limit: Any, value: Any) -> str:
    if rule == "type":
        return f"expected {_TYPES.get(limit, limit)}, found {_describe(value)}"
    if rule in ("enum", "const"):
        admitted = limit if rule == "enum" else [limit]
        near = suggest(value, [str(a) for a in admitted]) if isinstance(value, str) else ""
        return f"expected {_list(admitted, 'or')}, found {_describe(value)}{near}"
    if rule in ("minItems", "maxItems") and limit > 1:
        return f"expected a list of {limit}, found one of {len(value)}"
    if rule in ("minItems", "minProperties", "minLength"):
        return "this must not be empty; write what belongs here"
    if rule == "uniqueItems":
        twice = next(str(item) for i, item in enumerate(value) if item in value[:i])
        return f"{twice!r} stands twice in this list; remove one"
    if rule in ("minimum", "exclusiveMinimum", "maximum"):
        relation = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}[rule]
        return f"must be {relation} {limit}, found {value}"
    return f"{_describe(value)} does not fit"


_TYPES = {
    "object": "a mapping ('key: value' lines)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _describe(value: Any) -> str:
    if isinstance(value, str):
        return f"the text {value!r}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"the number {value}"


def _list(names: Sequence[Any], word: str = "and") -> str:
    texts = [str(name) for name in names]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {word} {texts[-1]}"
