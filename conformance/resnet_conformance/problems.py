"""What went wrong, in one message for people: every error that a user can cause, told apart from a bug of ours."""

from __future__ import annotations

from .capture.problems import LimitError, TargetProblem
from .catalog import UnknownNameError
from .expectations import ExpectationError
from .family.words import FamilyError
from .kata.workshop import WorkshopError
from .parts.table import PartError
from .project import ProjectError
from .reports.json_report import ReportError
from .reports.output import OutputError
from .spec import SpecError
from .transplantation import NetworksDiffer, WeightsError

PROGRAM = "resnet-conformance"
OURS = (
    ExpectationError,
    FamilyError,
    LimitError,
    NetworksDiffer,
    OutputError,
    PartError,
    ProjectError,
    ReportError,
    SpecError,
    TargetProblem,
    UnknownNameError,
    WeightsError,
    WorkshopError,
)
BY_NAME = {
    "ArgumentError",
    "RecipeError",
    "UnjudgeableError",
    "UnknownArchitectureError",
}  # of modules that are not loaded for their sake


def is_known(error: BaseException) -> bool:
    """Is its message for people?"""
    return isinstance(error, OURS) or type(error).__name__ in BY_NAME


def explain_error(error: BaseException) -> str:
    """One message for people; what is not their doing is called a bug."""
    if is_known(error):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name == "torch":
        return "torch is not installed; no network can be judged without it, so install it (https://pytorch.org)"
    kind = f"{type(error).__name__}: {error}".strip(": \n")
    said = f"internal error, a bug in {PROGRAM} and no finding about any network: {kind}"
    return f"{said}\nAdd --debug to see where, and please report it."
