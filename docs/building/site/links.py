"""Does every address within the built site lead to a file and a place in it, and nothing that is loaded elsewhere?"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src"), ("object", "data")}


class _Addresses(HTMLParser):
    """Of a page: the names of its places, and the addresses that it leads to, or loads."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.led: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif (tag, name) in LOADED and value:
                self.loaded.append(value)
            elif name == "href" and value:
                self.led.append(value)


def read(page: Path) -> _Addresses:
    """A page's places and addresses."""
    parser = _Addresses()
    parser.feed(page.read_text("utf-8"))
    return parser


def faults(site: Path) -> Iterator[str]:
    """What leads nowhere, and what would be loaded over a network, each with the page that has it."""
    pages = {path.resolve(): read(path) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site.resolve()).as_posix()
        for address in page.loaded:
            if urlsplit(address).scheme not in ("", "data"):
                yield f"{name}: loads {address}"
        for address in (*page.led, *page.loaded):
            target = urlsplit(address)
            if target.scheme or target.netloc:
                continue
            file = (path.parent / unquote(target.path)).resolve() if target.path else path
            if not file.is_file():
                yield f"{name}: {address} leads to no file"
            elif target.fragment and file in pages and unquote(target.fragment) not in pages[file].places:
                yield f"{name}: {address} leads to no place in its page"
