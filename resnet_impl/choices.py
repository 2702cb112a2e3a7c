"""The choices that the paper leaves open or compares, each a closed set of words.

Sources: He et al. 2015, arXiv:1512.03385, section 3.3 and 4.1 (shortcut options A, B, C); He et al.
2015, arXiv:1502.01852, Eqn (10) and (14) (fan-in and fan-out). The place of a bottleneck's stride and
the padding of the stem's pool are not stated in the paper; `blocks.py` and `stems.py` say what each
choice is.
"""

from __future__ import annotations

from typing import Literal

ShortcutOption = Literal["A", "A-split", "B", "C", "none"]  # A-split: option A, half of the zeros on either side
StrideOn = Literal["1x1", "3x3"]
StemPool = Literal["floor", "ceil"]
Fan = Literal["fan_in", "fan_out"]


def require_choice(name: str, given: object, *admitted: object) -> None:
    """Raise ValueError unless `given` is one of `admitted`; the message says both."""
    if given not in admitted:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, admitted))}; got {given!r}")


def require_count(name: str, given: int) -> None:
    """Raise ValueError unless `given` is an integer of at least 1."""
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise ValueError(f"{name} must be an integer of at least 1; got {given!r}")
