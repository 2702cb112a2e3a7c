"""Signatures as one writes them, and what the names in them stand for, from the source: no version changes that.

`inspect.signature` gives annotations as they are written, since all modules import them from the future; what an
annotation names (`ShortcutOption`) is followed through the imports to the line that defines it.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from textwrap import dedent
from types import ModuleType
from typing import Any

WIDTH = 100
Parameter = inspect.Parameter
STARS: Mapping[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}


def call(name: str, signature: inspect.Signature) -> str:
    """A signature on one line, or with one line for each parameter where that is too long."""
    parameters = list(_parameters(signature))
    returned = signature.return_annotation
    arrow = "" if returned is inspect.Signature.empty else f" -> {returned}"
    line = f"{name}({', '.join(parameters)}){arrow}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {parameter}," for parameter in parameters), f"){arrow}"])


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    told = False  # whether a star says already that keywords follow
    for parameter in signature.parameters.values():
        if parameter.kind is Parameter.KEYWORD_ONLY and not told:
            yield "*"
        told = told or parameter.kind in (Parameter.KEYWORD_ONLY, Parameter.VAR_POSITIONAL)
        given = "" if parameter.default is Parameter.empty else f" = {_value(parameter.default)}"
        yield f"{STARS.get(parameter.kind, '')}{parameter.name}: {parameter.annotation}{given}"


def _value(value: object) -> str:
    """A default in the quotes of this project. Raises TypeError for one whose `repr` could be another elsewhere."""
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' * (len(value) == 1)})"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str) and '"' not in value:
        return f'"{value}"'
    raise TypeError(f"{value!r} as a default is not known to read the same everywhere")


def fields(kind: type) -> str:
    """The fields of a dataclass as its source has them, with defaults and remarks."""
    names = {field.name for field in dataclasses.fields(kind)}
    node = _definitions(_module(kind))[kind.__name__]
    lines = [_source(_module(kind), part) for part in ast.iter_child_nodes(node) if _names(part) & names]
    return "\n".join([f"class {kind.__name__}:", *(f"    {dedent(line)}" for line in lines)])


# --- the words in annotations ---


def annotated(thing: Any) -> Iterator[str]:
    """All annotations of a function; of a class those of its constructor, its fields and its public methods."""
    functions = [thing] if inspect.isfunction(thing) else [getattr(thing, "__init__", None)]
    if inspect.isclass(thing):
        if dataclasses.is_dataclass(thing):
            yield from (str(field.type) for field in dataclasses.fields(thing))
        functions += [value for name, value in vars(thing).items() if not name.startswith("_")]
    for one in functions:
        function = getattr(one, "fget", None) or getattr(one, "__func__", one)
        if inspect.isfunction(function):
            yield from (str(annotation) for annotation in function.__annotations__.values())


def words(things: Iterable[Any]) -> dict[str, str]:
    """The aliases and sets of keywords that the annotations of these name, each with the source that defines it."""
    found: dict[str, str] = {}
    for thing in things:
        for annotation in annotated(thing):
            _follow(annotation, _module(thing), found)
    return found


def _follow(annotation: str, module: ModuleType, found: dict[str, str]) -> None:
    names = {part.id: None for part in ast.walk(ast.parse(annotation)) if isinstance(part, ast.Name)}
    for name in names:
        place, node = _definition(module, name)
        if node is None or name in found or not _is_alias(node):
            continue
        found[name] = ""  # so that it is not followed again
        for inner in _annotations_in(node):
            _follow(inner, place, found)
        del found[name]  # it stands behind what it names itself
        found[name] = _source(place, node)


def _definition(module: ModuleType, name: str) -> tuple[ModuleType, ast.stmt | None]:
    """The statement that defines a name, and its module; None where it is not of the same distribution."""
    node = _definitions(module).get(name)
    if isinstance(node, ast.ImportFrom):
        path = "." * node.level + (node.module or "")
        if not node.level and path.partition(".")[0] not in ("resnet_conformance", "resnet_impl"):
            return module, None
        return _definition(importlib.import_module(path, module.__package__), name)
    return module, node


@cache
def _definitions(module: ModuleType) -> dict[str, ast.stmt]:
    """The statements of a module that give it names, what only a type checker imports as well."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        for part in node.body if isinstance(node, ast.If) else [node]:
            found.update(dict.fromkeys(_names(part), part))
    return found


def _names(node: ast.AST) -> set[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.ImportFrom):
        return {alias.name for alias in node.names}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    own = {node.name} if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else set()
    return own | {target.id for target in targets if isinstance(target, ast.Name)}


def _is_alias(node: ast.stmt) -> bool:
    """Is it a name for a type, or a class of keywords, and no class that has objects?"""
    return isinstance(node, ast.Assign) or (isinstance(node, ast.ClassDef) and bool(node.keywords))


def _annotations_in(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ClassDef):
        fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
        return [ast.unparse(base) for base in node.bases] + [ast.unparse(field.annotation) for field in fields]
    assert isinstance(node, ast.Assign)
    return [ast.unparse(node.value)]


def _source(module: ModuleType, node: ast.AST) -> str:
    """The lines of a statement, with the remark at their end."""
    assert isinstance(node, ast.stmt)
    lines = inspect.getsource(module).splitlines()[node.lineno - 1 : node.end_lineno]
    return "\n".join(re.sub(r"  +# type: ignore.*| +# noqa.*", "", line) for line in lines)


def _module(thing: Any) -> ModuleType:
    return importlib.import_module(thing.__module__)
