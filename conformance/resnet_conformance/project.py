"""What a project asks for in its pyproject.toml: several targets at once, each with what it declares.

[tool.resnet-conformance]
targets = [
    {target = "mylib:resnet18", architecture = "imagenet/resnet18"},
    {target = "mylib:resnet50", architecture = "imagenet/resnet50", expected = {stride-3x3 = "we ship v1.5"}},
]
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .catalog import UnknownNameError, find_architecture
from .expectations import Expectation, check_expectations, from_mapping
from .expectations.reading import read_expectations
from .outside import Request
from .parts import PartError, find_part, refuse_beside_part
from .spec import Spec, suggest

TABLE = "[tool.resnet-conformance]"


class ProjectError(ValueError):
    """The pyproject.toml does not say what is to be judged; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class ProjectTarget:
    """One network: address, the architecture it claims (None: the nearest), keyword arguments, input size (C, H, W),
    recipe, and its declared deviations: `expect` is a file, `expected` stand in the table itself.
    """

    target: str
    architecture: str | None = None
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    input: tuple[int, ...] | None = None
    recipe: str | None = None
    expect: Path | None = None
    expected: Mapping[str, object] = field(default_factory=dict)
    part: str | None = None  # the part of a network that it is; None: a whole one
    source: str = ""
    folder: Path | None = None  # where its address is looked for

    def asked(self, expected: Sequence[Expectation], **options: Any) -> Request:
        """`check` of this target, with these declarations and further options of `check`."""
        given = {"kwargs": dict(self.kwargs), "input": self.input, "recipe": self.recipe, "part": self.part}
        return Request("check", (self.target, self.architecture), {**given, "expected": tuple(expected), **options})

    def check_names(self, spec: Spec) -> None:
        """Raise ProjectError, UnknownNameError or PartError where it names an architecture or part that there is not,
        or asks of a part what only a network has.
        """
        try:
            if self.architecture is not None:
                find_architecture(spec, self.architecture)
            if self.part is not None:
                find_part(self.part)
                given = {"architecture": self.architecture, "input": self.input, "recipe": self.recipe}
                refuse_beside_part([name for name, value in given.items() if value is not None])
        except (UnknownNameError, PartError) as error:
            if not self.source:
                raise
            raise ProjectError(f"{self.source}: {error}") from None

    def expectations(self, spec: Spec, drafts: bool = False) -> tuple[Expectation, ...]:
        """All that is declared; `drafts`: reasons, and the file, may still be missing. Raises ExpectationError."""
        new = self.expect is None or (drafts and not self.expect.exists())
        listed = () if self.expect is None or new else read_expectations(self.expect, spec, drafts)
        found = (*listed, *from_mapping(self.expected, self.source))
        check_expectations(found, spec, drafts)
        return found


def find_project(start: Path) -> Path | None:
    """The pyproject.toml of this folder or the nearest above that has our table, else the nearest of all."""
    files = [path for folder in (start, *start.parents) if (path := folder / "pyproject.toml").is_file()]
    return next((path for path in files if _has_table(path)), files[0] if files else None)


def _has_table(path: Path) -> bool:
    try:
        return "resnet-conformance" in tomllib.loads(path.read_text("utf-8")).get("tool", ())
    except (ValueError, TypeError, RecursionError, OSError):
        return False


def read_targets(path: Path | None, how: str = "a target (package.module:factory)") -> list[ProjectTarget]:
    """The targets that a pyproject.toml lists. Relative paths are those of its folder; `how` says in a message what
    else names a target. Raises ProjectError.
    """
    where = "a pyproject.toml" if path is None else str(path)
    try:
        data = {} if path is None else tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ProjectError(f"cannot read {where}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{where} is no TOML: {error}") from None
    tool = data.get("tool")
    table = tool.get("resnet-conformance", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ProjectError(
            f"{_place(path, HEADER)}: resnet-conformance is a table, {TABLE} in single brackets, not {_kind(table)}"
        )
    if isinstance(tool, dict) and "resnet_conformance" in tool:
        raise ProjectError(f"{where}: write {TABLE}, with a dash")
    if unknown := [key for key in table if key != "targets"]:
        near = suggest(unknown[0], ["targets"])
        raise ProjectError(f"{where}, {TABLE}: unknown key {unknown[0]!r}{near}; the only key is targets")
    rows = table.get("targets", [])
    if not isinstance(rows, list):
        raise ProjectError(
            f'{_place(path, TARGETS)}: targets is a list of tables, [{{target = "package.module:factory"}}],'
            f" not {_kind(rows)}"
        )
    if not rows:
        raise ProjectError(f"nothing to judge: give {how}, or list targets under {TABLE} in {where}")
    assert path is not None
    return [_target(row, f"{where}, {TABLE}, target {number}", path.parent) for number, row in enumerate(rows, start=1)]


HEADER = re.compile(r"""\s*\[*\s*(tool\s*\.\s*)?["']?resnet-conformance["']?\s*[]=]""")
TARGETS = re.compile(r"""\s*(\[\s*tool\s*\.\s*["']?resnet-conformance["']?\s*\.\s*)?["']?targets["']?\s*[].=]""")


def _place(path: Path | None, begins: re.Pattern[str]) -> str:
    """file:line of the first line that begins so, where there is one: the parser keeps no places."""
    assert path is not None
    lines = path.read_text("utf-8").splitlines()
    return next((f"{path}:{number}" for number, line in enumerate(lines, start=1) if begins.match(line)), str(path))


def _kind(value: object) -> str:
    return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)


KINDS: Mapping[str, tuple[type, str]] = {
    "target": (str, "text"),
    "architecture": (str, "text"),
    "part": (str, "text"),
    "kwargs": (dict, "a table"),
    "input": (list, "three numbers such as [3, 32, 32]"),
    "recipe": (str, "text"),
    "expect": (str, "the path of a YAML file"),
    "expected": (dict, "a table of reasons by clause or deviation"),
}


def _target(row: object, where: str, folder: Path) -> ProjectTarget:
    if not isinstance(row, dict) or "target" not in row:
        raise ProjectError(f'{where}: write {{target = "package.module:factory", architecture = "..."}}, not {row!r}')
    for key, value in row.items():
        if key not in KINDS:
            raise ProjectError(f"{where}: unknown key {key!r}{suggest(key, KINDS)}; the keys are {', '.join(KINDS)}")
        kind, words = KINDS[key]
        if not isinstance(value, kind) or (key == "input" and not _is_shape(value)):
            raise ProjectError(f"{where}: {key} is {words}, not {value!r}")
    given = dict(row)
    if "input" in given:
        given["input"] = tuple(given["input"])
    if "expect" in given:
        given["expect"] = folder / given["expect"]
    return ProjectTarget(**given, source=where, folder=folder)


def _is_shape(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(type(extent) is int and extent > 0 for extent in value)
