"""docs/commands.md has every verb, argument, option and line of the manual."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from docs.building import commands, prose
from resnet_conformance.arguments import build_parser
from resnet_conformance.manual import MANUAL
from tests.docs.reference import CHECKOUT, each_language, flat, page, section, seen, tables


def verbs(parser: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every verb, those of verbs as well, by the words that call it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, verb in action.choices.items():
                yield f"{path} {name}".strip(), verb
                yield from verbs(verb, f"{path} {name}".strip())


@each_language
def test_every_verb_has_its_section_with_all_its_options(language: str) -> None:
    text = page("commands", language)
    every = {"en": "Options of every verb", "ko": "모든 동사의 option"}[language]
    common = section(text, every)
    found = dict(verbs(build_parser()))
    assert len(found) > 10
    for name, verb in found.items():
        below = section(text, name).replace("\\|", "|")
        assert flat(prose.plain(verb.description or "")) in flat(below)
        for action in verb._actions:
            if isinstance(action, argparse._SubParsersAction):
                continue
            place = common if action.dest in ("help", "debug") else below
            words = [*action.option_strings, *([str(action.metavar)] if action.metavar else [])]
            words += [str(choice) for choice in action.choices or ()]
            for word in words:
                assert re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", place), (name, word)
            assert flat(action.help or "") in seen("commands", language), action.help
            required = bool(action.option_strings) and action.required
            row = re.search(rf"^\| `{{?{re.escape(words[0])}(?![\w-]).*", place, re.MULTILINE)
            assert row, words
            assert required == ("*Required.*" in row[0] or "*필수.*" in row[0]), row[0]
    assert "--version" in text
    names = re.findall(r"^\| \[`([^`]+)`\]", text, re.MULTILINE)
    assert names == [*(name for name in found if " " not in name), *(name for name in found if " " in name)]


@each_language
def test_every_line_of_the_manual_is_there(language: str) -> None:
    text = seen("commands", language)
    for verb, sections in MANUAL.items():
        for _, lines in sections:
            for chunk in re.split(r"\n|; (?=\S+ {2,})|\s{2,}", lines.strip()):
                assert flat(chunk).rstrip(".") in text, (verb, chunk)


@each_language
def test_every_option_of_pytest_is_there(language: str) -> None:
    plugin = (CHECKOUT / "conformance/resnet_conformance/pytest_plugin.py").read_text("utf-8")
    options = set(re.findall(r'"(--resnet-[a-z]+)",', plugin))
    assert len(options) > 5
    rows = re.findall(r"^\| `(--resnet-[a-z]+)", page("commands", language), re.MULTILINE)
    assert sorted(rows) == sorted(options)


def test_examples_of_the_manual_can_be_copied() -> None:
    blocks = re.findall(r"```console\n(.*?)```", page("commands"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) > 20
    assert all(re.match(r"\$ (python -m pytest|resnet-conformance) |    --", line) for line in lines), lines
    known = {name.split()[0] for name, _ in verbs(build_parser())}
    called = [line.split()[2] for line in lines if line.startswith("$ resnet-conformance")]
    assert set(called) <= known


def test_an_option_that_is_added_comes_into_its_table() -> None:
    parser = argparse.ArgumentParser("p")
    parser.add_argument("--sharp", choices=("a|b", "c"), required=True, help="of *all* <kinds>; see docs/parts.md")
    parser.add_argument("--number", metavar="N", choices=(1, 2), help="how many")
    [rows] = tables(commands.options_table(parser._actions[1:], "en"))
    assert rows[1] == ["`--sharp {a\\|b,c}`", "*Required.* of \\*all\\* \\<kinds>; see [docs/parts.md](parts.md)"]
    assert rows[2] == ["`--number N`", "how many. One of `1`, `2`"]
