"""The kata's two languages say the same, and what they quote is there."""

from __future__ import annotations

import ast
import re

import pytest

from resnet_conformance.kata.cookbook import find_page, read_cookbook
from resnet_conformance.kata.outcome import STEPS
from resnet_conformance.kata.texts import load_texts
from tests.conformance.kata.solving import FENCE, template

BLANKS = re.compile(r"\{\w+\}")


def bare(text: str) -> str:
    """The code of an exercise without its docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def test_both_exercises_are_the_same_program() -> None:
    assert bare(template("en")) == bare(template("ko"))


def test_every_definition_of_the_exercise_is_documented_in_both_languages() -> None:
    for language in ("en", "ko"):
        for node in ast.parse(template(language)).body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                assert ast.get_docstring(node), node.name


def test_both_cookbooks_have_nine_recipes_with_the_same_code_and_the_same_clauses() -> None:
    english, korean = read_cookbook("en"), read_cookbook("ko")
    assert [r.number for r in english] == [r.number for r in korean] == list(range(1, STEPS + 1))
    for one, other in zip(english, korean, strict=True):
        assert FENCE.findall(one.pattern) == FENCE.findall(other.pattern) != []
        clauses = [set(re.findall(r"\b[A-Z0-9]{2,4}-\d\d\b", r.advice)) for r in (one, other)]
        assert clauses[0] == clauses[1] != set()
        assert one.advice.count("\n- ") == other.advice.count("\n- ") > 0
        assert re.search("[가-힣]", other.advice)


@pytest.mark.parametrize(
    ("language", "labels"),
    [("en", ["Goal", "Functions", "Shape flow", "Traps"]), ("ko", ["목표", "함수", "Shape 흐름", "함정"])],
)
def test_every_recipe_has_all_its_parts(language: str, labels: list[str]) -> None:
    for recipe in read_cookbook(language):
        assert re.findall(r"^\*\*(.+?)\.\*\*", recipe.advice, re.MULTILINE) == labels
        assert "](" not in recipe.advice, "a link leads nowhere from a learner's folder"


def test_the_messages_have_the_same_blanks_in_both_languages() -> None:
    english, korean = load_texts("en"), load_texts("ko")
    assert english.traps.keys() == korean.traps.keys()
    for key, text in english.words.items():
        assert set(BLANKS.findall(text)) == set(BLANKS.findall(korean.words[key])), key


def test_the_pages_are_those_of_the_checkout() -> None:
    assert find_page("en").as_posix().endswith("/docs/cookbook.md")
    assert find_page("ko").as_posix().endswith("/docs/ko/cookbook.md")
