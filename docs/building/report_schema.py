"""docs/json-report.md: the report as JSON, from the schema that the package ships, and an example that is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.building.markdown import opening
from docs.building.report_words import EXAMPLE, FINDING, INTRO, REPORT, TITLE, TOP
from docs.building.schemas import Book, chapters
from docs.building.schemas_words import EMPTY, READING, SHARED
from resnet_conformance.reports.json_report import load_schema

STORED = Path(__file__).parents[2] / "tests/conformance/reports/stored/torchvision-resnet50.json"
FILE = "report.schema.json"
SHOWN = "BTN-04"  # the finding of the example
CALLED = {"clause": "clause id", "deviation": "deviation id", "architecture": "architecture name"}
CONDITIONS = {FILE: 6}  # what the notes below the tables tell: a test counts those of the schema


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    schema = load_schema()
    book = Book({FILE: schema}, language, is_filled=False, called=CALLED)
    data = json.loads(STORED.read_text("utf-8"))
    heading, before, between = EXAMPLE[language]
    parts = [
        opening(TITLE[language], "json-report", language),
        *INTRO[language],
        f"## {heading}",
        before.format(findings=len(data["findings"])),
        _json(shortened(data)),
        between,
        _json(data["drawing"]["found"]["stages"][1]["blocks"][0]),
        f"## {TOP[language]}",
        READING[language].format(rule=EMPTY[language]),
        book.table(FILE, schema),
        *REPORT[language],
        *chapters(book, FILE, "##", {"finding": FINDING[language]}),
        f"## {SHARED[language]}",
        book.shared(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def shortened(data: Mapping[str, Any]) -> dict[str, Any]:
    """A report with one finding and without its drawing."""
    findings = [finding for finding in data["findings"] if finding["clause"] == SHOWN]
    return {**{key: value for key, value in data.items() if key != "drawing"}, "findings": findings}


def _json(data: object) -> str:
    """A block of JSON in which lists of words or numbers stand on one line where they are short."""
    return f"```json\n{_laid_out(data, '')}\n```"


def _laid_out(data: object, margin: str) -> str:
    line = json.dumps(data, ensure_ascii=False)
    if not isinstance(data, (dict, list)) or not data or (len(margin) + len(line) <= 110 and margin):
        return line
    deeper = f"{margin}  "
    if isinstance(data, dict):
        entries = [f"{json.dumps(key)}: {_laid_out(value, deeper)}" for key, value in data.items()]
    else:
        entries = [_laid_out(value, deeper) for value in data]
    first, last = "{}" if isinstance(data, dict) else "[]"
    return f"{first}\n{deeper}" + f",\n{deeper}".join(entries) + f"\n{margin}{last}"
