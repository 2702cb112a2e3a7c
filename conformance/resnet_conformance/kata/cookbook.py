"""The recipes of docs/cookbook.md, one for each step of the kata; the wheel holds a copy of that page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ko")
PATTERN = {"en": "Pattern.", "ko": "패턴."}


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe as Markdown: all that comes before its pattern, and the pattern."""

    number: int
    title: str
    advice: str
    pattern: str


@cache
def read_cookbook(language: str) -> tuple[Recipe, ...]:
    """The nine recipes in order, links to files of the project replaced by the words that were linked."""
    text = find_page(language).read_text(encoding="utf-8")
    _, *parts = re.split(r"^## (\d+)\. (.*)\n", text, flags=re.MULTILINE)
    return tuple(
        _recipe(int(number), title, body, language)
        for number, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    )


def find_page(language: str) -> Path:
    """The checkout's docs/cookbook.md (docs/ko/ for Korean) if this file lies in one, else the package's copy."""
    package = Path(__file__).resolve().parents[1]
    folder = package.parents[1] / "docs" / ("" if language == "en" else language)
    if package.parent.name == "conformance" and folder.is_dir():
        return folder / "cookbook.md"
    return package / "kata" / "_cookbook" / f"{language}.md"


def _recipe(number: int, title: str, body: str, language: str) -> Recipe:
    advice, _, pattern = body.partition(f"**{PATTERN[language]}**")
    return Recipe(number, title, _unlinked(advice).strip(), pattern.strip())


def _unlinked(text: str) -> str:
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)


def render(recipe: Recipe, language: str, pattern: bool) -> str:
    """The recipe as a Markdown page; with `pattern` its code comes last."""
    page = f"{_heading(recipe)}\n\n{recipe.advice}\n"
    return page + (f"\n{_labelled(recipe, language)}\n" if pattern else "")


def render_pattern(recipe: Recipe, language: str) -> str:
    """The pattern alone, as a Markdown page."""
    return f"{_heading(recipe)}\n\n{_labelled(recipe, language)}\n"


def _heading(recipe: Recipe) -> str:
    return f"# {recipe.number}. {recipe.title}"


def _labelled(recipe: Recipe, language: str) -> str:
    return f"**{PATTERN[language]}**\n\n{recipe.pattern}"
