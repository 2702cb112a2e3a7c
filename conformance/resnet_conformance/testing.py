"""For a project's own tests: one test for each clause that speaks of a network.

from resnet_conformance import parametrize_with_clauses
from mylib import resnet50

@parametrize_with_clauses(resnet50, "imagenet/resnet50", expected={"stride-3x3": "we ship v1.5"})
def test_paper(clause):
    clause()
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import one_run
from .capture.limits import check_limit
from .capture.problems import LimitError
from .enumerating import listed
from .expectations.reading import read_expectations
from .findings import Finding, Report
from .outside import Problem, Request
from .spec import Spec, load_spec, suggest

if TYPE_CHECKING:
    import pytest

VERDICT = "verdict"
_reports: dict[str, tuple[object, Report]] = {}  # with the target, so that its id stays its own


class ConformanceWarning(UserWarning):
    """A SHOULD that a network does not follow."""


def parametrize_with_clauses(
    target: object,
    architecture: str | None = None,
    *,
    part: str | None = None,
    expected: str | Mapping[str, object] | None = None,
    level: str | None = None,
    **options: Any,
) -> pytest.MarkDecorator:
    """A mark that gives a test the argument `clause`, once for each clause that speaks of the architecture or part.

    `clause()` passes, fails, skips what is not examined or not applicable, warns of a SHOULD that does not hold, and
    marks a declared failure as expected to fail. The network is judged once, when the first of them is called: an
    address in a child process with a time limit (`timeout`, else --resnet-timeout), a factory or an `nn.Module` in
    this process, which it may end or keep waiting. `expected` and `options` are those of `check`. Raises ValueError
    for an unknown architecture or part, where neither is given, and for declarations that cannot be read.
    """
    import pytest

    spec = load_spec()
    if expected is not None:
        read_expectations(expected, spec)  # a misspelt id is told once, and not by every test
    asked = {"part": part, "expected": expected, "level": level, **options}
    return pytest.mark.parametrize(
        "clause",
        [
            pytest.param(ClauseCall(target, architecture, name, asked), id=f"{part or architecture}::{name}")
            for name in (*clauses_of(spec, architecture, part), VERDICT)
        ],
    )


def clauses_of(spec: Spec, architecture: str | None, part: str | None) -> tuple[str, ...]:
    """Ids of the clauses that speak of a part, or else of an architecture. Raises ValueError as the decorator does."""
    from .parts import find_part

    if part is not None:
        return tuple(find_part(part).clauses)
    if architecture is None:
        raise ValueError("say what it claims to be: an architecture, such as 'imagenet/resnet50', or a part")
    if architecture not in spec.architectures:
        raise ValueError(f"unknown architecture {architecture!r}{suggest(architecture, spec.architectures)}")
    return tuple(c.id for c in spec.clauses.values() if c.applies_to(spec.architectures[architecture]))


@dataclass(frozen=True)
class ClauseCall:
    """One clause, ready to be examined."""

    target: object
    architecture: str | None
    clause: str
    options: Mapping[str, Any]

    def __call__(self) -> None:
        """See `parametrize_with_clauses`."""
        report = report_of(self.target, self.architecture, **self.options)
        hold(report, self.clause, self.options.get("level") or "must")


def report_of(target: object, architecture: str | None = None, **options: Any) -> Report:
    """What `check` says, made once for the same question; what it refuses fails the test.

    An address is judged in a child process (once in a run, whichever of its processes asks), all else in this one.
    """
    from .api import check

    if "expect" in options:
        raise TypeError("a file of declarations, too, is given as `expected` here: expected='expectations.yaml'")
    inspect.signature(check).bind(target, architecture, **options)  # raises TypeError as the call would
    if not isinstance(target, (str, Path)):
        return _judged_here(target, architecture, options)
    timeout = options.pop("timeout", one_run.current().timeout)
    given = {name: value for name, value in sorted(options.items()) if value is not None}  # None is no other question
    return judged_outside(Request("check", (str(target), architecture), given), None, timeout)


def judged_outside(request: Request, folder: Path | None, timeout: float | None) -> Report:
    """The report of a child process, or a test that fails."""
    import pytest

    try:
        check_limit(timeout)
        return one_run.current().report(request, folder, timeout)
    except (Problem, LimitError) as problem:
        reason = str(problem)
    pytest.fail(f"could not be judged: {reason}", pytrace=False)  # outside: no "during handling of ..."


def _judged_here(target: object, architecture: str | None, options: Mapping[str, Any]) -> Report:
    from .api import check
    from .problems import is_known

    key = repr((id(target), architecture, sorted(options.items())))
    if key not in _reports:
        try:
            _reports[key] = target, check(target, architecture, **options)
        except Exception as error:
            if not is_known(error):
                raise
            reason = one_run.in_pytest(str(error))
    if key not in _reports:
        import pytest

        pytest.fail(reason, pytrace=False)
    return _reports[key][1]


def hold(report: Report, clause: str, level: str) -> None:
    """Pass, fail, skip, warn or expect to fail, as pytest does, after what a report says of a clause or of the
    verdict.
    """
    import pytest

    __tracebackhide__ = True
    if clause == VERDICT:
        _hold_verdict(report)
        return
    finding = next((f for f in report.findings if f.clause == clause), None)
    if finding is None:
        pytest.skip("not examined: it is no MUST")
    declared = next((one for one in report.declared if clause in (one.id, *one.covers)), None)
    if declared is not None and declared.stale:
        pytest.fail(declared.stale_words, pytrace=False)
    if finding.outcome == "expected":
        reason = declared.reason if declared else "declared"
        pytest.xfail(" ".join(filter(None, (reason, declared.link if declared else ""))))
    if finding.outcome in ("not-applicable", "not-examined"):
        pytest.skip(f"{finding.outcome.replace('-', ' ')}: {finding.message}")
    if finding.outcome == "fail" and (finding.level == "MUST" or level == "should"):
        pytest.fail(describe(finding), pytrace=False)
    if finding.outcome == "fail":
        warnings.warn(describe(finding), ConformanceWarning, stacklevel=2)


def _hold_verdict(report: Report) -> None:
    import pytest

    __tracebackhide__ = True
    lines = [one.stale_words for one in report.stale]
    if report.verdict not in ("conforms", "deviates"):
        lines.append(f"{report.target.address}: {report.verdict} ({report.architecture})")
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def describe(finding: Finding) -> str:
    """A failure as the terminal report shows it."""
    statement = load_spec().clauses[finding.clause].statement["en"]
    lines = [f"{finding.clause} ({finding.level}) {statement}", finding.message]
    lines += [f"  Expected: {finding.expected}", f"  Actual:   {finding.found}"]
    if finding.where:
        lines.append(f"  Where:    {listed(finding.where, 4)}")
    lines.append(f"  Source:   {finding.citation}")
    if finding.repro:
        lines.append(f"  Again:    {finding.repro}")
    if finding.deviation:
        lines.append(f"  Known as: {finding.deviation} (`resnet-conformance explain {finding.deviation}`)")
    return "\n".join(lines)
