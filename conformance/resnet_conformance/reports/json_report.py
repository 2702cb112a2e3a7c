"""The Report as JSON, as `report.schema.json` beside this file describes it (DESIGN.md, section 5)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

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


SEVERAL = "resnet-conformance/reports/1"  # a list of reports


class ReportError(ValueError):
    """A file is no report; the message says where and why."""


def read_report(path: Path) -> Report:
    """The report that a file holds. Raises ReportError: not JSON (with line and column), or not after the schema."""
    reports = read_reports(path)
    if len(reports) != 1:
        raise ReportError(f"{path} holds {len(reports)} reports, and one is wanted")
    return reports[0]


def read_reports(path: Path) -> tuple[Report, ...]:
    """The reports of a file of one or of several. Raises ReportError as `read_report` does."""
    data = _read(path)
    several = isinstance(data, dict) and data.get("schema") == SEVERAL
    rows = data.get("reports") if several else [data]
    if not isinstance(rows, list) or not rows:
        raise ReportError(f"{path}: this is no report that we know: reports is a list of at least one")
    for number, row in enumerate(rows):
        _refuse_other(row, f"reports[{number}]" if several else "", path)
    return tuple(Report.from_json(row) for row in rows)


def read_data(data: Any, name: str) -> Report:
    """The report that plain data hold; `name` says in a message whence they are. Raises ReportError."""
    _refuse_other(data, "", name)
    return Report.from_json(data)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise ReportError(f"cannot read the report {path}: {error.strerror or error}") from None
    except json.JSONDecodeError as error:
        raise ReportError(f"{path}:{error.lineno}:{error.colno}: this is no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise ReportError(f"{path}: this is no report: {error}") from None


def _refuse_other(data: Any, inside: str, path: Path | str) -> None:
    """Raise ReportError for what is not after the schema."""
    fault = best_match(Draft202012Validator(load_schema()).iter_errors(data))
    if fault is not None:
        place = inside + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.absolute_path)
        message = fault.message if len(fault.message) < 200 else f"{fault.message[:200]} ..."
        raise ReportError(f"{path}: this is no report that we know: at {place.lstrip('.') or 'the top'}: {message}")
    for place in _uneven(data):
        at = f"{inside}.drawing.{place}".lstrip(".")
        raise ReportError(f"{path}: this is no report that we know: at {at}: names and where differ in length")


def _uneven(data: Any) -> Iterator[str]:
    """Places in a drawing where blocks have more names than module paths, or fewer: no schema can say that."""
    for side in ("found", "blueprint"):
        for i, stage in enumerate(data.get("drawing", {}).get(side, {}).get("stages", ())):
            for j, blocks in enumerate(stage["blocks"]):
                if len(blocks["names"]) != len(blocks["where"]):
                    yield f"{side}.stages[{i}].blocks[{j}]"


def _refuse(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")


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
