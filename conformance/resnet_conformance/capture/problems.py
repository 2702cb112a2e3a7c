"""What can be wrong with a target, as exceptions whose message is written for people. Nothing here knows
torch.

A target that cannot be loaded or captured is *not examined*; it never counts as failed (DESIGN.md section 3).
"""

from __future__ import annotations


class TargetProblem(Exception):
    """The target cannot be judged. The message says what was wrong, where, and what to do."""


class TargetError(TargetProblem):
    """The target could not be found, imported or constructed."""


class KeywordError(TargetError):
    """The target takes no keyword arguments of these names."""

    def __init__(self, message: str, names: tuple[str, ...]) -> None:
        super().__init__(message)
        self.names = names


class CaptureError(TargetProblem):
    """The network was constructed, and its data flow could not be recorded."""


LEAF = "requires_grad flags of leaf"  # torch's words where a network says that its input needs no gradient


class Expired(BaseException):
    """The time limit was reached. No Exception, so that nobody's `except Exception` swallows it."""


def late_words(address: str, seconds: float, place: str) -> str:
    """What is said of a target that takes too long, and where it was when the time was over ("" where nobody knows)."""
    told = f"{address} took longer than {seconds:g} s: give it more time (--timeout)"
    return f"{told}. When the time was over it was at {place}" if place else told


LONGEST = 1e6  # seconds: 11 days, which the timers of all systems bear


class LimitError(ValueError):
    """The time limit that was given is no number of seconds."""


LONG = 480  # characters of a stranger's message that people read


def last_line(error: BaseException) -> str:
    """The exception as one line: its type and the first line of its message, the middle left out where it is long."""
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:  # noqa: BLE001 - a stranger's exception may fail to say what it is
        return f"{type(error).__name__} (its message cannot be read)"
    return f"{type(error).__name__}: {shortened(lines[0])}" if lines else type(error).__name__


def shortened(text: str) -> str:
    """A line that can be printed; a long one without its middle: what went wrong stands at its beginning or end."""
    text = "".join(c if c.isprintable() else " " for c in text)  # a terminal would obey some of the others
    return text if len(text) <= LONG else f"{text[: LONG // 2]} [...] {text[-LONG // 2 :]}"


class InputError(TargetProblem, ValueError):
    """The network does not take the input that the caller asks for."""
