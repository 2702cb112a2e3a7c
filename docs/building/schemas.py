"""JSON Schemas as tables: a row for each key, with its type, whether it is required, and what it means.

`a.b` is the key b of the mapping a, `a[].b` that of each entry of the list a, `a.*.b` that of each value of the mapping
a. Definitions that are mappings have tables of their own, which types link to; the other definitions that say more than
a type are rows of one table of types. Conditions (`if`, `allOf`) are left to who knows what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from docs.building.markdown import anchor, table
from docs.building.prose import code, terminal
from docs.building.schemas_words import HEAD, SHARED, WORDS

LONG = 60  # letters of a description that is not told again with each key

Schema = Mapping[str, Any]
Row = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Book:
    """The schemas that one page tells, by the names under which they refer to each other, and its language."""

    files: Mapping[str, Schema]
    language: str
    is_filled: bool = True  # texts and lists are not empty as a rule: only what differs from the rule is told
    called: Mapping[str, str] = field(default_factory=dict)  # a definition by another name, in the table of types
    used: dict[tuple[str, str], None] = field(default_factory=dict)  # definitions for the table of types

    def table(self, file: str, schema: Schema) -> str:
        """The keys of a mapping, those of the mappings in it included."""
        return table(HEAD["keys"][self.language], self._rows(file, schema, ""))

    def objects(self, file: str) -> list[tuple[str, Schema]]:
        """The definitions of a file that have tables of their own."""
        found = self.files[file].get("$defs", {}).items()
        return [(name, schema) for name, schema in found if _is_object(schema)]

    def shared(self) -> str:
        """The table of types that the tables before named."""
        rows = []
        for file, name in self.used:
            schema = self.files[file]["$defs"][name]
            rows.append(
                (code(self.called.get(name, name)), self.type_of(file, schema), terminal(schema.get("description", "")))
            )
        return table(HEAD["types"][self.language], rows)

    def _rows(self, file: str, schema: Schema, before: str) -> Iterator[Row]:
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping) and not before:  # a definition that is a mapping of alike values
            yield from self._row(file, "*", values, False)
            yield from self._inner(file, values, "*")
        required = schema.get("required", ())
        for key, value in schema.get("properties", {}).items():
            yield from self._row(file, f"{before}{key}", value, key in required)
            yield from self._inner(file, value, f"{before}{key}")

    def _inner(self, file: str, value: Schema, path: str) -> Iterator[Row]:
        """The rows of what stands in the value of a key, where that is written in its place."""
        items, values = value.get("items"), value.get("additionalProperties")
        if isinstance(items, Mapping):
            yield from self._rows(file, items, f"{path}[].")
        elif isinstance(values, Mapping):
            yield from self._rows(file, values, f"{path}.*.")
        else:
            yield from self._rows(file, value, f"{path}.")

    def _row(self, file: str, path: str, value: Schema, is_required: bool) -> Iterator[Row]:
        word = self._say("yes") if is_required else ""
        yield code(path), self.type_of(file, value), word, self._meaning(file, value)

    # --- meanings ---

    def _meaning(self, file: str, value: Schema) -> str:
        own, defined = str(value.get("description", "")), ""
        if "$ref" in value:
            place, name, schema = self._resolve(file, value["$ref"])
            defined = str(schema.get("description", ""))
            if own in ("", defined) and _is_type(schema) and (place, name) in self.used:
                own = _first_words(defined)  # the table of types has all
        return ". ".join(part for part in (terminal(own or defined), self._keys(file, value)) if part)

    def _keys(self, file: str, value: Schema) -> str:
        """Which keys a mapping of alike values may have."""
        names = value.get("propertyNames")
        if names is None:
            return ""
        if "enum" in names:
            return f"{self._say('keys')} {self._choices(names['enum'])}"
        return f"{self._say('keys')} {terminal(names.get('description', ''))}"

    # --- types ---

    def type_of(self, file: str, schema: Schema) -> str:
        """What a value is, in a few words."""
        if "$ref" in schema:
            return self._link(file, schema["$ref"])
        if "const" in schema or "enum" in schema:
            return self._choices(schema["enum"] if "enum" in schema else [schema["const"]])
        if "anyOf" in schema or "else" in schema:
            either = schema["anyOf"] if "anyOf" in schema else [schema["then"], schema["else"]]
            return self._say("or").join(self.type_of(file, one) for one in either)
        kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema.get("type", "any")]
        return self._say("or").join(self._kind(file, str(kind), schema) for kind in kinds)

    def _choices(self, values: Sequence[Any]) -> str:
        *others, last = [code(json.dumps(v) if isinstance(v, bool) or v is None else str(v)) for v in values]
        return self._say("or").join([", ".join(others), last] if others else [last])

    def _say(self, word: str) -> str:
        return WORDS[word][self.language]

    def _kind(self, file: str, kind: str, schema: Schema) -> str:
        if kind == "null":
            return code("null")
        if kind == "array":
            return self._list(file, schema)
        if kind == "object":
            return self._mapping(file, schema)
        if kind == "string" and "pattern" in schema:
            return f"{self._say('string')} {code(schema['pattern'])}"
        return self._say(kind) + (self._empty(schema.get("minLength")) if kind == "string" else self._range(schema))

    def _mapping(self, file: str, schema: Schema) -> str:
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping):
            return self._say("mapping to").format(inner=self._inside(file, values))
        if "properties" not in schema:
            return self._say("any mapping")
        return self._say("mapping") + (self._say("others") if values is not False else "")

    def _list(self, file: str, schema: Schema) -> str:
        inner = self._inside(file, schema["items"]) if "items" in schema else ""
        said = self._say("list of").format(inner=inner) if inner else self._say("list")
        fewest, most = schema.get("minItems", 0), schema.get("maxItems")
        if fewest == most:
            said += self._say("entries").format(count=most)
        elif fewest > 1:
            said += self._say("at least").format(count=fewest)
        else:
            said += self._empty(fewest)
        return said + (self._say("unique") if "uniqueItems" in schema else "")

    def _inside(self, file: str, schema: Schema) -> str:
        """A type within another: whether it may be empty is too much there."""
        return self.type_of(file, schema).removesuffix(self._say("empty")).removesuffix(self._say("filled"))

    def _empty(self, fewest: int | None) -> str:
        if bool(fewest) == self.is_filled:
            return ""
        return self._say("filled" if fewest else "empty")

    def _range(self, schema: Schema) -> str:
        words = [f" ≥ {schema['minimum']}"] if "minimum" in schema else []
        words += [f" > {schema['exclusiveMinimum']}"] if "exclusiveMinimum" in schema else []
        words += [f" ≤ {schema['maximum']}"] if "maximum" in schema else []
        return ",".join(words)

    def _link(self, file: str, reference: str) -> str:
        """A definition as a link to its table or to its row; one that says no more than a type as that type."""
        place, name, schema = self._resolve(file, reference)
        if _is_object(schema):
            return f"[{code(name)}](#{anchor(name)})"
        if not _is_type(schema):
            return self.type_of(place, schema)
        self.used.setdefault((place, name))
        return f"[{code(self.called.get(name, name))}](#{anchor(SHARED[self.language])})"

    def _resolve(self, file: str, reference: str) -> tuple[str, str, Schema]:
        """The file, name and definition that a reference leads to in the end."""
        place, _, path = reference.partition("#/$defs/")
        schema = self.files[place or file]["$defs"][path]
        if "$ref" in schema:
            return self._resolve(place or file, schema["$ref"])
        return place or file, path, schema


def chapters(book: Book, file: str, marks: str, notes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The tables of a file's definitions, each below a heading, with what is noted of it."""
    for name, schema in book.objects(file):
        yield f"{marks} {code(name)}"
        if "description" in schema:
            yield terminal(sentence(schema["description"]))
        yield book.table(file, schema)
        yield from notes.get(name, ())


def sentence(text: str) -> str:
    """A description as a sentence."""
    return f"{text[0].upper()}{text[1:].removesuffix('.')}."


def _is_object(schema: Schema) -> bool:
    """Has it keys to be told, its own or those of its values?"""
    values = schema.get("additionalProperties")
    inner = isinstance(values, Mapping) and "properties" in values
    return schema.get("type") == "object" and ("properties" in schema or inner)


def _is_type(schema: Schema) -> bool:
    """Does it say more than the name of a type?"""
    return not _is_object(schema) and bool({"enum", "pattern", "items"} & set(schema))


def _first_words(description: str) -> str:
    """The beginning of a long description, up to where it goes into particulars."""
    found = re.match(r"[^,;:]+", description)
    return found[0] if found and len(description) > LONG else description
