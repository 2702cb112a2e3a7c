"""Files of results as pytest-benchmark writes them: read, and reduced to what tables and pictures need."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cases import LARGEST_NAME

DRAWS, SEED, CONFIDENCE = 2000, 0, 0.95


class ResultsError(Exception):
    """A file that is no file of results; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One contender: the seconds of a call in each round, and its figures."""

    group: str
    name: str
    seconds: tuple[float, ...]
    iterations: int
    info: dict[str, Any]

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """Seconds; of a single round its own."""
        if len(self.seconds) < 2:
            return self.median, self.median
        first, _, third = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return first, third


@dataclass(frozen=True, slots=True)
class Results:
    """One run."""

    machine: dict[str, Any]
    date: str
    commit: str
    rows: tuple[Row, ...]

    def groups(self) -> dict[str, list[Row]]:
        """Rows by group, in the order of the file."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.group, []).append(row)
        return found


def read(path: Path) -> Results:
    """The results in a file. Raises ResultsError."""
    try:
        content = json.loads(path.read_text("utf-8"))
        rows = [
            Row(_group(b), _contender(b), tuple(b["stats"]["data"]), b["stats"]["iterations"], b["extra_info"])
            for b in content["benchmarks"]
        ]
        commit = content.get("commit_info", {})
        short = str(commit.get("id", "unknown"))[:8] + (" with changes" if commit.get("dirty") else "")
        return Results(content["machine_info"], content["datetime"][:10], short, tuple(rows))
    except OSError as problem:
        raise ResultsError(f"cannot read {path}: {problem.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ResultsError(f"{path} holds no results: write them with --benchmark-json={path.name}") from None


def _group(benchmark: dict[str, Any]) -> str:
    """The title; a batch that was found says which it is."""
    group = str(benchmark["group"])
    return f"{group}, {benchmark['extra_info']['batch']}" if group.endswith(LARGEST_NAME) else group


def _contender(benchmark: dict[str, Any]) -> str:
    return str(benchmark["param"]).removeprefix(f"{benchmark['group']}: ")


def ratio_interval(slow: Sequence[float], fast: Sequence[float], in_turns: bool = False) -> tuple[float, float, float]:
    """median(slow) / median(fast), and where it lies with 95% confidence: bootstrap over the rounds of both, which are
    drawn again 2,000 times with a fixed seed (percentile method; Efron and Tibshirani 1993, chapter 13).

    Rounds of one run that were taken in turns are drawn as pairs, so that what slowed both down is no spread of the
    ratio. With a single round there is no interval: the bounds are nan.
    """
    ratio = statistics.median(slow) / statistics.median(fast)
    if min(len(slow), len(fast)) < 2:
        return ratio, math.nan, math.nan
    chance = random.Random(SEED)
    pairs = in_turns and len(slow) == len(fast)
    drawn = []
    for _ in range(DRAWS):
        rounds = chance.choices(range(len(slow)), k=len(slow))
        others = rounds if pairs else chance.choices(range(len(fast)), k=len(fast))
        drawn.append(statistics.median(slow[i] for i in rounds) / statistics.median(fast[i] for i in others))
    drawn.sort()
    cut = round(DRAWS * (1 - CONFIDENCE) / 2)
    return ratio, drawn[cut], drawn[-cut - 1]
