"""The reference pages as tests look at them: as source, as a reader sees them, by heading, by table."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from docs.building import api, commands, report_schema, spec_schemas

CHECKOUT = Path(__file__).parents[2]
PAGES = {
    "commands": commands.render,
    "api": api.render,
    "json-report": report_schema.render,
    "yaml": spec_schemas.render,
}
LANGUAGES = ("en", "ko")
each_page = pytest.mark.parametrize(("name", "language"), [(n, x) for n in PAGES for x in LANGUAGES])
each_language = pytest.mark.parametrize("language", LANGUAGES)

FENCES = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
LINK = re.compile(r"(?<!\\)\[((?:[^\]\\]|\\.)+)\]\(([^)\s]+)\)")
SPANS = re.compile(r"`[^`]+`")


@cache
def page(name: str, language: str = "en") -> str:
    return PAGES[name](language)


@cache
def seen(name: str, language: str = "en") -> str:
    """The page's words as a reader sees them: rendered, without tags, in one line."""
    rendered = MarkdownIt("commonmark").enable("table").render(page(name, language))
    return flat(html.unescape(re.sub(r"<(?:/?[a-z]|!--)[^>]*>", "", rendered)))


def flat(text: str) -> str:
    """A text without what a page marks in another way: backticks, and quotes around what is code."""
    return " ".join(re.sub("[`']", "", text).split())


def outside_code(text: str) -> str:
    return FENCES.sub("", text)


def headings(text: str) -> list[tuple[str, str]]:
    return HEADING.findall(outside_code(text))


def anchor(heading: str) -> str:
    """The anchor that GitHub, and MyST after it, give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def section(text: str, heading: str) -> str:
    """What stands below a heading, down to the next one of its level or above."""
    lines, level, kept = text.splitlines(), "", []
    for line in lines:
        found = HEADING.match(line)
        if level and found and len(found[1]) <= len(level):
            break
        if level:
            kept.append(line)
        elif found and found[2].strip("`") == heading:
            level = found[1]
    assert level, f"no heading {heading}"
    return "\n".join(kept)


def tables(text: str) -> list[list[list[str]]]:
    """Each table as rows of cells, the line of dashes left out."""
    found: list[list[list[str]]] = []
    previous = ""
    for line in outside_code(text).splitlines():
        if line.startswith("|"):
            if not previous.startswith("|"):
                found.append([])
            found[-1].append([part.strip() for part in re.split(r"(?<!\\)\|", line)[1:-1]])
        previous = line
    for rows in found:
        assert all(set(part) <= set("-:") for part in rows.pop(1)), rows[0]
    return found
