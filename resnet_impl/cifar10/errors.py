"""What goes wrong for reasons outside this code. Every message is for people: what, where, and what to do."""

from __future__ import annotations


class DataError(ValueError):
    """The images cannot be had: they are missing, damaged, or not what was asked for."""


class DataWarning(UserWarning):
    """The images are all right, but something around them is not: a damaged cache, a folder without permission."""


class TrainingError(Exception):
    """A training cannot begin, go on or be written down."""
