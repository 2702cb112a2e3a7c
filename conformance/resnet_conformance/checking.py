"""The verb `check`: one target, or all that the project's pyproject.toml lists."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import outside
from .catalog import find_clauses, refuse_architecture
from .delivery import check_output, deliver_reports
from .examination import EVIDENCE
from .expectations import Expectation, ExpectationError
from .expectations.rewriting import update
from .family.words import refuse_company
from .findings import Finding, Identification, Report, TargetInfo
from .judge import version
from .kinds import kind_of
from .outside import Problem, Request
from .parts import refuse_beside_part
from .problems import PROGRAM
from .project import ProjectError, ProjectTarget, find_project, read_targets
from .reports.output import OutputError, check_writable
from .spec import Spec

COULD_NOT_JUDGE = 2
# Options that say something of one target.
BELONGS = ("architecture", "family", "part", "input", "kw", "recipe", "expect")


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one target: its report, and the message where none came back."""

    row: ProjectTarget
    report: Report
    problem: str = ""
    trace: str = ""


def run_check(options: argparse.Namespace, spec: Spec) -> int:
    """Judge, print or write, and bring expectations up to date where that was asked; the exit code."""
    find_clauses(spec, options.only)
    _refuse_contradictions(options)
    rows = _rows(options)
    for row in rows:
        refuse_architecture(spec, row.target)
        row.check_names(spec)
    if options.update_expectations:
        _refuse_shared(rows)
    declared = [row.expectations(spec, drafts=options.update_expectations) for row in rows]
    if options.update_expectations:
        for row in rows:
            if row.expect is not None:
                check_writable(row.expect)
    check_output(options.output)
    _tell_of_rows(options)
    judged = []
    for number, (row, own) in enumerate(zip(rows, declared, strict=True), start=1):
        if len(rows) > 1 and sys.stderr.isatty():
            print(f"{number}/{len(rows)} {row.target}", file=sys.stderr)
        judged.append(_judge(row, own, options, spec))
    _deliver(judged, options, spec)
    return max(_conclude(one, options) for one in judged)


def _refuse_contradictions(options: argparse.Namespace) -> None:
    """Options that contradict each other. Raises FamilyError, ExpectationError, PartError, ProjectError."""
    if options.part is not None and options.family is not None:
        refuse_beside_part(["family"])
    if options.family is not None:
        refuse_company(options)
    if options.update_expectations:
        part = {"--only": options.only, "--level must": options.level == "must", "--family": options.family}
        part["--evidence"] = set(options.evidence) != set(EVIDENCE)
        if found := [name for name, given in part.items() if given]:
            raise ExpectationError(
                f"--update-expectations needs a run of everything, as the file is for: leave {found[0]} out"
            )
        if options.target is not None and options.expect is None:
            raise ExpectationError("--update-expectations needs the file to rewrite: give it with --expect FILE")
    given = [name for name in BELONGS if getattr(options, name) not in (None, {})]
    if options.target is None and given:
        raise ProjectError(f"--{given[0]} says something of one TARGET: name it, or write it into pyproject.toml")


def _rows(options: argparse.Namespace) -> list[ProjectTarget]:
    """What is to be judged."""
    if options.target is not None:
        given = (options.target, options.architecture, options.kw, options.input, options.recipe, options.expect)
        return [ProjectTarget(*given, part=options.part)]
    return read_targets(find_project(Path.cwd()))


def _tell_of_rows(options: argparse.Namespace) -> None:
    """Say where a target that is named is declared in a project, too: what its row says is not used."""
    if options.target is None or options.expect is not None or options.family is not None or options.part is not None:
        return
    try:
        path = find_project(Path.cwd())
        rows = read_targets(path) if path is not None else []
    except ProjectError:
        return  # of no concern here
    mine = [row for row in rows if row.target == options.target and (row.expect is not None or row.expected)]
    if mine:
        print(
            f"{PROGRAM}: {mine[0].source} declares deviations of {options.target}, which are not used where a target is"
            " named: leave it out to judge all rows, or give --expect FILE",
            file=sys.stderr,
        )


def _refuse_shared(rows: Sequence[ProjectTarget]) -> None:
    """Raise ExpectationError for a file of two rows: an update after the one would remove what the other declares."""
    for number, row in enumerate(rows):
        for other in rows[:number]:
            if row.expect is not None and other.expect is not None and _is_same(row.expect, other.expect):
                raise ExpectationError(
                    f"{row.source}: {row.expect} is the file of {other.target}, too ({other.source});"
                    " --update-expectations cannot tell for which of them an entry stands: give each its own file,"
                    " or leave --update-expectations out and edit the file"
                )


def _is_same(one: Path, other: Path) -> bool:
    """Do two paths name one file, by a link or in other letters, too?"""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _judge(row: ProjectTarget, expected: Sequence[Expectation], options: argparse.Namespace, spec: Spec) -> Judged:
    """The report of one target; a target that could not be judged has one, too."""
    try:
        request = _request(row, expected, options)
        report = outside.ask_report(request, options.timeout, row.folder, show_errors=_debug(options))
    except Problem as problem:
        return Judged(row, unexamined(row, str(problem), spec), str(problem), problem.trace)
    return Judged(row, replace(report, target=replace(report.target, kwargs=dict(row.kwargs))))


def _debug(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "debug", False))


def _request(row: ProjectTarget, expected: Sequence[Expectation], options: argparse.Namespace) -> Request:
    if options.family is not None:
        keyword, means = options.family
        return Request(
            "check_family", (row.target, keyword), {"means": means, "kwargs": row.kwargs, "seed": options.seed}
        )
    asked = {"only": tuple(options.only), "level": options.level, "evidence": options.evidence, "seed": options.seed}
    return row.asked(expected, **asked)


def unexamined(row: ProjectTarget, reason: str, spec: Spec) -> Report:
    """The report on a target that could not be judged: no clause was examined, and why."""
    known = spec.architectures.get(row.architecture or "")
    findings = tuple(
        Finding(c.id, c.level_for(known), "not-examined", "none", message=reason, citation="; ".join(c.cite))
        for c in (spec.clauses.values() if known is not None else ())
        if known is not None and c.applies_to(known)
    )
    info = TargetInfo(row.target, dict(row.kwargs), kind_of(row.target))
    report = Report(info, row.architecture, Identification(None, False), "not-examined", findings)
    tool = {"version": version(), "spec": spec.version}
    return replace(report, summary={"problem": reason}, tool=tool)


def _deliver(judged: Sequence[Judged], options: argparse.Namespace, spec: Spec) -> None:
    """The report, or those of a project's targets; for a person at the terminal the message alone says why one target
    has none.
    """
    one, alone = judged[0], options.target is not None
    if alone and one.problem:
        trace = one.trace if _debug(options) else ""
        print(trace.rstrip() or f"{PROGRAM}: {one.problem}", file=sys.stderr)
        if options.format == "terminal" and options.output is None:
            return
    reports = [one.report for one in judged]
    deliver_reports(reports, spec, options.format, options.output, options.verbose, options.lang, alone)


def _conclude(one: Judged, options: argparse.Namespace) -> int:
    """Say which declarations are out of date, or mend them; the exit code of one target."""
    if options.update_expectations and not one.problem:
        return _update(one, options)
    for stale in one.report.stale:
        in_file = one.row.expect is not None and _is_same(one.row.expect, Path(stale.place.rsplit(":", 2)[0]))
        again = ", or run again with --update-expectations" if in_file and not stale.words_differ else ""
        print(f"{PROGRAM}: {stale.stale_words}{again}", file=sys.stderr)
    return min(one.report.exit_code, COULD_NOT_JUDGE)


def _update(one: Judged, options: argparse.Namespace) -> int:
    """Bring the file of one target up to date, say what changed or why nothing did; the exit code."""
    path = one.row.expect
    if path is None:
        if one.report.stale or one.report.verdict == "violates":
            print(
                f"{PROGRAM}: {one.row.source}: {one.row.target} has no file to rewrite: name one in its row, as"
                ' expect = "expectations.yaml"',
                file=sys.stderr,
            )
        return one.report.exit_code
    if one.report.verdict == "not-examined":
        print(f"{PROGRAM}: {path} stays as it is: {one.row.target} got no verdict", file=sys.stderr)
        return COULD_NOT_JUDGE
    try:
        done = update(path, one.report, options.level)
    except (ExpectationError, OutputError) as error:  # the other targets' files are still brought up to date
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return COULD_NOT_JUDGE
    print(f"{path}: " + done.words.replace("\n", f"\n{path}: "), file=sys.stderr)
    return COULD_NOT_JUDGE if done.left else 0
