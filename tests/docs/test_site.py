"""The site's own parts: links made right, the contents, pages of files, what is found where a link is dead."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.building import markdown, pages
from docs.building.site.addresses import rewrite
from docs.building.site.files import _copy, _highlighted, _rendered
from docs.building.site.frame import in_korean
from docs.building.site.links import faults
from docs.building.site.navigation import with_contents
from tests.docs.reading import CHECKOUT, DOCS


@pytest.mark.parametrize(
    ("folder", "link", "rewritten"),
    [
        ("", "[a](cookbook.md#x)", "[a](cookbook.md#x)"),
        ("", "[a](ko/cookbook.md)", "[a](other:ko/cookbook.html)"),
        ("ko", "[a](../cookbook.md#x)", "[a](other-at:en/cookbook.html#x)"),
        ("", "[a](../resnet_impl/blocks.py#L37)", "[a](repository-at:resnet_impl/blocks.py#L-37)"),
        ("ko", "[`a`](../../spec/README.md)", "[`a`](repository:spec/README.md)"),
        ("", "[a](https://arxiv.org/abs/1512.03385)", "[a](https://arxiv.org/abs/1512.03385)"),
        ("", "[a](#x)", "[a](#x)"),
        ("", "[a](matrix.html)", "[a](page:docs/matrix.html)"),
        ("ko", "[a](../matrix.html)", "[a](page:docs/matrix.html)"),
        ("", "![a](images/judge.svg)", "![a](images/judge.svg)"),
        ("", "```text\n[a](../LICENSE)\n```", "```text\n[a](../LICENSE)\n```"),
    ],
)
def test_links_are_made_right_for_the_site(folder: str, link: str, rewritten: str) -> None:
    text, linked = rewrite(link, DOCS / folder / "cheatsheet.md", DOCS / folder, CHECKOUT)
    assert text == rewritten
    assert all(path.is_file() for path in linked)
    assert len(linked) == rewritten.count("(repository") + rewritten.count("(page")


def test_the_contents_are_the_chapters_of_the_index() -> None:
    index = (
        "# T\n\n## Learn\n\n- [A](a.md): and [B](b.md#c)\n- [A](a.md)\n\n## Nothing\n\ntext\n\n## More\n\n- [C](c.md)\n"
    )
    trees = with_contents(index).removeprefix(index.rstrip())
    assert trees.split() == [
        *("```{toctree}", ":hidden:", ":caption:", "Learn", "a", "```"),
        *("```{toctree}", ":hidden:", ":caption:", "More", "c", "```"),
    ]


def test_each_line_of_a_file_has_an_address(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("x = 1\n<y>\n", "utf-8")
    html = _highlighted(file)
    assert 'id="L-1"' in html
    assert 'id="L-2"' in html
    assert "<y>" not in html


def test_a_page_is_copied_with_what_it_links_to(tmp_path: Path) -> None:
    page, target = tmp_path / "matrix.html", tmp_path / "site" / "docs" / "matrix.html"
    page.write_text('<a href="matrix.json">data</a> <a href="https://arxiv.org">x</a> <a href="#top">y</a>', "utf-8")
    (tmp_path / "matrix.json").write_text("{}", "utf-8")
    (tmp_path / "other.json").write_text("{}", "utf-8")
    _copy(page, target)
    assert target.read_bytes() == page.read_bytes()
    assert sorted(path.name for path in target.parent.iterdir()) == ["matrix.html", "matrix.json"]


def test_markdown_outside_the_pages_is_rendered(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text("# Two commands\n\n[a](docs/a.md) and [b](https://arxiv.org)\n\n| c |\n|---|\n| d |\n", "utf-8")
    html = _rendered(file)
    assert '<h1 id="two-commands">Two commands</h1>' in html
    assert '<p>a and <a href="https://arxiv.org">b</a></p>' in html
    assert "<td>d</td>" in html


def test_dead_links_and_what_is_loaded_elsewhere_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<h1 id="here">A</h1><a href="#here"></a><a href="b.html#there"></a><a href="https://arxiv.org"></a>'
        '<a href="b.html#nowhere"></a><a href="c.html"></a><script src="https://cdn.example/x.js"></script>',
        "utf-8",
    )
    (tmp_path / "b.html").write_text('<p id="there"></p><img src="none.png">', "utf-8")
    assert list(faults(tmp_path)) == [
        "a.html: loads https://cdn.example/x.js",
        "a.html: b.html#nowhere leads to no place in its page",
        "a.html: c.html leads to no file",
        "b.html: none.png leads to no file",
    ]


def test_a_table_with_a_ragged_row_is_refused() -> None:
    assert markdown.table(("a", "b"), [("1|2", "x\ny")], right=(1,)).splitlines() == [
        *("| a | b |", "| --- | --: |", "| 1\\|2 | x y |")
    ]
    with pytest.raises(ValueError, match="2 cells below a head of 1"):
        markdown.table(("a",), [("1", "2")])


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pages of which one has a Korean twin, in place of the project's."""
    (tmp_path / "ko").mkdir()
    for name in ("one.md", "two.md", "ko/one.md"):
        (tmp_path / name).write_text("# A\n", "utf-8")
    monkeypatch.setattr(pages, "DOCS", tmp_path)
    monkeypatch.setattr(pages, "TRANSLATED", tmp_path / "ko" / "translated.json")
    return tmp_path


def test_pages_without_a_korean_one_of_the_same_text_are_told(made: Path) -> None:
    assert [fault.partition(":")[0] for fault in pages.untranslated()] == [
        "docs/ko/one.md is of another docs/one.md",
        "docs/two.md has no Korean page",
    ]
    pages.note_translated(["one"])
    (made / "ko" / "two.md").write_text("# A\n", "utf-8")
    pages.note_translated(["two"])
    assert list(pages.untranslated()) == []
    (made / "one.md").write_text("# B\n", "utf-8")
    (made / "ko" / "three.md").write_text("# A\n", "utf-8")
    assert [fault.partition(":")[0] for fault in pages.untranslated()] == [
        "docs/ko/one.md is of another docs/one.md",
        "docs/ko/three.md has no English page",
    ]
    (made / "two.md").unlink()
    pages.note_translated(["one"])  # forgets what is gone
    assert list(json.loads((made / "ko" / "translated.json").read_text("utf-8"))) == ["one"]


@pytest.mark.parametrize("name", ["three", "clauses"])
def test_only_pages_in_both_languages_that_people_write_are_noted(made: Path, name: str) -> None:
    with pytest.raises(SystemExit, match=f"'{name}' is no page that is written in both languages; there are one, two"):
        pages.note_translated([name])


def test_stale_pages_are_told_and_written(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "GENERATED", {"one": ""})
    monkeypatch.setattr(pages, "renderer", lambda name: lambda language: f"# {name} {language}\n")
    told = [fault.partition(" is")[0] for fault in pages.stale()]
    assert told == [f"{made.name}/one.md", f"{made.name}/ko/one.md"]
    assert pages.write() == [made / "one.md", made / "ko" / "one.md"]
    assert (made / "ko" / "one.md").read_text("utf-8") == "# one ko\n"
    assert list(pages.stale()) == pages.write() == []


def test_what_is_no_page_of_the_theme_is_not_translated() -> None:
    assert in_korean("<h1>Next</h1>") == "<h1>Next</h1>"
    script = '<script>a = "<b>Next</b>"</script><article></article>'
    assert in_korean(script) == script


def test_the_themes_words_are_korean_around_a_page_and_stay_within_it() -> None:
    page = (
        '<button aria-label="Toggle Light / Dark / Auto color theme"><title>Auto light/dark, in dark mode</title>'
        "<article><h2>Next</h2><p>Back to top</p></article><span>Next</span>\n<span>\n  On this page\n</span>"
        'Made with <a href="s">Sphinx</a> and <a\n class="m">@pradyunsg</a>\'s <a href="f">Furo</a>'
    )
    assert in_korean(page) == (
        '<button aria-label="밝은 색, 어두운 색, 자동 가운데 고르기"><title>자동 (지금은 어두운 색)</title>'
        "<article><h2>Next</h2><p>Back to top</p></article><span>다음</span>\n<span>\n  이 페이지에서\n</span>"
        '만든 도구: <a href="s">Sphinx</a>, <a\n class="m">@pradyunsg</a>의 <a href="f">Furo</a>'
    )
