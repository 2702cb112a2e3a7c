"""Reports as JUnit XML, in the form that Jenkins reads (junit-10.xsd) and that GitLab and others share.

A target is a test suite, a clause that speaks of it a test, and the verdict, which decides the exit code, the last one.
What fails the verdict is a failure; what got no verdict, or is declared and does not occur, an error. Declared failures
and what was not examined are skipped, with the reason. A failed SHOULD passes, with its story as output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from .headline import concerns, decides, explanation, headline
from .text import clean

if TYPE_CHECKING:
    from resnet_conformance.findings import Finding, Report
    from resnet_conformance.spec import Spec

VERDICT = "verdict"


def render(reports: Sequence[Report], spec: Spec, lang: str = "en") -> str:
    """XML 1.0 in ASCII letters (others as references), ending with a newline; `lang` is that of the spec's texts."""
    root = ET.Element("testsuites", name="resnet-conformance")
    for report in reports:
        root.append(_suite(report, spec, lang))
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    ET.indent(root)
    text: str = ET.tostring(root, encoding="us-ascii").decode()
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(report: Report, spec: Spec, lang: str) -> ET.Element:
    keywords = ", ".join(f"{key}={value!r}" for key, value in report.target.kwargs.items())
    name = clean(report.target.address + (f"({keywords})" if keywords else ""))
    suite = ET.Element("testsuite", name=name)
    properties = ET.SubElement(suite, "properties")
    facts = {"verdict": report.verdict, "architecture": report.architecture, **report.tool, **report.environment}
    for key, value in facts.items():
        if value is not None:
            ET.SubElement(properties, "property", name=clean(str(key)), value=clean(str(value)))
    claimed = report.architecture or report.summary.get("part") or "none"
    for finding in (f for f in report.findings if concerns(f, report, spec)):
        case = ET.SubElement(suite, "testcase", name=f"{claimed}::{finding.clause}", classname=name, time="0")
        _tell(case, finding, report, spec, lang)
    case = ET.SubElement(suite, "testcase", name=f"{claimed}::{VERDICT}", classname=name, time="0")
    _tell_verdict(case, report, spec)
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{sum(report.seconds.values()):.3f}")
    return suite


def _tell(case: ET.Element, finding: Finding, report: Report, spec: Spec, lang: str) -> None:
    words = clean(finding.message or finding.found)
    if finding.outcome == "fail":
        tag = "failure" if decides(finding, report) else "system-out"
        told = ET.SubElement(case, tag)
        if tag == "failure":
            told.set("type", finding.level)
            told.set("message", words)
        told.text = story(finding, report, spec, lang)
    elif finding.outcome == "expected":
        reasons = (one.reason for one in report.declared if finding.clause in one.covers)
        declared = clean("; ".join(reasons))
        told = ET.SubElement(case, "skipped", type="declared", message=f"declared: {declared or words}")
        told.text = story(finding, report, spec, lang)
    elif finding.outcome != "pass":
        kind = finding.outcome.replace("-", " ")
        ET.SubElement(case, "skipped", type=finding.outcome, message=f"{kind}: {words}" if words else kind)


def _tell_verdict(case: ET.Element, report: Report, spec: Spec) -> None:
    """What no clause tells; a violation is the failure of its clauses."""
    first = clean(headline(report, spec))
    errors = [first] if report.verdict == "not-examined" else []
    errors += [clean(one.stale_words) for one in report.stale]
    if errors:
        kind = "not-examined" if report.verdict == "not-examined" else "stale"
        ET.SubElement(case, "error", type=kind, message="; ".join(errors)).text = "\n".join(errors)
    else:
        ET.SubElement(case, "system-out").text = first


def story(finding: Finding, report: Report, spec: Spec, lang: str = "en") -> str:
    """A failure in labelled lines, one fact on each: what is demanded, expected and found, where, cited, why."""
    clause = spec.clauses.get(finding.clause)
    name = explanation(finding, report, spec)
    known = spec.deviations.get(name or "")
    title = f"{name} - {known.title.get(lang, known.title['en'])}" if known else name or ""
    rows = [
        ("Clause", f"{finding.clause} {finding.level}"),
        ("Demands", clause.statement.get(lang, clause.statement["en"]) if clause else ""),
        ("Expected", finding.expected),
        ("Found", finding.found),
        ("Message", finding.message),
        ("Where", ", ".join(finding.where)),
        ("Cited", finding.citation),
        ("Explained by", title),
        ("Seen in", known.seen_in[0]["link"] if known and known.seen_in else ""),
        ("Reproduce", finding.repro or ""),
    ]
    return "\n".join(f"{label}: {clean(text)}" for label, text in rows if text)
