"""What each leaf of the spec is, and what it is changed to: numbers, words of an enumeration, names, items of lists.

A text leaf is a word of an enumeration, a name, or it is for people and no check reads it (FOR_PEOPLE). One that is
none of these is refused here, so that a new key of the format has to be thought about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .spec_leaves import Leaf, Text

OPTIONS = ("A", "B", "C", "none")
BLOCKS, DATASETS, GENERATIONS = ("basic", "bottleneck"), ("imagenet", "cifar10"), ("v1", "v2")
# The admitted words, by the end of the path ("*" stands for an item, or for a name that the spec gives). Where a schema
# admits one word alone, the second is another that a person may write.
WORDS: Mapping[str, Sequence[str]] = {
    "family": DATASETS,
    "dataset": DATASETS,
    "dataset.*": DATASETS,
    "generation": GENERATIONS,
    "generation.*": GENERATIONS,
    "block": BLOCKS,
    "block.*": BLOCKS,
    "option": OPTIONS,
    "option.*": OPTIONS,
    "options.*": OPTIONS,
    "level": ("MUST", "SHOULD", "MAY"),
    "evidence.*": ("structure", "behaviour", "equivalence", "statistics", "training", "none"),
    "rule": ("rounds", "within", "exactly", "at-most", "about"),
    "quantity": ("parameters", "weights", "multiply_adds"),
    "head.pool": ("global average", "global max"),
    "optimizer.method": ("SGD", "Adam"),
    "data.initialization": ("he-normal", "he-uniform"),
    "rate.when": ("iterations", "epochs", "plateau"),
    "training_view.padding": ("zeros", "reflect"),
    "training_view.colour": ("none", "pca"),
    "mean.subtracted": ("per-pixel", "per-channel"),
    "test_view.views": ("single", "10-crop"),
    "results.reported": ("best-mean-deviation", "median"),
}
# What people read and no check does, by the end of the path, and what keeps it.
FOR_PEOPLE: Mapping[str, str] = {
    "statement.??": "prose: the schema asks for both languages, tests/spec/test_spec.py for Korean in the Korean",
    "why.??": "prose: the schema asks for both languages, tests/spec/test_spec.py for Korean in the Korean",
    "description.??": "prose: the schema asks for both languages",
    "not_examined.??": "prose: the schema asks for both languages, and for it where nothing examines the clause",
    "title.??": "prose: the schema asks for both languages",
    "title": "prose: the schema asks for it",
    "cite.*": "citations: the loader asks for a known source and, of a paper, for the place in it",
    "seen_in.*.what": "links: the schema asks for a name",
    "seen_in.*.link": "links: the schema asks for an https address",
    "sources.*.authors.*": "bibliography: the schema asks for it",
    "sources.*.year": "bibliography: the schema asks for a year",
    "sources.*.where": "bibliography: the schema asks for it",
    "sources.*.link": "bibliography: the schema asks for an https address",
    "errors.*.setting": "printed results: the schema asks for it, tests/spec has the tables typed once more",
    "errors.*.top1": "printed results: the schema bounds them, tests/spec has the tables typed once more",
    "errors.*.top5": "printed results: the schema bounds them, tests/spec has the tables typed once more",
    "errors.*.mean": "printed results: the schema bounds them, tests/spec has the tables typed once more",
    "errors.*.std": "printed results: the schema bounds them, tests/spec has the tables typed once more",
    "errors.*.runs": "printed results: the schema bounds them, tests/spec has the tables typed once more",
    "errors.*.top1_is": "printed results: the schema has the words, tests/spec has the tables typed once more",
    "errors.*.above": "printed results: the schema bounds them",
}
CLAUSE = re.compile(r"([A-Z][A-Z0-9]*)-\d\d[a-z]?")
# Whole items of these lists: what keeps their parts keeps them.
ITEMS_FOR_PEOPLE: Mapping[str, str] = {"seen_in.*": "seen_in.*.what", "errors.*": "errors.*.setting"}


@dataclass(frozen=True, slots=True)
class Change:
    """One file with one thing changed. `name` tells what, and is unique."""

    name: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Names:
    """The names that the whole spec gives, for leaves that name one."""

    clauses: tuple[str, ...]
    architectures: tuple[str, ...]


def kept_by(leaf: Leaf) -> str | None:
    """What keeps a leaf that is for people alone; None where a check or the loader has to notice it."""
    if leaf.kind == "item":
        return next((FOR_PEOPLE[part] for end, part in ITEMS_FOR_PEOPLE.items() if _ends(leaf, end)), None)
    return next((keeper for end, keeper in FOR_PEOPLE.items() if _ends(leaf, end)), None)


def changes(file: str, text: Text, names: Names) -> Iterator[Change]:
    """Every change of one file, in its order."""
    for leaf in text.leaves():
        if kept_by(leaf) is not None:
            continue
        shown = f"{file} {leaf.label}"
        if leaf.kind == "key":
            if leaf.keys[-1] == "*":
                for new in _other_keys(leaf, names):
                    yield Change(f"{shown} renamed {new}", file, text.with_(leaf.span, new))
                if leaf.keys[-2:] == ("replaces", "*") and leaf.cut is not None:
                    yield Change(f"{shown} removed", file, text.with_(leaf.cut, ""))
            continue
        if leaf.kind == "empty":
            yield Change(f"{shown} filled", file, text.with_(leaf.span, f"[{_first_item(leaf)}]"))
            continue
        if leaf.kind == "value":
            for new in _others(leaf, names):
                quoted = f'"{new}"' if leaf.text.startswith('"') else new
                yield Change(f"{shown} {leaf.text} -> {new}", file, text.with_(leaf.span, quoted))
        if leaf.cut is not None:
            yield Change(f"{shown} removed", file, text.with_(leaf.cut, ""))


def _ends(leaf: Leaf, end: str) -> bool:
    """Whether the path ends so; a "*" of the pattern is an item or a free name, "?" any letter."""
    wanted = end.split(".")
    return len(leaf.keys) >= len(wanted) and all(
        fnmatchcase(key, part) for key, part in zip(leaf.keys[-len(wanted) :], wanted, strict=True)
    )


def _others(leaf: Leaf, names: Names) -> list[str]:
    value = leaf.value
    if isinstance(value, bool):
        return ["false" if value else "true"]
    if isinstance(value, int):
        return [str(value + 1), *([str(value - 1)] if value > 0 else [])]
    if isinstance(value, float):
        decimals = len(leaf.text.partition(".")[2])
        step = value if "e" in leaf.text else 10.0**-decimals
        return [_decimal(value + step), _decimal(value / 2)]
    text = str(value)
    for end, words in WORDS.items():
        if _ends(leaf, end):
            return [word for word in words if word != text]
    return _other_names(leaf, text, names)


def _other_names(leaf: Leaf, text: str, names: Names) -> list[str]:
    """Another existing name, and for a name that is given here one that nobody has, too."""
    end = leaf.keys[-1]
    if end == "chapter":
        return [next(clause.rpartition("-")[0] for clause in names.clauses if not clause.startswith(text))]
    if CLAUSE.fullmatch(text):
        other = _next(names.clauses, text)
        return [other, f"{text.rpartition('-')[0]}-99"] if end == "id" else [other]
    if text in names.architectures:
        return [_next(names.architectures, text)]
    if leaf.keys[-2:-1] == ("replaces",):  # none: no clause takes the place
        return [names.clauses[0]]
    if leaf.keys[-1] == "pool" and text == "none":
        return ["{kernel: 3, stride: 2, output: 16, choices: [{padding: 1, ceil: false, cite: [CR]}], cite: [CR]}"]
    if end in ("id", "name", "text", "paper"):
        return [f"{text}-x"]
    raise ValueError(
        f"{leaf.label} is {text!r}: neither a word of an enumeration nor a name; say in this file what it is"
    )


def _other_keys(leaf: Leaf, names: Names) -> list[str]:
    key, above = leaf.text, leaf.keys[-2]
    if above == "replaces":
        return [_next(names.clauses, key)]
    if above in ("derived", "blocks", "widths"):
        return [word for word in (OPTIONS if above == "derived" else BLOCKS) if word != key]
    if above == "recipes":
        return [f"{key[:-1]}{3 - int(key[-1])}"]  # of the other generation
    return [f"{key}X" if above == "sources" else f"{key}-x"]


def _next(names: Sequence[str], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


def _first_item(leaf: Leaf) -> str:
    return "CT-06" if leaf.keys[-1] == "explains" else "20"


def _decimal(value: float) -> str:
    text = f"{value:.10f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text
