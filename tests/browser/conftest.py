"""A headless Chromium and the pages that it looks at; without one, or without its driver, the tests say so and skip.

RESNET_BROWSER names the browser's program where it is not on the PATH; RESNET_SCREENSHOTS a folder that the pictures go
to, for whoever looks at them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from resnet_conformance.reports import html
from resnet_conformance.spec import load_spec
from tests.conformance.reports.kept import HOSTILE, NAMES, hostile, stored
from tests.thirdparty import matrix

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    program = os.environ.get("RESNET_BROWSER") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium is installed (apt-get install chromium), and RESNET_BROWSER names none")
    driver = pytest.importorskip("playwright.sync_api", reason="the browser's driver playwright is not installed")
    with driver.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files: every stored report in each language, all of them together, and hostile ones; the committed matrix."""
    folder = tmp_path_factory.mktemp("pages")
    spec = load_spec()
    made = {f"{name}-{lang}": html.render([stored(name)], spec, lang) for name in NAMES for lang in ("en", "ko")}
    made["several"] = html.render([stored(name) for name in NAMES], spec)
    made |= {f"hostile{number}": html.render([hostile(words)], spec) for number, words in enumerate(HOSTILE)}
    for name, text in made.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {"matrix": matrix.PAGE} | {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="session")
def axe() -> str:
    """The checker's source, as the package axe-playwright-python brings it."""
    found = find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("the accessibility checker (axe-playwright-python) is not installed")
    return Path(found.origin).with_name("axe.min.js").read_text(encoding="utf-8")


@dataclass
class Visit:
    """A page that is open, with what the browser complained of and asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium: Any, pages: dict[str, Path]) -> Iterator[Callable[..., Visit]]:
    """Opens a page by name, at a width, in a colour scheme."""
    contexts = []

    def open_page(name: str, width: int = 1440, scheme: str = "light", **options: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        seen = Visit(context.new_page())
        seen.page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
        seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.page.on("request", lambda request: seen.requests.append(request.url))
        seen.page.on("dialog", lambda dialog: (seen.complaints.append(dialog.message), dialog.dismiss()))
        seen.page.goto(pages[name].as_uri())
        return seen

    yield open_page
    for context in contexts:
        context.close()
