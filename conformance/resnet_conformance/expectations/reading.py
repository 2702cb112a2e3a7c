"""The expectations file: YAML, held against its schema, faults told with their place.

expected:
  - id: stride-3x3
    reason: "we ship v1.5, as everybody does"
    link: https://github.com/pytorch/vision/issues/191
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..spec import Spec, SpecError
from ..spec.schema_faults import explain_error, make_validator
from ..spec.yamlmarks import Marked, read_yaml
from . import Expectation, ExpectationError, check_expectations, from_mapping

EXAMPLE = "expected: [{id: stride-3x3, reason: we ship v1.5}]"


def load_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an expectations file, as shipped in the package."""
    schema: dict[str, Any] = json.loads(files(__package__).joinpath("expectations.schema.json").read_text("utf-8"))
    return schema


Source = str | Path | Mapping[str, object] | Sequence[Expectation]


def read_expectations(source: Source, spec: Spec, drafts: bool = False) -> tuple[Expectation, ...]:
    """The declarations of a file, of a mapping as `from_mapping` takes it, or as they are; `drafts`: reasons may
    still be missing.

    Raises ExpectationError: for each fault file:line:column, what is wrong and what to do.
    """
    if isinstance(source, Mapping):
        found = from_mapping(source)
    elif not isinstance(source, (str, Path)):
        found, drafts = tuple(source), True  # their reader has looked at the reasons
    else:
        marked = read_file(Path(source))
        found = tuple(
            Expectation(**entry, place=f"{marked.file}:{line}:{column}")
            for index, entry in enumerate(marked.value["expected"])
            for line, column in [marked.at(("expected", index, "id"))]
        )
    check_expectations(found, spec, drafts)
    return found


def read_file(path: Path) -> Marked:
    """The file's plain value and the places in it, which fit the schema. Raises ExpectationError."""
    if path.exists() and not path.is_file():  # to read a device or a pipe may never end
        raise ExpectationError(f"cannot read the expectations {path}: it is no regular file; name a YAML file")
    near = path.is_absolute() and path.is_relative_to(Path.cwd())
    try:
        marked = read_yaml(path, str(path.relative_to(Path.cwd()) if near else path), EXAMPLE)
        faults = [
            fault
            for error in make_validator(load_schema()).iter_errors(marked.value)
            for fault in explain_error(error, marked)
        ]
        if faults:
            raise SpecError.of(faults)
    except SpecError as error:
        raise ExpectationError(str(error)) from None
    except OSError as error:
        raise ExpectationError(
            f"cannot read the expectations {path}: {error.strerror or error}; check the path, or let"
            " 'resnet-conformance check --update-expectations' make the file"
        ) from None
    return marked
