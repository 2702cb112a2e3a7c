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

Verb = Callable[[Any, str, str, str], argparse.ArgumentParser]


def add_kata(verbs: Any, make: Verb) -> None:
    """Add the verb `kata` and its own verbs; `make` adds a verb with its purpose and epilog."""
    kata = make(
        verbs,
        "kata",
        "write a ResNet in nine steps, each of which is checked",
        "exit codes: 0 all steps hold, 1 one does not yet, 2 could not be looked at\n"
        "example:\n  resnet-conformance kata start mykata\n  cd mykata\n  resnet-conformance kata watch",
    )
    own = kata.add_subparsers(title="verbs", dest="kata", required=True, metavar="VERB", parser_class=type(kata))
    begin = make(own, "start", "write the exercise and its recipes into a folder; nothing there is overwritten", "")
    begin.add_argument("folder", metavar="DIR", type=Path, help="the folder; made if it does not exist")
    check = make(own, "check", "say which steps hold, and what the first that does not gets wrong", "")
    hint = make(own, "hint", "print the recipe of the step that is next, without its code", "")
    watch = make(own, "watch", "check again each time the exercise is saved", "")
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
