"""A page for each file of the repository that a page links to, its lines numbered and each with an address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def on_collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Sphinx's event: more pages than those of the sources."""
    linked = {file for metadata in app.env.metadata.values() for file in metadata.get("linked", ())}
    for name in sorted(linked):
        path = Path(app.config.checkout) / name
        body = f"<h1><code>{name}</code></h1>\n" + (_listing(path) if path.is_dir() else _highlighted(path))
        yield f"files/{name}", {"title": name, "body": body, "toc": "", "display_toc": False}, "page.html"


def _highlighted(path: Path) -> str:
    text = path.read_text("utf-8")
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    # inline: a table of numbers beside the code would be read aloud as text of its own
    return str(highlight(text, lexer, HtmlFormatter(linenos="inline", anchorlinenos=True, lineanchors="L")))


def _listing(folder: Path) -> str:
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir() if path.name[0] not in "._")
    return "<ul>\n" + "\n".join(f"<li><code>{name}</code></li>" for name in names) + "\n</ul>"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-collect-pages", on_collect_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
