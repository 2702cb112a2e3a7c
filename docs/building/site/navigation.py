"""The site's navigation, from index.md as it is read on GitHub: each chapter's links are a part of the contents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


CHAPTER = re.compile(r"^## (.+)$", re.MULTILINE)
PAGE = re.compile(r"\]\(([\w-]+)\.md\)")


def with_contents(index: str) -> str:
    """index.md with a hidden table of contents for each chapter, of the pages that it links to."""
    _, *parts = CHAPTER.split(index)
    told: set[str] = set()
    trees = []
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        pages = [name for name in dict.fromkeys(PAGE.findall(body)) if name not in told]
        told.update(pages)
        if pages:
            trees.append("\n".join(["```{toctree}", ":hidden:", f":caption: {title}", "", *pages, "```"]))
    return "\n\n".join([index.rstrip(), *trees]) + "\n"


def on_source_read(app: Sphinx, name: str, content: list[str]) -> None:
    """Sphinx's event: the page's text before it is parsed."""
    if name == "index":
        content[0] = with_contents(content[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", on_source_read, priority=400)  # before links are rewritten
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
