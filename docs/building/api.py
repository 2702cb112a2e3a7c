"""docs/api.md: the public names of both packages, from their signatures and docstrings."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from types import ModuleType
from typing import Any

from docs.building.api_words import ALIKE, GROUP, HEAD, INTRO, MORE, PACKAGES, TITLE, Chapter, Package
from docs.building.markdown import anchor, opening, table
from docs.building.prose import code, docstring, lead
from docs.building.signatures import call, fields, words


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    parts = [opening(TITLE[language], "api", language), *INTRO[language]]
    for package in PACKAGES:
        parts += _package(package, language)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _package(package: Package, language: str) -> Iterator[str]:
    module = importlib.import_module(package.name)
    yield f"## {package.name}"
    yield from package.intro[language]
    chapters = [(chapter, groups(module, chapter)) for chapter in package.chapters]
    yield "\n".join(_index_line(chapter, found, language) for chapter, found in chapters)
    for chapter, found in chapters:
        yield f"### {chapter.titles[language]}"
        for group in found:
            yield from _group(group, language)
    yield f"### {package.words[language]}"
    things = [thing for _, found in chapters for group in found for thing in group]
    yield "```python\n" + "\n".join(_spaced(list(words(things).values()))) + "\n```"


def _spaced(sources: Sequence[str]) -> Iterator[str]:
    """Aliases line by line, then classes with blank lines around them."""
    yield from (source for source in sources if not source.startswith("class "))
    for source in sources:
        if source.startswith("class "):
            yield from ("", "", source)


def groups(module: ModuleType, chapter: Chapter) -> list[list[Any]]:
    """The things of a chapter; functions in a row that differ by a number in their names, and are alike, together."""
    names = list(chapter.names)
    for part in chapter.modules:
        own = importlib.import_module(f"{module.__name__}.{part}")
        names += [n for n in vars(own) if n in module.__all__ and getattr(own, n).__module__ == own.__name__]
    return [list(group) for _, group in groupby((_find(module, name) for name in names), _likeness)]


def _find(module: ModuleType, name: str) -> Any:
    """A public thing, or one that a public one has as a field."""
    if name in module.__all__:
        return getattr(module, name)
    return getattr(importlib.import_module(f"{module.__name__}.findings"), name)


def _likeness(thing: Any) -> tuple[str, ...]:
    if inspect.isclass(thing) or "\n\n" in (thing.__doc__ or ""):
        return (thing.__name__,)
    return (re.sub(r"\d+", "", thing.__name__), str(inspect.signature(thing)))


def _heading(group: Sequence[Any], language: str) -> str:
    names = [thing.__name__ for thing in group]
    return ", ".join(names) if len(names) < 3 else GROUP[language].format(first=names[0], last=names[-1])


def _index_line(chapter: Chapter, found: Sequence[Sequence[Any]], language: str) -> str:
    links = [f"[{code(t.__name__)}](#{anchor(_heading(group, language))})" for group in found for t in group]
    return f"- {chapter.titles[language]}: {', '.join(links)}"


def _group(group: Sequence[Any], language: str) -> Iterator[str]:
    yield f"#### {_heading(group, language)}"
    if len(group) > 1:
        yield _python(_shown(group[0]))
        yield ALIKE[language]
        yield table(HEAD["functions"][language], ((code(t.__name__), lead(inspect.getdoc(t))) for t in group))
        return
    [thing] = group
    yield _python(_shown(thing))
    yield docstring(inspect.getdoc(thing) or "")
    if thing.__name__ in MORE:
        yield MORE[thing.__name__][language]
    if inspect.isclass(thing) and (rows := list(members(thing))):
        yield table(HEAD["members"][language], rows)


def _python(source: str) -> str:
    return f"```python\n{source}\n```"


def _shown(thing: Any) -> str:
    """How a function is called, what a class is made with, what a record holds."""
    if not inspect.isclass(thing):
        return call(thing.__name__, inspect.signature(thing))
    if dataclasses.is_dataclass(thing):
        return fields(thing)
    if issubclass(thing, Exception):
        return f"class {thing.__name__}({thing.__bases__[0].__name__})"
    made = inspect.signature(thing).replace(return_annotation=inspect.Signature.empty)
    return call(f"class {thing.__name__}", made)


def members(kind: type) -> Iterator[tuple[str, str]]:
    """The public methods and properties of a class and of its bases in the same package, each with its first words."""
    package = kind.__module__.partition(".")[0]
    own = [base for base in reversed(kind.__mro__) if base.__module__.partition(".")[0] == package]
    found = {name: value for base in own for name, value in vars(base).items() if not name.startswith("_")}
    for name, value in found.items():
        if isinstance(value, property):
            assert value.fget is not None
            yield code(f"{name}: {inspect.signature(value.fget).return_annotation}"), lead(inspect.getdoc(value))
        elif isinstance(value, (classmethod, staticmethod)) or inspect.isfunction(value):
            bound = getattr(value, "__func__", value)
            yield code(_method(name, bound, not isinstance(value, staticmethod))), lead(inspect.getdoc(bound))


def _method(name: str, function: Any, is_bound: bool) -> str:
    """On one line, without self."""
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[is_bound:]
    return " ".join(call(name, signature.replace(parameters=parameters)).split())
