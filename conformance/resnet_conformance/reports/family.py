"""A family as it was found (`check --family`), for people: a view of Report.summary["family"]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEAD = ("n", "called with", "layers", "shortcuts", "parameters")


def name_family(family: Mapping[str, Any]) -> str:
    """What the first line calls the family: to conform to one with projections is not to conform to the paper."""
    kind = "pre-activation networks" if family["preactivation"] else "networks"
    if family["option"] == "none":
        return "the family of plain networks of 6n+2 layers"
    later = "" if family["option"] == "A" else f" with option {family['option']}, where the paper's has A"
    return f"the family of {kind} of 6n+2 layers{later}"


def family_rows(family: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The members in figures, under HEAD; one that there is not, or that could not be captured, has none."""
    rows = []
    for member in family["members"]:
        figures = [f"{member[key]:,}" if key in member else "-" for key in ("depth", "shortcuts", "parameters")]
        rows.append((str(member["n"]), f"{family['keyword']}={member['value']}", *figures))
    return rows
