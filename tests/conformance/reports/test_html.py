"""The HTML page without a browser: nothing is fetched, nothing foreign becomes an element, both languages are there."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from resnet_conformance.findings import Declared
from resnet_conformance.reports import html
from resnet_conformance.reports.html.words import WORDS
from resnet_conformance.spec import load_spec

from .kept import HOSTILE, NAMES, hostile, stored

VOID = {"meta", "link", "input", "br", "rect", "path", "circle"}


class Page(HTMLParser):
    """Elements and texts of a page; every element is closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def tags(self) -> Counter[str]:
        return Counter(tag for tag, _ in self.elements)

    def text(self, tag: str) -> str:
        return "".join(data for name, data in self.texts if name == tag)


def page(*names: str, lang: str = "en") -> Page:
    return Page(html.render([stored(name) for name in names], load_spec(), lang))


@pytest.mark.parametrize("names", [NAMES, *((name,) for name in NAMES)])
def test_the_page_refers_to_itself_alone_and_its_policy_admits_no_more(names: tuple[str, ...]) -> None:
    made = page(*names)
    ids = [attrs["id"] for _, attrs in made.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in made.elements:
        assert "src" not in attrs
        assert "style" not in attrs
        assert not [key for key in attrs if key.startswith("on")]
        for key in ("aria-labelledby", "for"):
            assert set((attrs.get(key) or "").split()) <= set(ids)
        if tag == "a":
            address = attrs["href"] or ""
            assert address.startswith("https://") or address[1:] in ids
    [policy] = [attrs["content"] or "" for tag, attrs in made.elements if "http-equiv" in attrs]
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        assert made.tags[tag] == 1
        digest = base64.b64encode(hashlib.sha256(made.text(tag).encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert "http" not in made.text(tag)


def test_every_finding_is_there_with_its_citations_and_texts_in_both_languages() -> None:
    report, made = stored("torchvision-resnet50"), page("torchvision-resnet50")
    spec, shown = load_spec(), "".join(data for _, data in made.texts)
    listed = [attrs["id"] for tag, attrs in made.elements if tag == "li" and "data-outcome" in attrs]
    assert sorted(listed) == sorted(f"t1-{f.clause}" for f in report.findings)
    for finding in report.findings:
        assert finding.message in shown
        assert all(cite in shown for cite in finding.citation.split("; "))
        for lang in ("en", "ko"):
            assert spec.clauses[finding.clause].statement[lang] in shown
            assert spec.clauses[finding.clause].why[lang] in shown


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_language_decides_how_the_page_opens_and_no_more(lang: str) -> None:
    text = html.render([stored("cifar-resnet20")], load_spec(), lang)
    assert f'<html lang="{lang}">' in text
    other = html.render([stored("cifar-resnet20")], load_spec(), "ko" if lang == "en" else "en")
    changed = [line for line, twin in zip(text.splitlines(), other.splitlines(), strict=True) if line != twin]
    assert len(changed) == 3  # the document's language and two buttons
    assert all(len(both) == 2 and all(both) for both in WORDS.values())


def rows(text: str) -> list[tuple[str, str]]:
    """Name and state of each line of the diagram."""
    found = re.findall(r'<li class="row (\w+)">\s*<p class="place"><strong><span lang="en">([^<]+)', text)
    return [(name, state) for state, name in found]


def test_the_diagram_marks_the_blocks_that_findings_name() -> None:
    drawn = rows(html.render([stored("torchvision-resnet50")], load_spec()))
    assert [name for name, state in drawn if state == "fail"] == ["conv3_1", "conv4_1", "conv5_1"]
    assert {state for _, state in drawn} == {"same", "fail"}
    assert [name for name, _ in drawn] == [
        *("stem", "conv2_1", "conv2_2 – conv2_3", "conv3_1", "conv3_2 – conv3_4", "conv4_1", "conv4_2 – conv4_6"),
        *("conv5_1", "conv5_2 – conv5_3", "head"),
    ]
    declared = rows(html.render([stored("torchvision-resnet50-declared")], load_spec()))
    assert [name for name, state in declared if state == "expected"] == ["conv3_1", "conv4_1", "conv5_1"]
    for name in ("cifar-resnet20", "cifar-preresnet164"):
        assert {state for _, state in rows(html.render([stored(name)], load_spec()))} == {"same"}


def test_a_mark_leads_to_its_clause_and_the_figures_show_the_difference() -> None:
    text = html.render([stored("torchvision-resnet50")], load_spec())
    assert text.count('<a href="#t1-BTN-04">BTN-04</a>') == 3
    assert "<mark>+231,211,008</mark>" in text
    assert "3.8 billion (P1 Table 1, p.5; P1 §4.1, p.7)" in text


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_become_no_element(words: str) -> None:
    made = Page(html.render([hostile(words)], load_spec()))
    for tag, attrs in made.elements:
        assert tag not in ("img", "b", "injected")
        assert not [key for key in attrs if key.startswith("on")]
    assert made.tags["script"] == 1
    assert "49" not in made.text("h2")
    assert not [attrs for tag, attrs in made.elements if tag == "a" and "evil" in (attrs["href"] or "")]


def test_only_addresses_of_the_web_become_links() -> None:
    report = stored("torchvision-resnet50-declared")
    for link, count in (("javascript:alert(1)", 0), ("https://example.org/why", 3)):
        declared = tuple(replace(one, link=link) for one in report.declared)
        text = html.render([replace(report, declared=declared)], load_spec())
        assert text.count(f'href="{link}"') == count
    assert isinstance(report.declared[0], Declared)
