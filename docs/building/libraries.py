"""docs/libraries.md: the ResNets of the world's libraries as docs/matrix.json has them, judged in one run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from docs.building.clauses import link
from docs.building.libraries_words import ABSENT, WORDS
from docs.building.markdown import anchor, opening, table
from docs.building.prose import plain
from resnet_conformance.spec import Spec, load_spec

DATA = Path(__file__).resolve().parents[1] / "matrix.json"
VERDICTS = ("conforms", "violates", "not-examined", "problem")
Words = Mapping[str, str]
Row = Mapping[str, Any]


def render(language: str, data: Path = DATA) -> str:
    """The page in that language, "en" or "ko"."""
    words, matrix, spec = WORDS[language], json.loads(data.read_text("utf-8")), load_spec()
    rows: Sequence[Row] = matrix["rows"]
    up = "" if language == "en" else "../"
    made = words["made"].format(
        date=matrix["made"],
        version=matrix["judge"]["version"],
        python=matrix["environment"]["python"],
        torch=matrix["environment"]["torch"],
    )
    intro = words["intro"].format(networks=len(rows), libraries=len(matrix["libraries"]), page=f"{up}matrix.html")
    parts = [opening(words["title"], "libraries", language), intro, made, _counts(matrix, words)]
    for library, why in matrix["absent"].items():
        parts.append(words["absent"].format(library=library, why=ABSENT.get(language, {}).get(library, why)))
    parts += [f"## {words['differences']}", words["differences_how"], _differences(rows, spec, words, language)]
    for library in matrix["libraries"]:
        own = [row for row in rows if row["library"] == library]
        parts += [f"## {library}", table(words["head"].split("|"), _networks(own, words))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _counts(matrix: Mapping[str, Any], words: Words) -> str:
    """Networks of each library, by verdict."""
    rows = []
    for library, installed in matrix["libraries"].items():
        found = Counter(row.get("verdict", "problem") for row in matrix["rows"] if row["library"] == library)
        name = f"[{library}](#{anchor(library)})"
        rows.append((name, installed, *(str(found[verdict] or "") for verdict in VERDICTS)))
    head = (words["library"], words["version"], *(f"`{name}`" for name in VERDICTS[:-1]), words["problem"])
    return table(head, rows, right=range(2, 6))


def _differences(rows: Sequence[Row], spec: Spec, words: Words, language: str) -> str:
    """The known differences, those of the most networks first."""
    found = Counter(name for row in rows for name in row.get("deviations", ()))
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [(_deviation(name), spec.deviations[name].title[language], str(count)) for name, count in ranked]
    return table(words["differences_head"].split("|"), told, right=(2,))


def _deviation(name: str) -> str:
    return f"[{name}](deviations.md#{anchor(name)})"


def _networks(rows: Sequence[Row], words: Words) -> Iterator[Sequence[str]]:
    for row in rows:
        name = f"`{row['name']}`"
        if "verdict" not in row:
            yield name, "", "", words["problem"] + f": {plain(row['problem'])}", "", ""
            continue
        identified = words["exactly" if row["exact"] else "nearest"] if row["identified"] else words["near_none"]
        verdict = f"`{row['verdict']}`" + (f" ({words['open']} {', '.join(row['open'])})" if row.get("open") else "")
        yield (
            name,
            identified.format(name=f"`{row['identified']}`") + (words[f"lacks_{row['lacks']}"] if row["lacks"] else ""),
            f"`{row['against']}`" if row["against"] else "",
            verdict,
            ", ".join(map(_deviation, row["deviations"])),
            ", ".join(map(link, row["must"])),
        )
