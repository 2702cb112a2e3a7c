"""JUnit XML: the elements, attributes and order that Jenkins admits, and what a reader of it learns."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from resnet_conformance.findings import Declared, Report
from resnet_conformance.reports import junit
from resnet_conformance.spec import load_spec

from .kept import HOSTILE, NAMES, hostile, stored

# element -> (attributes it must have, attributes it may have, children), after Jenkins' junit-10.xsd
COUNTS = {"name", "tests", "failures", "errors"}
ADMITTED = {
    "testsuites": (set(), COUNTS | {"time"}, {"testsuite"}),
    "testsuite": (COUNTS, {"skipped", "time"}, {"properties", "testcase"}),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"classname", "time"}, {"skipped", "error", "failure", "system-out"}),
    "skipped": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "failure": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def parsed(*reports: Report) -> ET.Element:
    """The XML read back; every element is one that is admitted, with counts that are right."""
    text = junit.render(reports, load_spec())
    assert text.isascii()
    root = ET.fromstring(text)
    for element in root.iter():
        needed, more, children = ADMITTED[element.tag]
        assert needed <= set(element.attrib) <= needed | more
        assert {child.tag for child in element} <= children
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases) == len({case.get("name") for case in cases})
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(key, "")) == sum(case.find(tag) is not None for case in cases)
            assert all(len(case.findall(tag)) <= 1 for case in cases)
    for key in ("tests", "failures", "errors"):
        assert int(root.get(key, "")) == sum(int(suite.get(key, "")) for suite in root)
    return root


def case_of(root: ET.Element, clause: str) -> ET.Element:
    [case] = [case for case in root.iter("testcase") if case.get("name", "").endswith(f"::{clause}")]
    return case


def test_real_reports_have_the_admitted_form_and_one_suite_each() -> None:
    root = parsed(*(stored(name) for name in NAMES))
    assert [suite.get("name") for suite in root] == [stored(name).target.address for name in NAMES]


def test_a_violation_tells_its_story() -> None:
    root = parsed(stored("torchvision-resnet50"))
    assert (root.get("failures"), root.get("errors")) == ("3", "0")
    failure = case_of(root, "BTN-04").find("failure")
    assert failure is not None
    assert failure.get("type") == "MUST"
    for line in (
        "Expected: strides 2, 1, 1 (on the first 1x1) in conv3_1, conv4_1, conv5_1",
        "Where: conv3_1 (layer2.0), conv4_1 (layer3.0), conv5_1 (layer4.0)",
        "Cited: P1 Table 1 FLOPs, p.5; CF res3a_branch2a, res4a_branch2a, res5a_branch2a; FB README; G §5.1, p.6",
        "Explained by: stride-3x3 - Bottleneck stride on the 3x3 (v1.5)",
        "Seen in: https://github.com/pytorch/vision/issues/191",
    ):
        assert line in (failure.text or "").splitlines()
    should = case_of(root, "CT-06")
    assert should.find("failure") is None
    assert "4,089,184,256" in should.findtext("system-out", "")


def test_clauses_that_do_not_speak_of_the_network_are_no_tests() -> None:
    root = parsed(stored("torchvision-resnet50"))
    names = {case.get("name") for case in root.iter("testcase")}
    assert "imagenet/resnet50::BTN-04" in names
    assert "imagenet/resnet50::STG-12" not in names  # of CIFAR-10


def test_what_is_declared_is_skipped_with_its_reason_and_a_clean_run_has_no_failure() -> None:
    root = parsed(stored("torchvision-resnet50-declared"))
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    skipped = case_of(root, "BTN-04").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "declared: v1.5: what everybody's weights are for"


def test_without_a_verdict_or_with_a_stale_declaration_the_run_is_no_success() -> None:
    clean = stored("cifar-resnet20")
    assert case_of(parsed(clean), "verdict").find("error") is None
    stale = replace(clean, declared=(Declared("BTN-01", "why", place="a.yaml:2:9", stale="it was not found"),))
    error = case_of(parsed(stale), "verdict").find("error")
    assert error is not None
    assert error.get("message") == "a.yaml:2:9: BTN-01 is declared, but it was not found; remove it"
    silent = replace(clean, verdict="not-examined", findings=(), summary={"problem": "it burst"})
    error = case_of(parsed(silent), "verdict").find("error")
    assert error is not None
    assert "it burst" in (error.get("message") or "")


def test_a_should_that_decides_is_a_failure() -> None:
    report = stored("torchvision-resnet50")
    kept = tuple(f for f in report.findings if not (f.outcome == "fail" and f.level == "MUST"))
    root = parsed(replace(report, findings=kept))
    assert case_of(root, "CT-06").find("failure") is not None


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_names_add_no_element(words: str) -> None:
    plain, bad = parsed(stored("torchvision-resnet50")), parsed(hostile(words))
    tags = [element.tag for element in plain.iter("testcase")]
    assert [element.tag for element in bad.iter("testcase")] == tags
    assert not [element for element in bad.iter() if element.tag in ("injected", "script")]
