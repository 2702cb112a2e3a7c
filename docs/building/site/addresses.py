"""Links of pages that are written to be read on GitHub, made right for the site.

A page links to the page in the other language, to other pages, and to files of the repository, a line of code among
them. Pages stand at the root of a language's site, the other language beside it, and the site has a page of its own
for each file that is linked to, so that nothing leads to another host.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.building.pages import LANGUAGES

if TYPE_CHECKING:
    from sphinx.application import Sphinx


LINK = re.compile(r"(!?\[[^\]]*\])\(([^)\s]+)\)")
FENCES = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)
# what begins the rewritten links; MyST makes addresses of them
SCHEMES = {
    "repository": {"url": "files/{{path}}.html"},
    "page": {"url": "files/{{path}}"},
    "repository-at": {"url": "files/{{path}}.html#{{fragment}}"},
    "other": {"url": "../{{path}}"},
    "other-at": {"url": "../{{path}}#{{fragment}}"},
}


def rewrite(text: str, page: Path, folder: Path, checkout: Path) -> tuple[str, set[Path]]:
    """The text with the site's links, and the repository's files that it links to.

    `page` is the Markdown file, `folder` that of its language's pages. Code is left as it is.
    """
    linked: set[Path] = set()

    def replace(match: re.Match[str]) -> str:
        words, target = match.groups()
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve()
        if "://" in target or target.startswith("mailto:") or not name or words.startswith("!"):
            return match[0]
        if other := _other_language(file, folder, checkout):
            return f"{words}({_address('other', other, anchor)})"
        if file.is_relative_to(folder) and file.suffix == ".md":
            return match[0]
        linked.add(file)
        if file.suffix == ".html":  # a page already
            return f"{words}({_address('page', file.relative_to(checkout).as_posix(), anchor)})"
        line = anchor.replace("L", "L-") if re.fullmatch(r"L\d+", anchor) else anchor
        return f"{words}({_address('repository', file.relative_to(checkout).as_posix(), line)})"

    parts = FENCES.split(text)
    return "".join(part if part.startswith("```") else LINK.sub(replace, part) for part in parts), linked


def _address(scheme: str, path: str, place: str) -> str:
    return f"{scheme}-at:{path}#{place}" if place else f"{scheme}:{path}"


def _other_language(file: Path, folder: Path, checkout: Path) -> str | None:
    """Where the page stands as seen from beside this language's site: "ko/cookbook.html"."""
    docs = checkout / "docs"
    homes = {"en": docs, "ko": docs / "ko"}
    if file.suffix != ".md":
        return None
    for language in LANGUAGES:
        if file.parent == homes[language] != folder:
            return f"{language}/{file.stem}.html"
    return None


def on_source_read(app: Sphinx, name: str, content: list[str]) -> None:
    """Sphinx's event: the page's text before it is parsed."""
    page = Path(app.env.doc2path(name))
    checkout = Path(app.config.checkout)
    content[0], linked = rewrite(content[0], page, Path(app.srcdir), checkout)
    app.env.metadata[name]["linked"] = sorted(path.relative_to(checkout).as_posix() for path in linked)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("checkout", "", "env", [str])
    app.connect("source-read", on_source_read)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
