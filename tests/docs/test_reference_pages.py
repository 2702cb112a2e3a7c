"""The reference pages: well-formed, alike in both languages, the same everywhere; texts that Markdown reads right."""

from __future__ import annotations

import hashlib
import html
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from docs.building import prose
from tests.docs.reference import (
    CHECKOUT,
    FENCES,
    LANGUAGES,
    LINK,
    PAGES,
    SPANS,
    anchor,
    each_page,
    flat,
    headings,
    outside_code,
    page,
    tables,
)


@each_page
def test_a_page_begins_as_pages_do(name: str, language: str) -> None:
    lines = page(name, language).splitlines()
    other = f"[한국어](ko/{name}.md)" if language == "en" else f"[English](../{name}.md)"
    assert re.match("# [^#]", lines[0])
    assert lines[1:6] == [
        "",
        other,
        "",
        '<!-- Written by "python -m docs.building --write": not to be edited by hand. -->',
        "",
    ]
    assert page(name, language).endswith("\n")
    assert "\n\n\n" not in FENCES.sub("code", page(name, language))


@each_page
def test_headings_differ_and_so_do_their_anchors(name: str, language: str) -> None:
    anchors = [anchor(text) for _, text in headings(page(name, language))]
    assert len(anchors) > 5
    assert sorted(anchors) == sorted(set(anchors))
    levels = [len(marks) for marks, _ in headings(page(name, language))]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@each_page
def test_tables_are_tables(name: str, language: str) -> None:
    text = page(name, language)
    found = tables(text)
    assert len(found) > 3
    for rows in found:
        assert {len(row) for row in rows} == {len(rows[0])}, rows[0]
        assert len(rows) > 1
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tokens) == len(found)


@each_page
def test_links_lead_somewhere(name: str, language: str) -> None:
    text = page(name, language)
    anchors = {anchor(heading) for _, heading in headings(text)}
    folder = CHECKOUT / "docs" / ("ko" if language == "ko" else "")
    found = [target for _, target in LINK.findall(outside_code(text)) if not target.startswith("https://")]
    assert len(found) > 5
    for target in found[1:]:  # behind the first, which leads to the same page in the other language
        file, _, place = target.partition("#")
        if not file:
            assert place in anchors, target
        elif "/" not in file and file.endswith(".md"):  # a page beside this one, of which each language has all
            assert file.removesuffix(".md") in PAGES or (CHECKOUT / "docs" / file).is_file(), target
        else:
            assert (folder / file).resolve().exists(), target


def mirrored(text: str) -> dict[str, Any]:
    """What both languages of a page have alike."""
    return {
        "levels": [marks for marks, _ in headings(text)],
        "shapes": [(len(rows), len(rows[0])) for rows in tables(text)],
        "first cells": [[SPANS.findall(row[0]) for row in rows[1:]] for rows in tables(text)],
        "code of rows": [sorted(SPANS.findall(" ".join(row))) for rows in tables(text) for row in rows[1:]],
        "blocks": [re.sub(r"  # .*", "", block) for block in FENCES.findall(text)],
        "spans": sorted(set(SPANS.findall(outside_code(text)))),
        "links": [re.sub(r"^(\.\./)+|\.ko(?=\.md)|#.*", "", target) for _, target in LINK.findall(outside_code(text))][
            1:
        ],
    }


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_say_the_same(name: str) -> None:
    english, korean = mirrored(page(name, "en")), mirrored(page(name, "ko"))
    for what in english:
        assert english[what] == korean[what], what
    assert sum(map(len, re.findall(r"[가-힣]+", page(name, "ko")))) > 100
    assert not re.search(r"[가-힣]", outside_code(page(name, "en")).split("\n", 3)[3])


@each_page
def test_nothing_of_one_machine_or_version_is_shown(name: str, language: str) -> None:
    assert not re.search(r"0x[0-9a-f]{6}|<factory>|<(function|class|object|module) ", page(name, language))
    assert str(CHECKOUT) not in page(name, language)


def test_pages_are_the_same_in_another_process_terminal_and_folder(tmp_path: Path) -> None:
    lines = ["import hashlib, sys", f"sys.path[:0] = {[str(CHECKOUT), str(CHECKOUT / 'conformance')]}"]
    lines += ["from docs.building import api, commands, report_schema, spec_schemas"]
    lines += ["for module in (commands, api, report_schema, spec_schemas):"]
    lines += ["    for language in ('en', 'ko'):"]
    lines += ["        print(hashlib.sha256(module.render(language).encode()).hexdigest())"]
    surroundings = {**os.environ, "PYTHONHASHSEED": "1", "COLUMNS": "40", "LC_ALL": "C", "FORCE_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    here = [hashlib.sha256(page(name, x).encode()).hexdigest() for name in PAGES for x in LANGUAGES]
    assert done.stdout.split() == here


READ_WRONG = [
    ("a *star* and _line_ of W_s", "a \\*star\\* and \\_line\\_ of W_s"),
    ("`x * y` of <b>", "`x * y` of \\<b>"),
    ("[1x1] for $5 ~~or~~ less", "\\[1x1\\] for \\$5 \\~\\~or\\~\\~ less"),
    ("a \\ b", "a \\\\ b"),
]


@pytest.mark.parametrize(("text", "escaped"), READ_WRONG)
def test_what_markdown_would_misread_is_escaped(text: str, escaped: str) -> None:
    assert prose.plain(text) == escaped
    assert flat(html.unescape(re.sub(r"</?(?:p|code)>", "", MarkdownIt("commonmark").render(escaped)))) == flat(text)


def test_words_of_a_terminal_become_code_and_links() -> None:
    text = "write model.onnx; see 'p --only X' or --level of package.module:factory (docs/parts.md), networks' own"
    said = "write `model.onnx`; see `p --only X` or `--level` of `package.module:factory` ([docs/parts.md](parts.md))"
    assert prose.terminal(text) == f"{said}, networks' own"


def test_a_docstring_becomes_paragraphs_lists_and_code() -> None:
    text = "One\nline.\n\n* `a`: first,\n  and on;\n* b.\n\n    x = 1\n    y = 2\n\nLast *word*."
    assert prose.docstring(text) == (
        "One line.\n\n- `a`: first, and on;\n- b.\n\n```python\nx = 1\ny = 2\n```\n\nLast \\*word\\*."
    )
