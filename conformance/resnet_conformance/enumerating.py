"""Names for people: the first few, and how many there are besides."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str], most: int = 3, between: str = ", ") -> str:
    """ "a, b, c and 4 more": the first `most` names, another mark `between` them ("; ") also before the "and"."""
    rest = len(names) - most
    if rest <= 0:
        return between.join(names)
    return between.join(names[:most]) + (" " if between == ", " else between) + f"and {rest} more"
