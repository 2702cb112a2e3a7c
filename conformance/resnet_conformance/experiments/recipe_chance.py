"""Is a count what chance gives? Exact binomial tails, so that the stated probability of a false alarm holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

FALSE_ALARM = 1e-9  # of one examination of a transform, all its counts together


@dataclass(frozen=True, slots=True)
class Count:
    """`seen` of `draws`, each of which had the probability `chance`."""

    what: str
    seen: int
    draws: int
    chance: float

    @property
    def text(self) -> str:
        """For people: "flipped in 97 of 400 draws, where 200 are expected"."""
        return f"{self.what} in {self.seen} of {self.draws} draws, where {self.chance * self.draws:.0f} are expected"


def surprising(counts: Sequence[Count], alarm: float = FALSE_ALARM) -> list[Count]:
    """The counts that chance does not give: for a right transform there is none, but with probability `alarm`."""
    limit = alarm / (2 * len(counts))
    return [count for count in counts if min(_at_most(count), _at_least(count)) < limit]


def _at_most(count: Count) -> float:
    return math.fsum(_probability(k, count.draws, count.chance) for k in range(count.seen + 1))


def _at_least(count: Count) -> float:
    return math.fsum(_probability(k, count.draws, count.chance) for k in range(count.seen, count.draws + 1))


def _probability(k: int, n: int, p: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))
