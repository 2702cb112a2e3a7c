"""resnet-conformance: is this the ResNet of the paper, and if not, where does it differ?

`check(target)` gives a Report, `identify(target)` an Identification; `check_family(factory)` gives a Report on what a
factory makes for different n; `transplant(source, weights, destination)` moves weights between two networks that
compute the same; `parametrize_with_clauses(factory, architecture)` makes tests for a project of its own. They import
torch; importing this package does not.

What they raise is here, too, each with a message for people: TargetProblem and UnjudgeableError where a network cannot
be judged; SpecError where the spec is wrong; UnknownArchitectureError, ExpectationError and FamilyError (all of them
ValueErrors) where an argument is; NetworksDiffer, WeightsError and OutputError where weights cannot be moved.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .findings import Finding, Identification, Report
from .transplantation import NetworksDiffer, Transplanted, WeightsError, transplant

if TYPE_CHECKING:
    from .api import UnknownArchitectureError, check, identify
    from .capture import TargetProblem
    from .expectations import ExpectationError
    from .family import FamilyError, check_family
    from .judge import UnjudgeableError
    from .reports.output import OutputError
    from .spec import SpecError
    from .testing import parametrize_with_clauses

__all__ = [
    "ExpectationError",
    "FamilyError",
    "Finding",
    "Identification",
    "NetworksDiffer",
    "OutputError",
    "Report",
    "SpecError",
    "TargetProblem",
    "Transplanted",
    "UnjudgeableError",
    "UnknownArchitectureError",
    "WeightsError",
    "check",
    "check_family",
    "identify",
    "parametrize_with_clauses",
    "transplant",
]

_LATER = {  # imported when they are asked for: the module of each
    "ExpectationError": "expectations",
    "FamilyError": "family",
    "OutputError": "reports.output",
    "SpecError": "spec",
    "TargetProblem": "capture",
    "UnjudgeableError": "judge",
    "UnknownArchitectureError": "api",
    "check": "api",
    "check_family": "family",
    "identify": "api",
    "parametrize_with_clauses": "testing",
}


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return getattr(import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
