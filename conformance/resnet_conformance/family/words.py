"""The words of `check --family`: how they are read, and what they cannot be combined with."""

from __future__ import annotations

import argparse
from typing import Literal

from ..examination import EVIDENCE

Means = Literal["n", "depth"]
DEPTH_WORDS = frozenset({"depth", "layers", "num_layers", "n_layers"})

# By the option's destination: the option, and why it says nothing about a family.
ALONE = {
    "architecture": ("--architecture", "each member has an architecture of its own"),
    "only": ("--only", "its clauses are always the same"),
    "level": ("--level", "its clauses are all MUSTs"),
    "evidence": ("--evidence", "structure alone is looked at"),
    "recipe": ("--recipe", "no member is trained"),
    "input": ("--input", "all members are looked at with 32x32 maps"),
}


class FamilyError(ValueError):
    """The family cannot be checked as it was asked for; the message says what to write instead."""


def implied(keyword: str) -> Means:
    """What a keyword of this name means, where nobody says it."""
    return "depth" if keyword.lower() in DEPTH_WORDS else "n"


def read_family(text: str) -> tuple[str, str | None]:
    """KEYWORD, KEYWORD=n or KEYWORD=depth, as the keyword and its meaning."""
    keyword, equals, means = (part.strip() for part in text.partition("="))
    if not keyword.isidentifier() or (equals and means not in ("n", "depth")):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEYWORD, KEYWORD=n or KEYWORD=depth, as in --family depth")
    return keyword, means or None


def refuse_company(options: argparse.Namespace) -> None:
    """Raise FamilyError where an option was given that says nothing about a family."""
    for name, (option, reason) in ALONE.items():
        if getattr(options, name) not in (None, [], EVIDENCE):
            raise FamilyError(f"--family cannot be combined with {option}: {reason}. Leave one of them away")
