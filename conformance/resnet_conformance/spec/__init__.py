"""The spec as frozen values: `load_spec()` reads `spec/*.yaml` and refuses what is wrong in it.

`spec/README.md` says how to read the data; each figure and rule has its source beside it there. Nothing here
imports torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..architecture import Architecture
from ..findings import Level
from .crosscheck import check
from .errors import Fault, SpecError, suggest
from .files import SpecFiles, find_root, read_files
from .networks import build_architectures, check_figures
from .recipes import Recipe, build_recipes

__all__ = ["Chapter", "Clause", "Deviation", "Recipe", "Source", "Spec", "SpecError", "load_spec", "suggest"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One rule; it applies where any mapping of `scope` holds. `file` and `line` say where it stands."""

    id: str
    level: Level
    chapter: str
    scope: tuple[Mapping[str, tuple[Any, ...]], ...]
    statement: Mapping[str, str]  # language -> text
    why: Mapping[str, str]
    derived: bool
    evidence: tuple[str, ...]
    not_examined: Mapping[str, str] | None
    cite: tuple[str, ...]
    file: str
    line: int

    def applies_to(self, architecture: Architecture) -> bool:
        """Whether the rule is the network's: in scope or put in another's place, and not itself replaced.

        Of several admitted shortcut options any may match: pass `with_option` once the option is known.
        """
        if self.id in architecture.replaces:
            return False
        if self.id in architecture.replaces.values():
            return True
        return any(all(_matches(key, values, architecture) for key, values in scope.items()) for scope in self.scope)

    def level_for(self, architecture: Architecture) -> Level:
        """MUST where a variant puts the clause in another's place (its name declares it); else its own."""
        return "MUST" if self.id in architecture.replaces.values() else self.level


def _matches(key: str, values: tuple[Any, ...], architecture: Architecture) -> bool:
    if key == "option":
        return any(option in values for option in architecture.options)
    if key == "names":
        return architecture.name in values or architecture.base in values
    return getattr(architecture, key) in values


@dataclass(frozen=True, slots=True)
class Deviation:
    """A difference from the papers that is known by name. `explains`: the clauses that fail because of it."""

    id: str
    title: Mapping[str, str]
    description: Mapping[str, str]
    explains: tuple[str, ...]
    seen_in: tuple[Mapping[str, str], ...]  # {"what": ..., "link": ...}


@dataclass(frozen=True, slots=True)
class Chapter:
    """One file of clauses: what its ids begin with, and its title in each language."""

    name: str
    title: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """What a citation's first word names."""

    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    where: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Spec:
    """All of `spec/`, read-only. `version` is a short hash over the bytes of its YAML files."""

    architectures: Mapping[str, Architecture]
    clauses: Mapping[str, Clause]
    deviations: Mapping[str, Deviation]
    sources: Mapping[str, Source]
    chapters: Mapping[str, Chapter]
    recipes: Mapping[str, Recipe]
    version: str


def load_spec(root: Path | None = None) -> Spec:
    """Read the spec at `root`; without it this project's own, read once.

    Raises SpecError, whose text has a line `file:line:column: message` for each fault: the first of YAML,
    else all those against the schemas, else all contradictions between the files, else all those between
    figures and networks.
    """
    return _load(root) if root is not None else _own()


@lru_cache(maxsize=1)
def _own() -> Spec:
    root = find_root()
    return _load(root, measured=root.name == "_spec")


def _load(root: Path, measured: bool = False) -> Spec:
    """`measured`: the figures agree with the networks (of a packaged copy, the project's tests saw to it)."""
    files = read_files(root)
    files = replace(files, clauses=tuple(sorted(files.clauses, key=lambda chapter: chapter.value["position"])))
    _refuse(check(files))
    architectures, places = build_architectures(files)
    if not measured:
        _refuse(check_figures(architectures, places))
    sources = {
        key: Source(key, s["title"], tuple(s["authors"]), s["year"], s["where"], s.get("link"))
        for key, s in files.sources.value["sources"].items()
    }
    return Spec(
        architectures=MappingProxyType(architectures),
        clauses=MappingProxyType({clause.id: clause for clause in _clauses(files)}),
        deviations=MappingProxyType({d["id"]: _deviation(d) for d in files.deviations.value["deviations"]}),
        sources=MappingProxyType(sources),
        chapters=MappingProxyType(
            {m.value["chapter"]: Chapter(m.value["chapter"], m.value["title"]) for m in files.clauses}
        ),
        recipes=MappingProxyType(build_recipes(files.training)),
        version=files.version,
    )


def _refuse(faults: Iterable[Fault]) -> None:
    if found := list(faults):
        raise SpecError.of(found)


def _clauses(files: SpecFiles) -> list[Clause]:
    return [
        Clause(
            id=c["id"],
            level=c["level"],
            chapter=marked.value["chapter"],
            scope=tuple({key: tuple(values) for key, values in scope.items()} for scope in c["scope"]),
            statement=c["statement"],
            why=c["why"],
            derived=c["derived"],
            evidence=tuple(e for e in c["evidence"] if e != "none"),
            not_examined=c.get("not_examined"),
            cite=tuple(c["cite"]),
            file=marked.file,
            line=marked.at(("clauses", index, "id"))[0],
        )
        for marked in files.clauses
        for index, c in enumerate(marked.value["clauses"])
    ]


def _deviation(entry: Mapping[str, Any]) -> Deviation:
    return Deviation(
        entry["id"], entry["title"], entry["description"], tuple(entry["explains"]), tuple(entry["seen_in"])
    )
