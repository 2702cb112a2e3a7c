"""Damage to text files: what a slipped finger, a bad merge, a truncated copy or malice leaves."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

TIMES = int(os.environ.get("RESNET_FUZZ", "40"))  # damaged files of each kind; `nox -s fuzz` has 2,000
VALUES = [
    "",
    "null",
    "[]",
    "{}",
    "-1",
    "1e999",
    "no",
    "0x1F",
    "2001-01-01",
    '"',
    "'",
    "&a",
    "*a",
    "!!python/name:os.system",
    "|",
]
VALUES += [
    "<<: 1",
    "%",
    "@",
    "`",
    "\t",
    "\x00",
    "\x85",
    "\ufeff",
    "\ud800",
    "한글",
    "#",
    ": ",
    "- ",
    "[" * 60,
    "{a: " * 60,
    "9" * 400,
]

Damage = Callable[[random.Random, str], str]


def _drop_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    del lines[draw.randrange(len(lines))]
    return "\n".join(lines)


def _double_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    lines.insert(draw.randrange(len(lines)), draw.choice(lines))
    return "\n".join(lines)


def _indent_line(draw: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    lines[at] = draw.choice(["  ", "\t", " "]) + lines[at] if draw.random() < 0.5 else lines[at].lstrip()
    return "\n".join(lines)


def _cut(draw: random.Random, text: str) -> str:
    return text[: draw.randrange(len(text))]


def _flip(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text))
    return text[:at] + chr(draw.choice([*range(32, 127), 0, 10, 0xE9, 0x1F600])) + text[at + 1 :]


def _insert(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(VALUES) + text[at:]


def _replace_value(draw: random.Random, text: str) -> str:
    starts = [i for i, letter in enumerate(text) if letter == ":"]
    if not starts:
        return _insert(draw, text)
    at = draw.choice(starts)
    end = min((j for j in (text.find(letter, at) for letter in "\n,}") if j > at), default=len(text))
    return text[: at + 1] + " " + draw.choice(VALUES) + text[end:]


def _swap(draw: random.Random, text: str) -> str:
    one, two, three = sorted(draw.randrange(len(text) + 1) for _ in range(3))
    return text[:one] + text[two:three] + text[one:two] + text[three:]


KINDS: tuple[Damage, ...] = (_drop_line, _double_line, _indent_line, _cut, _flip, _insert, _replace_value, _swap)


def damaged(text: str, seed: int) -> bytes:
    """The text with one to three faults; sometimes no UTF-8 any more."""
    draw = random.Random(seed)
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        text = draw.choice(KINDS)(draw, text) or " "
    data = text.encode("utf-8", errors="surrogatepass")
    if draw.random() < 0.05:
        at = draw.randrange(len(data))
        data = data[:at] + bytes([draw.randrange(128, 256)]) + data[at:]
    return data
