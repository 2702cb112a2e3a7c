"""docs/commands.md: the command line, from its parser and its manual, and the options that pytest gets."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from docs.building.commands_words import BESIDES, HEAD, INTRO, OPTIONS, PYTEST, REQUIRED, SECTIONS, SEE, TITLE
from docs.building.markdown import anchor, opening, table
from docs.building.prose import code, plain, terminal
from resnet_conformance.arguments import build_parser
from resnet_conformance.manual import MANUAL, PROGRAM
from resnet_conformance.pytest_plugin import pytest_addoption

COMMON = ("help", "debug")  # every verb has them
Parser = argparse.ArgumentParser


def render(language: str) -> str:
    """The page in that language, "en" or "ko"."""
    parser = build_parser()
    verbs = verbs_of(parser)
    parts = [opening(TITLE[language], "commands", language), *INTRO[language]]
    parts.append(table(HEAD["verbs"][language], ((f"[`{v}`](#{v})", described(p)) for v, p in verbs.items())))
    parts += sections("", language)
    for name, verb in verbs.items():
        parts += chapter(name, verb, language)
    heading, *texts = OPTIONS[language]
    parts += [f"## {heading}", *texts, options_table(options_of_every(parser), language)]
    for title, text in shared().items():
        parts += [f"## {SECTIONS[title][language]}", *content(title, text)]
    heading, *texts = PYTEST[language]
    parts += [f"## {heading}", *texts, options_table(pytest_options(), language)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


# --- the parser ---


def verbs_of(parser: Parser) -> dict[str, Parser]:
    """The verbs of a parser, or of a verb."""
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def chapter(name: str, verb: Parser, language: str, level: int = 2) -> Iterator[str]:
    """One verb: what it does, how it is called, its options, the sections of its manual, and the verbs that it has."""
    yield f"{'#' * level} {name}"
    yield described(verb)
    own = verbs_of(verb)
    if own:
        yield table(HEAD["verbs"][language], ((f"[`{name} {v}`](#{name}-{v})", described(p)) for v, p in own.items()))
    else:
        yield f"```text\n{usage(name, verb)}\n```"
    actions = [action for action in verb._actions if not _is_elsewhere(action)]
    if actions:
        yield options_table(actions, language)
    yield from sections(name, language)
    for inner, parser in own.items():
        yield from chapter(f"{name} {inner}", parser, language, level + 1)


def described(parser: Parser) -> str:
    """What a verb does, in a sentence."""
    return plain(parser.description or "")


def usage(name: str, verb: Parser) -> str:
    """How a verb is called: what is required, and places for the rest."""
    actions = [action for action in verb._actions if not _is_elsewhere(action)]
    required = [spelled(action) for action in actions if action.option_strings and action.required]
    places = [spelled(a) if a.required else f"[{spelled(a)}]" for a in actions if not a.option_strings]
    return " ".join(["usage:", PROGRAM, name, *required, "[OPTIONS]", *places])


def _is_elsewhere(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction) or action.dest in COMMON


def options_of_every(parser: Parser) -> list[argparse.Action]:
    """What each verb takes, and what the program takes without one."""
    common = [action for action in next(iter(verbs_of(parser).values()))._actions if action.dest in COMMON]
    return common + [action for action in parser._actions if not _is_elsewhere(action)]


def options_table(actions: Iterable[argparse.Action], language: str) -> str:
    """A row for each argument or option."""
    return table(HEAD["options"][language], ((code(spelled(a)), meaning(a, language)) for a in actions))


def spelled(action: argparse.Action) -> str:
    """An argument as one writes it: --level {must,should}, --only GLOB, [TARGET]."""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices is not None else ""
    value = "" if action.nargs == 0 else str(action.metavar or choices or action.dest.upper())
    return " ".join([", ".join(action.option_strings), value]).strip()


def meaning(action: argparse.Action, language: str) -> str:
    """What an option does; the words that it takes where its spelling does not show them."""
    words = terminal(action.help or "")
    if action.choices is not None and action.metavar is not None:
        words += f". {REQUIRED['one of'][language]} {', '.join(code(str(choice)) for choice in action.choices)}"
    return f"{REQUIRED['required'][language]} {words}" if action.option_strings and action.required else words


class _Recorder:
    """What pytest would hand to a plugin, as far as options go: it adds them to a parser."""

    def __init__(self) -> None:
        self.parser = Parser(add_help=False)

    def getgroup(self, *_: str) -> _Recorder:
        return self

    def addoption(self, *names: str, **told: Any) -> None:
        self.parser.add_argument(*names, **told)


def pytest_options() -> list[argparse.Action]:
    """The options that the plugin adds to pytest's."""
    recorder = _Recorder()
    pytest_addoption(recorder)  # type: ignore[arg-type]  # pytest's own parser has no public constructor
    return recorder.parser._actions


# --- the manual ---


def shared() -> dict[str, str]:
    """The sections that several verbs have in the same words, and what the program says of its surroundings."""
    texts = [section for verb in MANUAL.values() for section in verb]
    found = {title: text for title, text in texts if texts.count((title, text)) > 1 or title == "environment"}
    return {title: found[title] for title in SECTIONS if title in found}


def sections(verb: str, language: str) -> Iterator[str]:
    """The sections of a verb's manual; those that several have stand elsewhere, and only what it adds to them here."""
    own, links = [], []
    for title, text in MANUAL.get(verb, ()):
        name, common = SECTIONS[title][language], shared().get(title)
        if common is None or not text.startswith(common):
            own += [f"**{name}**" if verb else f"## {name}", *content(title, text)]
            continue
        links.append(f"[{name}](#{anchor(name)})")
        if more := text.removeprefix(common).strip("\n"):
            own += [f"**{BESIDES[language].format(name=name.lower())}**", *content(title, more)]
    if verb and links:
        yield SEE[language].format(links=", ".join(links))
    yield from own


def content(title: str, text: str) -> Iterator[str]:
    """A section: commands to copy, or a list of words with their meanings and the sentences beside it."""
    if title == "examples":
        yield "```console\n" + "\n".join(map(_command, text.splitlines())) + "\n```"
        return
    entries, sentences = _entries(text.splitlines())
    if entries:
        yield "\n".join(f"- {code(word)}: {terminal(said)}" for word, said in entries)
    yield from (terminal(sentence) for sentence in sentences)


def _command(line: str) -> str:
    """A line of examples as one types it; what the manual says beside it as a comment."""
    if line.startswith("    "):
        return line  # goes on
    before, name, rest = line.partition(PROGRAM)
    typed, _, remark = re.sub(r" {2,}", "\0", rest.strip()).partition("\0")
    remark = f"{before.strip()} {remark}".strip()
    return f"$ {name} {typed}" + (f"  # {remark}" if remark else "")


def _entries(lines: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    entries: list[tuple[str, str]] = []
    sentences: list[str] = []
    for line in lines:
        found = re.match(r" {2}(\S+(?: \S+)*) {2,}(\S.*)", line)
        if found:
            said, *more = re.split(r"; (\S+) {2,}", found[2])  # two on one line
            entries += [(found[1], said), *zip(more[::2], more[1::2], strict=True)]
        elif line.startswith("   ") and entries:
            entries[-1] = (entries[-1][0], f"{entries[-1][1]} {line.strip()}")
        else:
            sentences.append(line.strip())
    return entries, sentences
