"""The README in both languages: the same chapters, commands, links and figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
PAGES = ("README.md", "README.ko.md")
TEXTS = {name: (CHECKOUT / name).read_text("utf-8") for name in PAGES}


def blocks(text: str) -> list[list[str]]:
    """Code and output as shown, without remarks, which are in the reader's language."""
    found = re.findall(r"^```\w+\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [[re.sub(r"\s{2,}# .*", "", line) for line in block.splitlines()] for block in found]


def chapters(text: str) -> list[str]:
    return re.split(r"^## ", text, flags=re.MULTILINE)


def links(text: str) -> set[str]:
    """What is linked to, a teaching page in either language as one."""
    found = re.findall(r"\]\(([^)]+)\)", text)
    return {link.replace("docs/ko/", "docs/") for link in found if not link.startswith("README")}


def test_both_have_the_same_chapters_and_blocks() -> None:
    one, other = (TEXTS[name] for name in PAGES)
    assert [len(blocks(chapter)) for chapter in chapters(one)] == [len(blocks(chapter)) for chapter in chapters(other)]
    assert blocks(one) == blocks(other)


def test_both_lead_to_the_same_pages_and_to_each_other() -> None:
    one, other = (TEXTS[name] for name in PAGES)
    assert links(one) == links(other)
    assert "](README.ko.md)" in one
    assert "](README.md)" in other


@pytest.mark.parametrize("number", range(len(chapters(TEXTS["README.md"]))))
def test_every_chapter_names_the_same_clauses_options_and_figures(number: int) -> None:
    """What a reader may look up or type: in backticks, ids of clauses, numbers of more than two digits."""
    words = r"`[^`\n]+`|(?<![A-Z])[A-Z][A-Z0-9]*-\d\d[a-z]?(?![A-Za-z0-9])|\d[\d,.]*\d%?"  # Korean goes on after them
    one, other = (chapters(TEXTS[name])[number] for name in PAGES)
    prose = [re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE) for text in (one, other)]
    first, second = (sorted(word.strip(".,") for word in re.findall(words, text)) for text in prose)
    own = {"`--lang ko`"}  # of one language alone
    assert {word for word in first if len(word) > 2} - own == {word for word in second if len(word) > 2} - own


def test_what_it_finds_in_libraries_is_what_their_code_was_read_to_say() -> None:
    """Each row of the README's table beside the rows of tests/thirdparty/expected.yaml."""
    known = yaml.safe_load((CHECKOUT / "tests" / "thirdparty" / "expected.yaml").read_text("utf-8"))["rows"]
    shown = set()
    for line in re.findall(r"^\| \w+ `.*\|$", TEXTS["README.md"], re.MULTILINE):
        network, against, failing, names = line.split("|")[1:-1]
        library, factories = network.split()[0], re.findall(r"`(\w+)`", network)
        for factory, architecture in zip(factories, re.findall(r"`(\S+)`", against), strict=True):
            of_factory = [
                row
                for row in known
                if row["target"].startswith(library)
                and row["target"].endswith(f":{factory}")
                and row["architecture"] == architecture
            ]
            assert len(of_factory) == 1, line
            shown.add(known.index(of_factory[0]))
            told = "must_fail_includes" if failing.startswith(" at least") else "must_fail"
            assert re.findall(r"[A-Z]+-\d\d", failing) == of_factory[0][told], line
            assert re.findall(r"`([\w-]+)`", names) == of_factory[0]["deviations"], line
    assert len(shown) == 10
    assert f"has these and {len(known) - len(shown)} more" in TEXTS["README.md"]
