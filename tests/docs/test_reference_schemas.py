"""docs/json-report.md and docs/yaml.md have every key of the schemas; their examples fit them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from docs.building import report_schema, schemas, spec_schemas
from resnet_conformance import Report
from resnet_conformance.expectations import hold
from resnet_conformance.expectations.reading import read_expectations
from resnet_conformance.project import KINDS, read_targets
from resnet_conformance.spec import load_spec
from tests.docs.reference import CHECKOUT, each_language, flat, page, section, seen, tables

SCHEMAS = [
    *sorted((CHECKOUT / "spec/schema").glob("*.json")),
    CHECKOUT / "conformance/resnet_conformance/expectations/expectations.schema.json",
]
REPORT = CHECKOUT / "conformance/resnet_conformance/reports/report.schema.json"


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that an object of a schema may have, with what is said of it; conditions describe no new ones."""
    if isinstance(schema, list):
        for part in schema:
            yield from properties(part)
    if isinstance(schema, dict):
        if "type" in schema or "$defs" in schema:
            yield from schema.get("properties", {}).items()
        for word, part in schema.items():
            if word not in ("if", "allOf", "broken"):
                yield from properties(part)


def first_cells(text: str) -> str:
    return "\n".join(row[0].strip("`") for rows in tables(text) for row in rows[1:])


@each_language
@pytest.mark.parametrize("file", [*SCHEMAS, REPORT], ids=lambda path: path.name)
def test_every_key_of_a_schema_has_its_row_and_its_meaning(file: Path, language: str) -> None:
    name = "json-report" if file == REPORT else "yaml"
    cells, text = first_cells(page(name, language)), seen(name, language)
    found = list(properties(json.loads(file.read_text("utf-8"))))
    assert len(found) > 3
    for key, said in found:
        assert re.search(rf"(^|\.){re.escape(key)}$", cells, re.MULTILINE), key
        if "description" in said:
            assert flat(said["description"]) in text, said["description"]
        for value in said.get("enum", ()):
            assert str(value) in text


def test_every_key_of_a_report_says_what_it_is() -> None:
    """In the schema itself, which editors and generators of code show."""
    assert [key for key, said in properties(json.loads(REPORT.read_text("utf-8"))) if not said.get("description")] == []


@pytest.mark.parametrize("file", [*SCHEMAS, REPORT], ids=lambda path: path.name)
def test_every_condition_of_a_schema_is_told_in_words(file: Path) -> None:
    module = report_schema if file == REPORT else spec_schemas
    conditions = file.read_text("utf-8").count('"if":')
    told = module.CONDITIONS.get(file.name, 0)
    assert conditions == told, f"{file.name} has {conditions} conditions; the page's notes speak of {told}"


LONG = "one kind: what it is in particular stands once, in the table of types, however often a key has it"
CLOSED = {"type": "object", "additionalProperties": False}
MADE = {
    **CLOSED,
    "required": ["one"],
    "properties": {
        "one": {"description": "a|b", "type": "string", "pattern": "^a|b$"},
        "many": {"type": "array", "items": {**CLOSED, "properties": {"x": {"$ref": "#/$defs/count"}}}},
        "by": {
            "description": "some",
            "type": "object",
            "propertyNames": {"enum": ["k"]},
            "additionalProperties": {**CLOSED, "required": ["y"], "properties": {"y": {"enum": ["v", 1, True]}}},
        },
        "other": {"$ref": "#/$defs/thing"},
        "kind": {"$ref": "#/$defs/kind", "description": LONG},
        "open": {"type": "object", "properties": {"z": {"type": ["string", "null"]}}},
    },
    "$defs": {
        "count": {"type": "integer", "minimum": 1},
        "thing": {**CLOSED, "description": "a thing", "properties": {"z": {"type": "string", "minLength": 1}}},
        "kind": {"description": LONG, "type": "string", "pattern": "^k$"},
    },
}


def test_a_schema_becomes_a_table() -> None:
    book = schemas.Book({"made.json": MADE}, "en", called={"kind": "kind of thing"})
    [rows] = tables(book.table("made.json", MADE))
    assert rows[1:] == [
        ["`one`", "text `^a\\|b$`", "yes", "a\\|b"],
        ["`many`", "list of mapping, may be empty", "", ""],
        ["`many[].x`", "integer ≥ 1", "", ""],
        ["`by`", "mapping to mapping", "", "some. Keys: `k`"],
        ["`by.*.y`", "`v`, `1` or `true`", "yes", ""],
        ["`other`", "[`thing`](#thing)", "", "a thing"],
        ["`kind`", "[`kind of thing`](#types-that-several-keys-share)", "", "one kind"],
        ["`open`", "mapping, other keys too", "", ""],
        ["`open.z`", "text, may be empty or `null`", "", ""],
    ]
    assert [name for name, _ in book.objects("made.json")] == ["thing"]
    [shared] = tables(book.shared())
    assert shared[1:] == [["`kind of thing`", "text `^k$`", LONG]]


def test_the_example_of_a_report_is_one() -> None:
    blocks = re.findall(r"```json\n(.*?)```", page("json-report"), re.DOTALL)
    data = json.loads(blocks[0])
    schema = json.loads(REPORT.read_text("utf-8"))
    Draft202012Validator(schema).validate(data)
    inner = {"$ref": "#/$defs/blocks", "$defs": schema["$defs"]}
    Draft202012Validator(inner).validate(json.loads(blocks[1]))


def test_the_users_own_files_are_as_the_program_reads_them(tmp_path: Path) -> None:
    text = page("yaml")
    keys = re.findall(r"^\| `(\w+)` \|", section(text, "pyproject.toml"), re.MULTILINE)
    assert keys == list(KINDS)
    [toml] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "pyproject.toml").write_text(toml)
    rows = read_targets(tmp_path / "pyproject.toml")
    assert {key for key in KINDS if any(getattr(row, key) for row in rows)} == set(KINDS)
    [declared] = re.findall(r"```yaml\n(expected:.*?)```", text, re.DOTALL)
    (tmp_path / "expect.yaml").write_text(declared)
    spec = load_spec()
    for row in rows:
        row.check_names(spec)
    stored = CHECKOUT / "tests/conformance/reports/stored/torchvision-resnet50.json"
    findings = Report.from_json(json.loads(stored.read_text("utf-8"))).findings
    _, held = hold(findings, read_expectations(tmp_path / "expect.yaml", spec), spec)
    assert [one.covers for one in held] == [("BTN-04",), ("BTN-05",), ("CT-05",)]
    left = [f.clause for f in findings if f.outcome == "fail" and f.level == "MUST"]
    assert left == ["BTN-04", "BTN-05", "CT-05"]


def test_excerpts_of_the_spec_are_yaml_and_stand_in_its_files() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", page("yaml"), re.DOTALL)
    assert len(blocks) == 7
    everything = "\n".join(file.read_text("utf-8") for file in sorted((CHECKOUT / "spec").rglob("*.yaml")))
    lines = {line.strip() for line in everything.splitlines()}
    for block in blocks:
        assert yaml.safe_load(block)
        if not block.startswith("expected:"):
            assert {line.strip() for line in block.splitlines()} <= lines
