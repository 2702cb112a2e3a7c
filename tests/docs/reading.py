"""The pages as Markdown: their links, headings, code and prose."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
DOCS = CHECKOUT / "docs"
LANGUAGES = ("en", "ko")
CLAUSE = r"[A-Z][A-Z0-9]*-\d\d[a-z]?"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
FENCES = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """All pages in both languages."""
    return sorted(DOCS.glob("*.md")) + sorted((DOCS / "ko").glob("*.md"))


def name_of(page: Path) -> str:
    """A page's name in the ids of tests: docs/ko/cookbook.md."""
    return page.relative_to(CHECKOUT).as_posix()


def prose(text: str) -> str:
    """All but blocks of code."""
    return FENCES.sub("", text)


def links(page: Path) -> list[tuple[str, str]]:
    """The words and the address of each link."""
    return LINK.findall(prose(page.read_text("utf-8")))


def headings(text: str) -> list[tuple[int, str]]:
    """Level and words of each heading."""
    return [(len(marks), words) for marks, words in re.findall(r"^(#+) (.*)$", prose(text), re.MULTILINE)]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    words = [re.sub(r"[^\w\- ]", "", heading.lower()) for _, heading in headings(text)]
    return {heading.replace(" ", "-") for heading in words}


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and content of each block of code, without remarks, which are in the reader's language."""
    found = re.findall(r"^```([\w{}]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(kind, re.sub(r"(^|\s{2,})# .*", "", code, flags=re.MULTILINE)) for kind, code in found]


def commands(text: str) -> list[str]:
    """What follows each `resnet-conformance` in blocks and in prose, on one line, without a `> FILE` at its end."""
    joined = text.replace("\\\n", " ")
    shown = re.findall(r"^(?:\$ )?resnet-conformance (.*?)(?:\s{2,}#.*)?$", joined, re.MULTILINE)
    shown += re.findall(r"`resnet-conformance ([^`\n]+)`", prose(text))
    return [command.partition(" > ")[0] for command in shown]
