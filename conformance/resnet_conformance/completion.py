"""Completion for bash, zsh and fish, made by shtab from the parser itself: verbs, options, names of the spec, files."""

from __future__ import annotations

import argparse

from .spec import SpecError, load_spec

SHELLS = ("bash", "zsh", "fish")
FILES = {"target", "report", "output", "expect", "weights"}


def add_completion(parser: argparse.ArgumentParser) -> None:
    """The argument of the verb `completion`."""
    parser.add_argument("shell", choices=SHELLS, help="whose words the script is in")


def completion(parser: argparse.ArgumentParser, shell: str) -> str:
    """The script for a shell, ending with a newline. It offers the names that the spec holds now.

    The parser is changed by it, and good for nothing else afterwards.
    """
    import shtab

    try:
        spec = load_spec()
    except SpecError:  # the rest can still be completed
        offered = {}
    else:
        everything = {*spec.clauses, *spec.deviations, *spec.architectures, *spec.sources}
        offered = {"architecture": sorted(spec.architectures), "name": sorted(everything)}
    _offer(parser, offered, shtab.FILE)
    text: str = shtab.complete(parser, shell)
    return text.rstrip("\n") + "\n"


def _offer(parser: argparse.ArgumentParser, offered: dict[str, list[str]], files: object) -> None:
    """Names as choices, and files, for the arguments of a parser and of its verbs."""
    for action in parser._actions:  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                _offer(verb, offered, files)
        elif action.dest in FILES:
            action.complete = files  # type: ignore[attr-defined]
        elif action.dest in offered:
            action.choices = offered[action.dest]
