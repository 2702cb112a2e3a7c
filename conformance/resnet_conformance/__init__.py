"""resnet-conformance: is this the ResNet of the paper, and if not, where does it differ?

`check(target)` gives a Report, `identify(target)` an Identification; `check_family(factory)` gives a Report on what a
factory makes for different n; `transplant(source, weights, destination)` moves weights between two networks that
compute the same; `parametrize_with_clauses(factory, architecture)` makes tests for a project of its own. They import
torch; importing this package does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .findings import Finding, Identification, Report
from .transplantation import NetworksDiffer, Transplanted, WeightsError, transplant

if TYPE_CHECKING:
    from .api import check, identify
    from .family import check_family
    from .testing import parametrize_with_clauses

__all__ = [
    "Finding",
    "Identification",
    "NetworksDiffer",
    "Report",
    "Transplanted",
    "WeightsError",
    "check",
    "check_family",
    "identify",
    "parametrize_with_clauses",
    "transplant",
]


def __getattr__(name: str) -> Any:
    if name in ("check", "identify"):
        from . import api

        return getattr(api, name)
    if name == "check_family":
        from .family import check_family

        return check_family
    if name == "parametrize_with_clauses":
        from .testing import parametrize_with_clauses

        return parametrize_with_clauses
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
