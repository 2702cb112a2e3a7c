"""What goes wrong for reasons outside this code. Every message is for people: what, where, and what to do."""

from __future__ import annotations


class AnalysisError(Exception):
    """The network, its images or the folder are not such that this could be measured."""
