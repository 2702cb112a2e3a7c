"""Do the files of the spec agree? Names must exist, ids be unique, and each clause be in its chapter.

The shape of one file is the schemas' business (`files.py`), one network's numbers are `layout.py`'s,
and what takes the network's graph to know is `figures.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .errors import Fault, suggest
from .files import SpecFiles
from .layout import check_family, check_variant
from .recipes import check_recipes
from .yamlmarks import Marked, Path_


def check(files: SpecFiles) -> Iterator[Fault]:
    """Every disagreement, each at its place."""
    yield from _citations(files)
    yield from _clauses(files)
    yield from _architectures(files)
    yield from _deviations(files)
    yield from check_recipes(files.training, _depths(files))
    families = {name: family.value for family in files.families for name in family.value["architectures"]}
    for family in files.families:
        yield from check_family(family)
    for variants, name, entry in _variants(files):
        if entry["base"] in families:
            yield from check_variant(variants, name, families[entry["base"]])


def _citations(files: SpecFiles) -> Iterator[Fault]:
    sources, used = files.sources.value["sources"], set()
    for marked in (*files.families, *files.variants, *files.clauses, files.training):
        for path, citation in _cited(marked.value, ()):
            key = citation.split(" ")[0]
            used.add(key)
            if key not in sources:
                told = f"unknown source {key!r} in the citation {citation!r}{suggest(key, sources)}"
                yield marked.fault(
                    path, f"{told}; begin with a key of sources.yaml, and quote a citation that has a comma"
                )
            elif not citation.removeprefix(key).strip() and _is_paper(sources[key]):
                told = f"the citation {citation!r} has no place in that paper"
                yield marked.fault(path, f'{told}; add it, as in "{key} §3.3, p.3"')
    for key in sources.keys() - used:
        yield files.sources.fault(("sources", key), f"nothing cites the source {key!r}; remove it, or cite it")


def _is_paper(source: Mapping[str, Any]) -> bool:
    """A paper is too long to be cited as a whole; a file, a page or a README is not."""
    return str(source["where"]).startswith("arXiv:")


def _cited(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _cited(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if path[-1] == "cite":
                yield (*path, index), child
            else:
                yield from _cited(child, (*path, index))


def _clauses(files: SpecFiles) -> Iterator[Fault]:
    entries = [
        (marked, ("clauses", i, "id"), c["id"])
        for marked in files.clauses
        for i, c in enumerate(marked.value["clauses"])
    ]
    yield from _twice("clause", entries, key=False)
    names = _architecture_names(files)
    for marked in files.clauses:
        chapter = marked.value["chapter"]
        for index, clause in enumerate(marked.value["clauses"]):
            if clause["id"].rpartition("-")[0] != chapter:
                told = f"the clause {clause['id']} is outside its chapter"
                message = f"{told}: ids in this file begin with {chapter}-; rename or move it"
                yield marked.fault(("clauses", index, "id"), message)
            for i, scope in enumerate(clause["scope"]):
                for j, name in enumerate(scope.get("names", ())):
                    if name not in names:
                        yield marked.fault(
                            ("clauses", index, "scope", i, "names", j), _unknown("architecture", name, names)
                        )


def _architectures(files: SpecFiles) -> Iterator[Fault]:
    entries: list[tuple[Marked, Path_, str]] = []
    for marked in (*files.families, *files.variants):
        for section in ("architectures", "options", "variants"):
            entries += [(marked, (section, name), name) for name in marked.value.get(section, ())]
    yield from _twice("architecture", entries, key=True)
    bases = [name for family in files.families for name in family.value["architectures"]]
    clauses = _clause_ids(files)
    for variants, name, entry in _variants(files):
        path: Path_ = ("variants", name)
        if entry["base"] not in bases:
            yield variants.fault((*path, "base"), _unknown("base", entry["base"], bases))
        for old, new in entry["replaces"].items():
            if old not in clauses:
                yield variants.fault((*path, "replaces", old), _unknown("clause", old, clauses), key=True)
            if new != "none" and new not in clauses:
                yield variants.fault((*path, "replaces", old), _unknown("clause", new, clauses))


def _variants(files: SpecFiles) -> Iterator[tuple[Marked, str, Any]]:
    """Every variant with the file that it stands in."""
    for marked in files.variants:
        yield from ((marked, name, entry) for name, entry in marked.value["variants"].items())


def _deviations(files: SpecFiles) -> Iterator[Fault]:
    marked = files.deviations
    entries = [(marked, ("deviations", i, "id"), d["id"]) for i, d in enumerate(marked.value["deviations"])]
    yield from _twice("deviation", entries, key=False)
    clauses = _clause_ids(files)
    for index, deviation in enumerate(marked.value["deviations"]):
        for i, clause in enumerate(deviation["explains"]):
            if clause not in clauses:
                yield marked.fault(("deviations", index, "explains", i), _unknown("clause", clause, clauses))


def _depths(files: SpecFiles) -> dict[str, list[int]]:
    """Depths of the networks of each data set."""
    return {
        name: [
            entry["depth"]
            for family in files.families
            if family.value["family"] == name
            for entry in family.value["architectures"].values()
        ]
        for name in (family.value["family"] for family in files.families)
    }


def _clause_ids(files: SpecFiles) -> list[str]:
    return [clause["id"] for marked in files.clauses for clause in marked.value["clauses"]]


def _architecture_names(files: SpecFiles) -> list[str]:
    names = [
        name for m in files.families for section in ("architectures", "options") for name in m.value.get(section, ())
    ]
    return [*names, *(name for _, name, _ in _variants(files))]


def _twice(noun: str, entries: Iterable[tuple[Marked, Path_, str]], key: bool) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for marked, path, name in entries:
        line, _ = marked.key_at(path) if key else marked.at(path)
        if name in first:
            yield marked.fault(
                path, f"the {noun} {name} stands twice, first in {first[name]}; rename or remove one", key=key
            )
        first.setdefault(name, f"{marked.file}:{line}")


def _unknown(noun: str, name: str, names: Iterable[str]) -> str:
    return f"unknown {noun} {name!r}{suggest(name, names)}; no file of the spec has it"
