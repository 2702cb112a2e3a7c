"""A rule is called 조항 in every Korean text of the program, as on the Korean pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from resnet_conformance.explain import LABELS
from resnet_conformance.kata.texts import load_texts
from resnet_conformance.reports.html.words import WORDS

CHECKOUT = Path(__file__).parents[2]
HANGUL = re.compile("[가-힣]")
ENGLISH = re.compile(r"\bclauses?\b", re.IGNORECASE)


def texts() -> Iterator[tuple[str, str]]:
    """Every text with Korean letters in the program and its spec, with the file that it stands in."""
    for path in sorted((CHECKOUT / "conformance").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path.name, node.value
    for folder in ("conformance", "spec"):
        for path in sorted((CHECKOUT / folder).rglob("*.yaml")):
            yield from ((path.name, text) for text in leaves(yaml.safe_load(path.read_text(encoding="utf-8"))))
        for path in sorted((CHECKOUT / folder).rglob("ko.py.txt")):
            yield from ((path.name, line) for line in path.read_text(encoding="utf-8").splitlines())


def leaves(data: object) -> Iterator[str]:
    """The texts in what a YAML file holds."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from leaves(value)
    elif isinstance(data, list):
        for value in data:
            yield from leaves(value)


def test_no_korean_text_says_clause() -> None:
    korean = [(place, text) for place, text in texts() if HANGUL.search(text)]
    assert {"explain.py", "texts.yaml", "words.py", "ko.py.txt", "deviations.yaml"} <= {place for place, _ in korean}
    assert [found for found in korean if ENGLISH.search(found[1])] == []


def test_no_label_of_a_korean_view_says_clause_where_it_has_no_korean_letter() -> None:
    shown = [*LABELS["ko"].values(), *load_texts("ko").words.values(), *(korean for _, korean in WORDS.values())]
    assert [text for text in shown if ENGLISH.search(text)] == []
