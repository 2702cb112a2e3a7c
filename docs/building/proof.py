"""docs/proof.md: how much the judge notices, from docs/proof.json and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs.building.markdown import OTHER
from docs.building.proof_words import WORDS

NOTE = "<!-- Written by `nox -s mutants -- --write` from proof.json: not to be edited by hand. -->"
PROOF = Path(__file__).resolve().parents[1] / "proof.json"
UNEXPLAINED = "UNEXPLAINED:"
COLUMNS = ("trials", "killed", "survived", "admitted", "stillborn", "clean", "alarm")
EVIDENCE = ("structure", "behaviour", "statistics", "training", "equivalence")
Words = Mapping[str, Any]


def render(language: str) -> str:
    """The page in that language, "en" or "ko", of the figures that are committed."""
    return page(json.loads(PROOF.read_text("utf-8")), language)


def page(proof: Mapping[str, Any], language: str = "en") -> str:
    """The page of these figures."""
    words: Words = WORDS[language]
    survivors = {
        reason: names
        for part, found in proof["parts"].items()
        if part != "rivals"
        for reason, names in found["survivors"].items()
    }
    open_ = {reason: names for reason, names in survivors.items() if reason.startswith(UNEXPLAINED)}
    admitted = {reason: names for reason, names in survivors.items() if reason not in open_}
    parts = [
        f"# {words['title']}",
        OTHER[language].format(name="proof"),
        NOTE,
        words["intro"],
        text(proof["parts"], language),
        f"## {words['open']}",
        "\n".join(_listed(open_, words)),
        f"## {words['explained']}",
        "\n".join(_listed(admitted, words)),
        f"## {words['measured']}",
        "\n".join(_measured(proof["parts"], words)),
    ]
    return "\n\n".join(parts) + "\n"


def text(counts: Mapping[str, Any], language: str = "en") -> str:
    """The figures for people, as Markdown."""
    words: Words = WORDS[language]
    lines = [f"| {' | '.join(words['columns'])} |", "|---|" + "--:|" * len(COLUMNS)]
    parts = {part: found for part, found in counts.items() if part != "rivals"}
    for found in parts.values():
        figures = " | ".join(f"{found[column]:,}" for column in COLUMNS)
        lines.append(f"| {_told(found['title'], words)} | {figures} |")
    for found in parts.values():
        if found["killed_by"]:
            by = ", ".join(f"{_told(kind, words)} {number:,}" for kind, number in _ordered(found["killed_by"]))
            lines += ["", words["by"].format(title=_told(found["title"], words), by=by)]
    if "rivals" in counts:
        lines += ["", *_rivals(counts["rivals"], words)]
    return "\n".join(lines)


def _rivals(found: Mapping[str, Any], words: Words) -> Iterator[str]:
    yield words["rivals"].format(wrong=found["wrong"], right=found["right"])
    yield "|---|--:|--:|"
    for method, row in found["rows"].items():
        yield f"| {_told(method, words)} | {row[0]} | {row[1]} |"


def _told(english: str, words: Words) -> str:
    """In the page's language where there is a text; the figures' own words otherwise."""
    return str(words["told"].get(english, english))


def _ordered(found: Mapping[str, int]) -> list[tuple[str, int]]:
    """Evidence in the order of examination, then what else kills."""
    order = {kind: place for place, kind in enumerate(EVIDENCE)}
    return sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def _listed(survivors: Mapping[str, list[str]], words: Words) -> list[str]:
    """A line for each reason, with the names where they are few."""
    return [
        f"- {_told(reason, words)}: {words['many'].format(count=len(names), name=names[0])}"
        if len(names) > 3
        else f"- {_told(reason, words)}: {', '.join(f'`{name}`' for name in names)}"
        for reason, names in survivors.items()
    ] or [words["none"]]


def _measured(parts: Mapping[str, Any], words: Words) -> list[str]:
    """A line for the parts that were measured together: once, when, on what, and of which code."""
    together: dict[str, list[str]] = {}
    for part, found in parts.items():
        line = words["once"].format(**found["measured"])
        together.setdefault(line, []).append(words["seconds"].format(part=part, seconds=f"{found['seconds']:,}"))
    return [f"- {', '.join(names)}: {line}" for line, names in together.items()]
