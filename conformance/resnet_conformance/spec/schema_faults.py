"""What breaks a JSON Schema, told in words for people, at its place in the YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from .errors import Fault, suggest
from .yamlmarks import Marked


def _is_whole(_: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# JSON Schema takes 7.0 for an integer; a kernel of 7.0 would be a float ever after
make_validator: Any = extend(  # type: ignore[no-untyped-call]  # jsonschema has no types here
    Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole)
)


def explain_error(error: ValidationError, marked: Marked) -> Iterator[Fault]:
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
