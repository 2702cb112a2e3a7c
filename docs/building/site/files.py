"""A page for each file of the repository that a page links to, its lines numbered and each with an address.

What is a page already (docs/matrix.html) is copied as it is, with the files beside it that it links to.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_for_filename
from pygments.util import ClassNotFound

from docs.building.markdown import anchor
from docs.building.site.links import read

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def on_collect_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Sphinx's event: more pages than those of the sources."""
    linked = {file for metadata in app.env.metadata.values() for file in metadata.get("linked", ())}
    for name in sorted(linked):
        path = Path(app.config.checkout) / name
        if path.suffix == ".html":
            _copy(path, Path(app.outdir) / "files" / name)
            continue
        show = _listing if path.is_dir() else _rendered if path.suffix == ".md" else _highlighted
        body = f"<p><code>{name}</code></p>\n" + show(path)
        yield f"files/{name}", {"title": name, "body": body, "toc": "", "display_toc": False}, "page.html"


def _copy(page: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(page, target)
    for address in read(page).led:
        if (page.parent / address).is_file():
            shutil.copyfile(page.parent / address, target.parent / address)


def _highlighted(path: Path) -> str:
    text = path.read_text("utf-8")
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    # inline: a table of numbers beside the code would be read aloud as text of its own
    return str(highlight(text, lexer, HtmlFormatter(linenos="inline", anchorlinenos=True, lineanchors="L")))


def _rendered(path: Path) -> str:
    """A page of Markdown outside docs/. What it links to in the repository is told in words, as it is not all here."""
    markdown = MarkdownIt("commonmark").enable("table")
    text = re.sub(r"!?\[([^\]]*)\]\((?!https?:|#)[^)]*\)", r"\1", path.read_text("utf-8"))
    tokens = markdown.parse(text)
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            opened.attrSet("id", anchor(inline.content))
    return str(markdown.renderer.render(tokens, markdown.options, {}))


def _listing(folder: Path) -> str:
    names = sorted(path.name + ("/" if path.is_dir() else "") for path in folder.iterdir() if path.name[0] not in "._")
    return "<ul>\n" + "\n".join(f"<li><code>{name}</code></li>" for name in names) + "\n</ul>"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("html-collect-pages", on_collect_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
