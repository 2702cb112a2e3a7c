"""A part in the words of the report: its address with its arguments, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from resnet_conformance.findings import Report

AROUND = "judged in a small network that is made around it, whose layers are counted, too"


def name_part(report: Report) -> str:
    """The address, and in brackets the keyword arguments that were given."""
    given = ", ".join(f"{key}={value!r}" for key, value in report.target.kwargs.items())
    return f"{report.target.address} ({given})" if given else report.target.address


def describe_part(summary: Mapping[str, Any]) -> str:
    """ "64 -> 128 channels, stride 2; judged in ...": what is known is said."""
    figures = summary["figures"]
    channels = " -> ".join(str(figures[key]) for key in ("in_channels", "out_channels") if key in figures)
    parts = [f"{channels} channels"]
    parts += [f"stride {figures['stride']}"] if "stride" in figures else []
    parts += [f"{figures['num_classes']} classes"] if "num_classes" in figures else []
    return f"{', '.join(parts)}; {AROUND}"
