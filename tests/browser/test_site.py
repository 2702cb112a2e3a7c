"""The documentation's site in a real browser: nothing is loaded elsewhere, nothing complains, it fits a phone."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .test_page import AXE

if TYPE_CHECKING:
    from .test_page import Open

CHECKOUT = Path(__file__).parents[2]
NAMES = ("index", "cheatsheet", "clauses", "architectures", "api", "judge", "check")
LANGUAGES = ("en", "ko")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# What is Furo's own, as Sphinx makes it: the theme's to mend.
THEME = {"aria-required-attr", "landmark-unique", "region", "scrollable-region-focusable"}


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The built site's pages by language and name."""
    if find_spec("furo") is None:
        pytest.skip("the site is built by Sphinx with Furo, which are not installed")
    site = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "docs.building", "--site", str(site)], cwd=CHECKOUT, check=True)
    return {path.relative_to(site).with_suffix("").as_posix(): path for path in site.rglob("*.html")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_quiet_and_whole(visit: Open, language: str, name: str) -> None:
    seen = visit(f"{language}/{name}", 390)
    assert seen.complaints == []
    assert [request for request in seen.requests if not request.startswith(("file:", "data:"))] == []
    assert seen.page.evaluate(WIDER) <= 0  # wide tables and code scroll in themselves
    assert seen.page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_what_axe_finds_is_the_themes_own(visit: Open, axe: str, name: str, scheme: str) -> None:
    page = visit(f"ko/{name}", scheme=scheme).page
    page.evaluate(axe)
    found = {rule: [html[:120] for html, _ in nodes][:3] for rule, nodes in page.evaluate(AXE)}
    assert found.keys() - THEME == set(), found


def test_a_page_leads_to_its_twin_and_back(visit: Open) -> None:
    page = visit("en/cheatsheet").page
    page.get_by_role("link", name="한국어").first.click()
    assert page.url.endswith("/ko/cheatsheet.html")
    page.get_by_role("link", name="English").first.click()
    assert page.url.endswith("/en/cheatsheet.html")


@pytest.mark.parametrize("name", ["index", "judge", "search", "genindex"])
def test_no_word_around_a_korean_page_is_english(visit: Open, name: str) -> None:
    page = visit(f"ko/{name}").page
    ours = "article, script, style, .sidebar-tree, .sidebar-brand, .toc-tree, .related-pages .title"  # or no words
    page.evaluate("which => document.querySelectorAll(which).forEach(e => e.remove())", ours)
    names = page.evaluate("[...document.querySelectorAll('[aria-label]')].map(e => e.ariaLabel)")
    titles = page.evaluate("[...document.querySelectorAll('symbol title')].map(e => e.textContent)")
    shown = page.locator("body").text_content().replace("resnet-conformance", "").split("\n")
    english = {"Sphinx", "Furo", "pradyunsg", "English", "Benchmark"}
    for text in [*names, *titles, *shown]:
        assert set(re.findall(r"[A-Za-z]{3,}", text)) <= english, text


def test_a_word_is_found_in_both_languages(visit: Open) -> None:
    for language, word, told in (
        ("en", "dominator", "How the judge works"),
        ("ko", "dominator", "판정기가 일하는 방식"),
    ):
        page = visit(f"{language}/index").page
        page.locator("input[name=q]").first.fill(word)
        page.keyboard.press("Enter")
        page.locator("#search-results li a").first.wait_for()
        assert told in page.locator("#search-results").inner_text()


def test_formulas_are_drawn_and_code_leads_to_its_line(visit: Open) -> None:
    page = visit("en/cheatsheet").page
    assert page.locator("math").count() > 20
    assert page.locator("math").first.bounding_box()["width"] > 5
    page.get_by_role("link", name="BasicBlockV1").first.click()
    assert page.url.endswith("/files/resnet_impl/blocks.py.html#L-22")
    assert page.locator("#L-22").is_visible() or page.locator("#L-22").count() == 1
