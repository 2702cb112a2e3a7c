"""How a value of the command line is read, and what is said of one that cannot be."""

from __future__ import annotations

import argparse
import ast
import math
import re
from typing import Any

from .capture.problems import LONGEST
from .examination import EVIDENCE


class Keywords(argparse.Action):
    """Collects KEY=VALUE pairs in a dict; a key that comes twice is wrong usage."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        pair: Any,
        option: str | None = None,
    ) -> None:
        key, value = pair
        found: dict[str, Any] = getattr(namespace, self.dest)
        if key in found:
            parser.error(f"{option} {key} is given twice; give each keyword once")
        setattr(namespace, self.dest, {**found, key: value})


def read_keyword(text: str) -> tuple[str, Any]:
    """KEY=VALUE; the value is a Python literal (8, None, [1, 2], "8" in quotes), else the plain string."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE, as in --kw num_classes=10")
    try:
        return key.strip(), ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key.strip(), value


def input_shape(text: str) -> tuple[int, int, int]:
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})x(\d{1,6})", text.strip().lower(), re.ASCII)
    channels, height, width = map(int, match.groups() if match else (0, 0, 0))
    if 0 in (channels, height, width):
        raise argparse.ArgumentTypeError(f"{text!r} is not CHANNELSxHEIGHTxWIDTH, as in --input 3x32x32")
    return channels, height, width


def seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0 and up to {LONGEST:,.0f}")
    return seconds


def evidence(text: str) -> tuple[str, ...]:
    kinds = tuple(part.strip() for part in text.split(","))
    if unknown := [kind for kind in kinds if kind not in EVIDENCE]:
        raise argparse.ArgumentTypeError(f"there is no evidence {unknown[0]!r}: choose from {', '.join(EVIDENCE)}")
    return kinds


def seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**31 - 1:,}")
    return int(text)
