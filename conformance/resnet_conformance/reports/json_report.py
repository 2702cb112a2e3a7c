"""The Report as JSON, as `report.schema.json` beside this file describes it (DESIGN.md, section 5)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from resnet_conformance.findings import Report


def render(report: Report) -> str:
    """The report as JSON text in UTF-8's full alphabet, ending with a newline.

    Keyword arguments of the target may be any Python value: what JSON cannot hold stands as its `repr`.
    """
    return dump(report.to_json())


def dump(data: Any, ascii_only: bool = False) -> str:
    """JSON text of plain data, two spaces deep, keys in their own order, ending with a newline.

    `ascii_only` writes every other letter as a JSON escape, for a stream that has no Unicode.
    """
    return json.dumps(_plain(data), indent=2, ensure_ascii=ascii_only, allow_nan=False) + "\n"


def load_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the report, as shipped in the package."""
    text = files(__package__).joinpath("report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _plain(value: Any) -> Any:
    """The value in JSON's own types; infinity, NaN, bytes and the like become their `repr`."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {key if isinstance(key, str) else repr(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return repr(value)
