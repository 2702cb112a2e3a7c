"""The words of `resnet-conformance kata ...` on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..argument_values import seconds
from ..outside import TIMEOUT
from .cookbook import LANGUAGES
from .outcome import STEPS

Verb = Callable[[Any, str, str], argparse.ArgumentParser]


def add_kata(verbs: Any, make: Verb) -> None:
    """Add the verb `kata` and its own verbs; `make` adds a verb with its purpose and manual."""
    kata = make(verbs, "kata", "write a ResNet in nine steps, each of which is checked")
    own = kata.add_subparsers(title="verbs", dest="kata", required=True, metavar="VERB", parser_class=type(kata))
    begin = _verb(own, "start", "write the exercise and its recipes into a folder; nothing there is overwritten")
    check = _verb(own, "check", "say which steps hold, and what the first that does not gets wrong")
    hint = _verb(own, "hint", "print the recipe of the step that is next, without its code")
    watch = _verb(own, "watch", "check again each time the exercise is saved")
    begin.add_argument("folder", metavar="DIR", type=Path, help="the folder; made if it does not exist")
    for parser in (check, hint, watch):
        parser.add_argument(
            "folder", metavar="DIR", type=Path, nargs="?", default=Path(), help="the folder of the exercise (this one)"
        )
    for parser in (check, watch):
        parser.add_argument(
            "--timeout", type=seconds, default=TIMEOUT, metavar="S", help=f"give up after so many seconds ({TIMEOUT:g})"
        )
    hint.add_argument("--step", type=int, choices=range(1, STEPS + 1), metavar="N", help="of this step (the next one)")
    hint.add_argument("--pattern", action="store_true", help="show the recipe's code, too")
    for parser in (begin, check, hint, watch):
        parser.add_argument("--lang", choices=LANGUAGES, help="language (the one that the exercise was started in; en)")


def _verb(verbs: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, help=purpose, description=f"{purpose[0].upper()}{purpose[1:]}."
    )
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the traceback of any error"
    )
    return parser
