"""The teaching pages are true today: links, lines of code, quoted code, figures, examples; both languages agree."""

from __future__ import annotations

import doctest
import re
import textwrap
from pathlib import Path

import pytest

from resnet_conformance.blueprint import draw
from resnet_conformance.measure import measure
from resnet_conformance.spec import load_spec
from tests.docs.reading import CHECKOUT, CLAUSE, LINK, links, prose

PAGES = ["cheatsheet.md", "cookbook.md"]
ALL = [CHECKOUT / "docs" / folder / name for name in PAGES for folder in ("", "ko")]
QUOTED = re.compile(r"<!-- code: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
FIGURES = re.compile(r"^\| ((?:imagenet|cifar10)/\S+) \| (\d+) \| ([ABC]) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)
each_page = pytest.mark.parametrize("page", ALL, ids=lambda page: page.relative_to(CHECKOUT).as_posix())


@each_page
def test_every_linked_line_of_code_holds_the_symbol(page: Path) -> None:
    code = [(text, target) for text, target in links(page) if "resnet_impl/" in target]
    assert code
    for text, target in code:
        name, _, line = target.partition("#L")
        lines = (page.parent / name).resolve().read_text("utf-8").splitlines()
        symbol = text.strip("`")
        held = lines[int(line) - 1].strip()
        defined = [n for n, held in enumerate(lines, 1) if re.match(rf"\s*(class|def) {symbol}\b", held)]
        assert re.match(rf"(class|def) {symbol}\b", held), f"{target} holds {held!r}; {symbol} is in lines {defined}"


@each_page
def test_no_clause_is_named_without_its_link_and_none_that_does_not_exist(page: Path) -> None:
    text = LINK.sub("", re.sub(r"`[^`]+`", "", prose(page.read_text("utf-8"))))
    assert set(re.findall(rf"\b{CLAUSE}\b", text)) - {"CIFAR-10"} == set()


@each_page
def test_quoted_code_stands_in_the_file_as_quoted(page: Path) -> None:
    for name, code in QUOTED.findall(page.read_text("utf-8")):
        lines = textwrap.dedent((CHECKOUT / name).read_text("utf-8")).splitlines()
        stripped = [line.strip() for line in lines]
        wanted = [line.strip() for line in code.splitlines()]
        places = [n for n in range(len(lines)) if stripped[n : n + len(wanted)] == wanted]
        assert places, f"{name} has no such lines:\n{code}"


@each_page
def test_no_block_of_python_is_neither_quoted_nor_run(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.name == "cookbook.md":  # its patterns are the finished exercise of the kata, which the kata's tests check
        return
    assert text.count("```python\n") == len(QUOTED.findall(text)) > 8


@each_page
def test_examples_give_what_they_show(page: Path) -> None:
    text = page.read_text("utf-8")
    source = "\n".join(re.findall(r"```pycon\n(.*?)```", text, re.DOTALL))
    test = doctest.DocTestParser().get_doctest(source, {}, page.name, str(page), 0)
    assert bool(test.examples) == (page.name == "cheatsheet.md")
    told: list[str] = []
    doctest.DocTestRunner().run(test, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("page", [p for p in ALL if p.name == "cheatsheet.md"], ids=["en", "ko"])
def test_figures_are_those_of_the_blueprints(page: Path) -> None:
    spec = load_spec()
    rows = FIGURES.findall(page.read_text("utf-8"))
    assert len(rows) == 8
    for name, depth, option, parameters, multiply_adds in rows:
        architecture = spec.architectures[name]
        measures = measure(draw(architecture))
        found = (str(architecture.depth), architecture.option)
        found += (f"{measures.parameters:,}", f"{measures.multiply_adds:,}")
        assert found == (depth, option, parameters, multiply_adds), name


def test_both_languages_have_the_same_chapters_links_code_and_figures() -> None:
    for name in PAGES:
        english, korean = ((CHECKOUT / "docs" / folder / name).read_text("utf-8") for folder in ("", "ko"))
        for pattern in (r"^#+ \d*", r"\$[^$\n]+\$", FIGURES.pattern, r"`(?:class )?[A-Za-z_0-9]+`"):
            one, other = (sorted(set(re.findall(pattern, text, re.MULTILINE))) for text in (english, korean))
            assert one == other, (name, pattern, set(one) ^ set(other))
