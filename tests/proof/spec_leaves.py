"""The values of the spec's files, each with its place in the text, and texts with one of them changed or taken away.

The text is changed where the value stands and nowhere else: comments, order and layout stay, as when a person slips.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = {"tag:yaml.org,2002:int": int, "tag:yaml.org,2002:float": float, "tag:yaml.org,2002:bool": bool}
NAMING = ("id", "name", "what", "quantity")  # the key by which a list's mapping is called, where it has one

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of a file: a value, a key, or an item of a list (a scalar is both a value and an item).

    `path` are the keys above it and its own (of an item its name or number), `keys` the same with * for items and for
    keys that are names; `span` is what a new value replaces, `cut` what goes when the item is taken away.
    """

    path: tuple[str, ...]
    keys: tuple[str, ...]
    kind: str  # "value", "key", "item" (a mapping in a list) or "empty" (a list without items)
    value: Value
    text: str
    span: tuple[int, int]
    cut: tuple[int, int] | None

    @property
    def label(self) -> str:
        """For people: clauses.STEM-01.scope.0.dataset.imagenet."""
        return ".".join(self.path)


class Text:
    """One file: its text, and the offsets of the parser's marks."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
        self.root = yaml.compose(text, Loader=_LOADER)

    def at(self, mark: Any) -> int:
        """The offset of a mark (those of the C parser count bytes; lines and columns count characters)."""
        return int(self.lines[mark.line] + mark.column)

    def with_(self, span: tuple[int, int], new: str) -> str:
        """The text with `new` in the place of a span."""
        return self.text[: span[0]] + new + self.text[span[1] :]

    def leaves(self) -> Iterator[Leaf]:
        """Every key, value and item of a list, in the order of the file."""
        yield from self._below(self.root, (), (), None)

    def _below(
        self, node: Any, path: tuple[str, ...], keys: tuple[str, ...], cut: tuple[int, int] | None
    ) -> Iterator[Leaf]:
        span = self.at(node.start_mark), self.at(node.end_mark)
        if isinstance(node, yaml.ScalarNode):
            kind = _TAGS.get(node.tag, str)
            value: Value = node.value == "true" if kind is bool else kind(node.value)
            yield Leaf(path, keys, "value", value, self.text[slice(*span)], span, cut)
        elif isinstance(node, yaml.MappingNode):
            if cut is not None:
                yield Leaf(path, keys, "item", None, "", span, cut)
            free = bool(keys) and keys[-1] in FREE
            for index, (key, child) in enumerate(node.value):
                known = "*" if free else key.value
                place = self.at(key.start_mark), self.at(key.end_mark)
                entry = self._flow_cut([pair[0] for pair in node.value], index, span) if node.flow_style else None
                yield Leaf((*path, key.value), (*keys, known), "key", key.value, key.value, place, entry)
                yield from self._below(child, (*path, key.value), (*keys, known), None)
        elif not node.value:
            yield Leaf(path, keys, "empty", None, "[]", span, None)
        else:
            names = self._names(node)
            for index, child in enumerate(node.value):
                gone = self._flow_cut(node.value, index, span) if node.flow_style else self._block_cut(node, index)
                yield from self._below(child, (*path, names[index]), (*keys, "*"), gone)

    def _names(self, node: Any) -> list[str]:
        """What the items of a list are called: by their own name, by their value, or by their number."""
        names = []
        for item in node.value:
            own = {key.value: child.value for key, child in item.value} if isinstance(item, yaml.MappingNode) else {}
            named = next((own[key] for key in NAMING if key in own), None)
            names.append(item.value if isinstance(item, yaml.ScalarNode) else named)
        unique = len(set(names)) == len(names)
        return [str(name) if unique and name is not None else str(index) for index, name in enumerate(names)]

    def _flow_cut(self, entries: list[Any], index: int, span: tuple[int, int]) -> tuple[int, int]:
        """From an entry to the next one; of the last, from the comma before it to the closing bracket."""
        if index + 1 < len(entries):
            return self.at(entries[index].start_mark), self.at(entries[index + 1].start_mark)
        start = self.at(entries[index].start_mark)
        return (self.text.rindex(",", span[0], start) if index else start), span[1] - 1

    def _block_cut(self, node: Any, index: int) -> tuple[int, int]:
        """The lines from an item's dash to the next one's."""
        start = self.lines[node.value[index].start_mark.line]
        if index + 1 < len(node.value):
            return start, self.lines[node.value[index + 1].start_mark.line]
        end = node.end_mark
        return start, self.lines[end.line] if end.line < len(self.lines) else len(self.text)


# Keys below these are names that the spec gives, and no words of its format.
FREE = ("architectures", "options", "variants", "sources", "recipes", "derived", "widths", "blocks", "replaces")
