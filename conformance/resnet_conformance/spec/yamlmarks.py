"""YAML that cannot be misread, with the place of everything in it.

PyYAML reads `1e-4` as text and `no` as False, lets the last of two equal keys win, and forgets where a value
stood (DESIGN.md, section 7). `read_yaml` refuses all that, with file, line and column, and returns plain
values that remember their place. The subset is what every YAML reader takes alike: text, decimal numbers,
true and false, lists, mappings with text as keys, no aliases.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import Fault, SpecError

Key = str | int
Path_ = tuple[Key, ...]
Plain = Any  # str | int | float | bool | list[Plain] | dict[str, Plain]

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times faster
_LONGEST = 18  # digits of a whole number, with its sign
_DEEPEST = 50  # collections in collections
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER_LIKE = re.compile(r"[-+]?[0-9][0-9_,]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?\.[0-9]+([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Marked:
    """The plain `value` of a YAML file, and where each part stands. A path: keys and indices from the top."""

    file: str
    value: dict[str, Plain]
    root: Any

    def at(self, path: Path_) -> tuple[int, int]:
        """Line and column of the value at `path`, or of the nearest part above it that is there."""
        return _place(self._find(path)[1])

    def key_at(self, path: Path_) -> tuple[int, int]:
        """Line and column of the key at `path` (of a list's item: the item), or of the nearest part above."""
        return _place(self._find(path)[0])

    def fault(self, path: Path_, message: str, key: bool = False) -> Fault:
        """A fault at the value (or the key) at `path`."""
        return Fault(message, self.file, *(self.key_at(path) if key else self.at(path)))

    def below(self, path: Path_) -> Marked:
        """The mapping at `path`, which must be there, as a file of its own that keeps its places."""
        value: Plain = self.value
        for part in path:
            value = value[part]
        return Marked(self.file, value, self._find(path)[1])

    def _find(self, path: Path_) -> tuple[Any, Any]:
        key = node = self.root
        for part in path:
            for name, child in _children(node):
                if (name if isinstance(name, int) else name.value) == part:
                    key, node = (child if isinstance(name, int) else name), child
                    break
            else:
                break
        return key, node


def read_yaml(path: Path, file: str | None = None, example: str = "family: imagenet") -> Marked:
    """Read one file; `file` is its name in messages, `example` a line that such a file has.

    Raises SpecError for the first thing that is wrong, and OSError as `open` does.
    """
    file = file or path.name
    text = _decode(path.read_bytes(), file)
    try:
        _refuse_depth(text, file, LOADER)
        root = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):  # libyaml's own limit, told where its scanner stood: far behind ours
            _refuse_depth(text, file, yaml.SafeLoader)
        raise _syntax(error, text, file) from None
    if root is None:
        raise SpecError(f"the file is empty; it needs a mapping such as '{example}'", file, 1, 1)
    if not isinstance(root, yaml.MappingNode):
        message = f"the file must hold a mapping ('key: value' lines) at the top, not {_kind(root)}"
        raise SpecError(message, file, *_place(root))
    return Marked(file, _Reader(file, text).mapping(root), root)


def _refuse_depth(text: str, file: str, loader: Any) -> None:
    """Composing recurses, in C as well, where too deep a nesting would end the process; parsing does not."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                message = f"lists and mappings stand in each other more than {_DEEPEST} deep; no file here needs that"
                raise SpecError(message, file, *_place(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns composed nodes into plain values, refusing what readers of YAML take differently."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.seen: set[int] = set()

    def value(self, node: Any) -> Plain:
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        return self.mapping(node) if isinstance(node, yaml.MappingNode) else self.sequence(node)

    def sequence(self, node: Any) -> list[Plain]:
        self.once(node)
        return [self.value(child) for child in node.value]

    def mapping(self, node: Any) -> dict[str, Plain]:
        self.once(node)
        values: dict[str, Plain] = {}
        for key, child in node.value:
            name = self.key(key)
            if name in values:
                first = next(k for k, _ in node.value if k.value == name)
                message = f"the key {name!r} stands twice, first in line {_place(first)[0]}; remove one"
                raise self.error(key, message)
            if isinstance(child, yaml.ScalarNode) and child.tag == _TAG + "null":
                message = f"{name!r} has no value; write one, or the word none where it is absent on purpose"
                raise self.error(key, message)
            values[name] = self.value(child)
        return values

    def key(self, node: Any) -> str:
        name = self.scalar(node) if isinstance(node, yaml.ScalarNode) else None
        if not isinstance(name, str):
            advice = f", not {_kind(node)}" if name is None else "; put it in quotes"
            raise self.error(node, f"a key must be text{advice}")
        return name

    def scalar(self, node: Any) -> str | int | float | bool:
        self.once(node)
        text, plain, tag = str(node.value), not node.style, str(node.tag).removeprefix(_TAG)
        if tag == "str":
            if plain and _NUMBER_LIKE.fullmatch(text):
                raise self.error(node, f"YAML reads {text} as text, not as a number; {_as_number(text)}")
            return text
        if tag == "int" and len(text) > _LONGEST:
            raise self.error(node, f"the number {text[:8]}... has {len(text)} digits; no figure here is so large")
        if tag == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if tag == "float" and _NUMBER_LIKE.fullmatch(text) and math.isfinite(float(text.replace("_", ""))):
            return float(text.replace("_", ""))
        if tag == "bool" and text in ("true", "false"):
            return text == "true"
        raise self.error(node, _MISREAD.get(tag, _TAGGED).format(text=text, tag=tag))

    def once(self, node: Any) -> None:
        if id(node) in self.seen:  # only an alias gives the same node twice
            alias = next(t for t in yaml.scan(self.text, Loader=yaml.SafeLoader) if isinstance(t, yaml.AliasToken))
            raise SpecError(
                f"the alias *{alias.value} is not used here; write the value out where it is read",
                self.file,
                *_place(alias),
            )
        self.seen.add(id(node))

    def error(self, node: Any, message: str) -> SpecError:
        return SpecError(message, self.file, *_place(node))


_TAGGED = "the tag {tag} is not used here; write plain text, numbers, lists and mappings"
_MISREAD = {
    "bool": "YAML reads {text} as true or false; put it in quotes for the word, or write true or false",
    "null": "a value is missing; write one, or the word none where it is absent on purpose",
    "int": "YAML readers differ about {text}; write plain decimal digits, or put it in quotes for text",
    "float": "{text} is no decimal number; write one, or put it in quotes for text",
    "timestamp": "YAML reads {text} as a date; put it in quotes for text",
    "merge": "<< (merge) is not used here; write the values out where they are read",
    "value": "YAML reads {text} as a special key; put it in quotes for text",
}


def _as_number(text: str) -> str:
    if "," in text:
        return "leave the commas out of a number, or put it in quotes for text"
    mantissa, _, exponent = text.replace("_", "").lower().partition("e")
    mantissa = mantissa + "0" if mantissa.endswith(".") else mantissa if "." in mantissa else mantissa + ".0"
    exponent = exponent and "e" + (exponent if exponent[0] in "+-" else "+" + exponent)
    return f"write {mantissa}{exponent} for the number, or put it in quotes for text"


def _decode(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _after(data[: error.start].decode("utf-8-sig"))
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8"
        raise SpecError(message, file, *place) from None


def _syntax(error: yaml.YAMLError, text: str, file: str) -> SpecError:
    """The parser's complaint at its place; a tab gets its own words, since the parser's are of no help."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # the reader found a control character; it says where by counting
        position = getattr(error, "position", None)
        before = text[: position if isinstance(position, int) and position >= 0 else 0]
        return SpecError("a control character stands here; remove it", file, *_after(before))
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: mark.column + 1]:
        return SpecError("a tab stands here; YAML indents with spaces", file, mark.line + 1, line.index("\t") + 1)
    message = f"this is no YAML: {getattr(error, 'problem', error)}"
    context, start = getattr(error, "context", None), getattr(error, "context_mark", None)
    if context and start:
        message += f", {context} that begins in line {start.line + 1}"
    return SpecError(message, file, mark.line + 1, mark.column + 1)


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    """(key node, value node) of a mapping, (index, node) of a list."""
    if isinstance(node, yaml.MappingNode):
        yield from node.value
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)


def _after(text: str) -> tuple[int, int]:
    """Line and column of the character that follows `text`."""
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _place(node: Any) -> tuple[int, int]:
    """Line and column of a node or token, from 1."""
    return node.start_mark.line + 1, node.start_mark.column + 1


def _kind(node: Any) -> str:
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "a mapping" if isinstance(node, yaml.MappingNode) else "a single value"
