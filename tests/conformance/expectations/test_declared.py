"""What a declaration covers, when it is stale, and how a wrong one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resnet_conformance import check
from resnet_conformance.expectations import Expectation, ExpectationError, hold
from resnet_conformance.expectations.reading import read_expectations
from resnet_conformance.findings import Finding, Outcome, Report
from resnet_conformance.spec import load_spec

SPEC = load_spec()
WHY = "we ship v1.5"


def finding(clause: str, outcome: Outcome = "fail", deviation: str | None = None, **more: Any) -> Finding:
    return Finding(clause, "MUST", outcome, **({"message": "As found."} | more), deviation=deviation, citation="P1")


BROKEN = (
    finding("BTN-04", deviation="stride-3x3"),
    finding("BTN-05", deviation="stride-3x3"),
    finding("SC-04", message="The shortcut is detached."),
    finding("STEM-02", "pass"),
    finding("V2-01", "not-applicable", message="It does not speak of this."),
    finding("EQ-01", "not-examined", message="The networks differ."),
)


def outcomes(*expectations: Expectation, complete: bool = True) -> tuple[dict[str, str], list[str]]:
    findings, declared = hold(BROKEN, expectations, SPEC, complete)
    return {f.clause: f.outcome for f in findings if f.outcome == "expected"}, [one.stale for one in declared]


def test_a_clause_covers_its_own_failure_alone() -> None:
    assert outcomes(Expectation("BTN-04", WHY)) == ({"BTN-04": "expected"}, [""])


def test_a_deviation_covers_the_failures_that_it_is_the_name_of() -> None:
    assert outcomes(Expectation("stride-3x3", WHY)) == ({"BTN-04": "expected", "BTN-05": "expected"}, [""])


def test_a_deviation_does_not_cover_another_failure_of_its_clauses() -> None:
    held, declared = hold([finding("BTN-04")], [Expectation("stride-3x3", WHY)], SPEC)
    assert held[0].outcome == "fail"
    assert declared[0].stale == "it was not found (BTN-04 fails for another reason)"


@pytest.mark.parametrize(
    ("name", "stale"),
    [
        ("STEM-02", "it holds"),
        ("V2-01", "it is not applicable: It does not speak of this."),
        ("EQ-01", ""),
        ("stride-stage1", ""),
    ],
)
def test_what_does_not_occur_is_stale_unless_it_could_not_be_seen(name: str, stale: str) -> None:
    findings = (*BROKEN, *(finding(c, "not-examined") for c in SPEC.deviations["stride-stage1"].explains))
    _, declared = hold(findings, [Expectation(name, WHY)], SPEC)
    assert declared[0].stale == stale


def test_in_a_run_of_a_part_nothing_is_stale() -> None:
    assert outcomes(Expectation("STEM-02", WHY), complete=False) == ({}, [""])


def test_words_pin_the_failure() -> None:
    assert outcomes(Expectation("SC-04", WHY, message="detached"))[0] == {"SC-04": "expected"}
    held, stale = outcomes(Expectation("SC-04", WHY, message="a projection"))
    assert held == {}
    assert stale == ["it fails with other words than 'a projection' (SC-04: The shortcut is detached)"]
    _, [declared] = hold(BROKEN, [Expectation("SC-04", WHY, message="a projection", place="e.yaml:2:3")], SPEC)
    assert declared.stale_words == (
        "e.yaml:2:3: SC-04 is declared, but it fails with other words than 'a projection' (SC-04: The shortcut is"
        " detached); correct its message, or leave the message out"
    )


def test_a_recipe_that_was_not_given_makes_nothing_stale() -> None:
    unasked = Finding("TC-02", "MUST", "not-applicable", "none", message="No training recipe was given (--recipe).")
    assert hold([unasked], [Expectation("TC-02", WHY)], SPEC)[1][0].stale == ""


WRONG = {
    "an unknown clause": (
        "- {id: BTN-4, reason: r}",
        "2:10: unknown clause or deviation 'BTN-4' (did you mean 'BTN-04'?)",
    ),
    "an unknown deviation": (
        "- {id: stride-3x4, reason: r}",
        "2:10: unknown clause or deviation 'stride-3x4' (did you mean 'stride-3x3'?)",
    ),
    "twice": ("- {id: SC-04, reason: r}\n  - {id: SC-04, reason: s}", "3:10: SC-04 is declared twice, first at"),
    "no reason": ("- id: SC-04", "2:5: 'reason' is missing here; add it (why the network differs"),
    "an empty reason": ("- {id: SC-04, reason: ' '}", "2:10: SC-04 is declared without a reason"),
    "a reason still to be given": ("- {id: SC-04, reason: 'todo:'}", "2:10: SC-04 is declared without a reason"),
    "an unknown key": ("- {id: SC-04, reason: r, lnik: x}", "2:28: unknown key 'lnik' (did you mean 'link'?)"),
    "a link that is none": (
        "- {id: SC-04, reason: r, link: here}",
        "2:34: the text 'here' does not fit (an address that begins with http:// or https://",
    ),
    "a number as reason": ("- {id: SC-04, reason: 5}", "2:25: expected text, found the number 5"),
    "no YAML": ("- {id: SC-04", "this is no YAML"),
}


def test_an_empty_file_is_refused_with_an_example_that_would_do(tmp_path: Path) -> None:
    path = tmp_path / "expectations.yaml"
    path.write_text("")
    with pytest.raises(ExpectationError) as error:
        read_expectations(path, SPEC)
    example = str(error.value).partition("such as '")[2].removesuffix("'")
    path.write_text(example)
    assert [entry.id for entry in read_expectations(path, SPEC)] == ["stride-3x3"]


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_refused_at_its_place(case: str, tmp_path: Path) -> None:
    text, words = WRONG[case]
    path = tmp_path / "expectations.yaml"
    path.write_text(f"expected:\n  {text}\n")
    with pytest.raises(ExpectationError) as error:
        read_expectations(path, SPEC)
    assert words in str(error.value)
    assert str(error.value).startswith(str(path))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_is_refused_and_not_read_for_ever() -> None:
    with pytest.raises(ExpectationError, match=r"cannot read the expectations /dev/zero: it is no regular file"):
        read_expectations("/dev/zero", SPEC)


def test_a_missing_file_and_a_wrong_mapping_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExpectationError, match=r"cannot read the expectations .*none\.yaml: No such file"):
        read_expectations(tmp_path / "none.yaml", SPEC)
    with pytest.raises(ExpectationError, match="BTN-04: give the reason as text, or reason, link and message; not 5"):
        read_expectations({"BTN-04": 5}, SPEC)
    with pytest.raises(ExpectationError, match="BTN-04: link is text, not 5"):
        read_expectations({"BTN-04": {"reason": WHY, "link": 5}}, SPEC)


def test_an_admitted_choice_need_not_be_declared() -> None:
    admitted = next(d.id for d in SPEC.deviations.values() if not d.explains)
    with pytest.raises(ExpectationError, match=f"{admitted} is admitted and breaks no clause"):
        read_expectations({admitted: WHY}, SPEC)


@pytest.mark.slow
def test_torchvisions_resnet50_deviates_as_declared_and_comes_back_from_json() -> None:
    report = check("torchvision.models:resnet50", "imagenet/resnet50", expected={"stride-3x3": WHY}, seed=0)
    expected = {f.clause for f in report.findings if f.outcome == "expected"}
    assert {"BTN-04", "BTN-05", "CT-05"} <= expected
    assert (report.verdict, report.exit_code, report.stale) == ("deviates", 0, ())
    assert report.declared[0].reason == WHY
    assert set(report.declared[0].covers) == expected
    assert Report.from_json(report.to_json()) == report


@pytest.mark.slow
def test_a_stale_declaration_ends_with_two_whatever_the_verdict() -> None:
    report = check(
        "torchvision.models:resnet18", "imagenet/resnet18", expected={"stride-3x3": WHY}, level="must", seed=0
    )
    assert report.verdict == "conforms"
    assert [one.id for one in report.stale] == ["stride-3x3"]
    assert report.exit_code == 2
