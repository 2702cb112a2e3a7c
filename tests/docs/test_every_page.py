"""Every page in both languages: its links lead somewhere, its commands exist, and the twins say the same."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from docs.building import pages as kept
from resnet_conformance.arguments import build_parser
from resnet_conformance.manual import MANUAL
from resnet_conformance.spec import load_spec
from tests.docs.reading import CHECKOUT, CLAUSE, DOCS, anchors, blocks, commands, headings, links, name_of, pages, prose

each_page = pytest.mark.parametrize("page", pages(), ids=name_of)
each_pair = pytest.mark.parametrize("name", sorted(page.name for page in DOCS.glob("*.md")))


@each_page
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for words, target in links(page):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{words}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file.read_text("utf-8")), f"{words}: no heading {anchor}"
        elif anchor:
            assert int(anchor.removeprefix("L")) <= len(file.read_text("utf-8").splitlines()), f"{words}: {target}"


@each_page
def test_each_clause_that_is_named_exists_and_its_link_leads_to_it(page: Path) -> None:
    spec = load_spec()
    clauses = spec.clauses
    for words, target in links(page):
        if words in clauses:
            assert target in (f"clauses.md#{words.lower()}", f"#{words.lower()}"), f"{words}: {target}"
    found = re.findall(rf"(?<![\w-])({CLAUSE})(?![\w-])", prose(page.read_text("utf-8")))
    named = {name for name in found if name.partition("-")[0] in spec.chapters}
    assert named - set(clauses) == set()


@each_page
def test_shown_commands_are_understood(page: Path) -> None:
    spec = load_spec()
    for command in commands(page.read_text("utf-8")):
        words = shlex.split(command)
        if len(words) == 1:  # a verb that is spoken of
            assert words[0] in MANUAL
        elif words[-1] != "--help":
            options = build_parser().parse_args(words)  # which ends the test where it does not understand
            if options.verb == "explain":
                assert options.name in {*spec.clauses, *spec.deviations, *spec.architectures, *spec.sources}
            if options.verb == "show":
                assert options.architecture in spec.architectures or page.name in ADDS_ARCHITECTURES


ADDS_ARCHITECTURES = {"architecture-file.md"}


@each_pair
def test_both_languages_have_the_same_chapters_code_and_links(name: str) -> None:
    english, korean = (DOCS / name), (DOCS / "ko" / name)
    one, other = (page.read_text("utf-8") for page in (english, korean))
    assert [level for level, _ in headings(one)] == [level for level, _ in headings(other)]
    first, second = ([(kind, "" if kind == "text" else code) for kind, code in blocks(text)] for text in (one, other))
    assert first == second  # words within ```text are in the reader's language
    # tables of the same form: as many rows, of as many cells
    rows = [re.findall(r"^\|.*\|$", prose(text), re.MULTILINE) for text in (one, other)]
    assert [row.count("|") for row in rows[0]] == [row.count("|") for row in rows[1]]
    assert _targets(english) == _targets(korean)


def _targets(page: Path) -> set[str]:
    """What a page leads to but for itself: a page in either language as one, headings by their pages."""
    found = set()
    for _, target in links(page):
        if target.startswith("https://"):
            found.add(target)
            continue
        file = (page.parent / target.partition("#")[0]).resolve()
        place = file.relative_to(CHECKOUT).as_posix()
        found.add(place.replace("docs/ko/", "docs/").replace("README.ko.md", "README.md"))
    return found - {"docs", "docs/ko", f"docs/{page.name}"}


@pytest.mark.parametrize("name", kept.written())
def test_both_languages_speak_of_the_same_names_and_figures(name: str) -> None:
    """What a reader may look up or type: names and commands in backticks, formulas, clauses, exact figures."""
    names = r"`(?:[^`\s]+|(?:resnet-conformance|python|pytest|nox|uv) [^`\n]+)`|\$[^$\n]+\$"
    figures = r"\d{1,3}(?:,\d{3})*,\d{3}(?!만)|\d+\.\d\d+"  # Korean counts in ten thousands: 1,170만 is 11.7 million
    words = rf"{names}|(?<![A-Z])(?:{CLAUSE})(?![A-Za-z0-9])|{figures}"
    texts = [prose(kept.path_of(name, language).read_text("utf-8")) for language in kept.LANGUAGES]
    first, second = ({found.replace(" --lang ko", "") for found in re.findall(words, text)} for text in texts)
    assert first ^ second == set()


def test_every_page_is_in_the_index_of_its_language() -> None:
    for folder in (DOCS, DOCS / "ko"):
        listed = {target for _, target in links(folder / "index.md")}
        assert {page.name for page in folder.glob("*.md")} - listed == {"index.md"}


def test_korean_pages_are_of_the_english_texts_of_today() -> None:
    assert list(kept.untranslated()) == []


@pytest.mark.parametrize("name", kept.GENERATED)
def test_generated_pages_are_those_of_today(name: str) -> None:
    for language in kept.LANGUAGES:
        path = kept.path_of(name, language)
        assert path.read_text("utf-8") == kept.renderer(name)(language), f"{path.name}: {kept.REMAKE}"
