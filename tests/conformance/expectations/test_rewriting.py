"""`--update-expectations`: stale entries go, new failures come, and what a person wrote stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance.expectations import ExpectationError, hold
from resnet_conformance.expectations.reading import read_expectations
from resnet_conformance.expectations.rewriting import update
from resnet_conformance.findings import Finding, Identification, Outcome, Report, TargetInfo
from resnet_conformance.spec import load_spec

SPEC = load_spec()

FILE = """\
# Decided in 2023.
expected:  # ask the maintainers first
  # as everybody does
  - id: stride-3x3   # v1.5
    reason: 'we ship v1.5'
    link: https://github.com/pytorch/vision/issues/191

  # the old stem
  - id: STEM-02
    reason: >
      historical,
      see below
  # the end
"""


def finding(clause: str, outcome: Outcome = "fail", deviation: str | None = None) -> Finding:
    return Finding(clause, "MUST", outcome, found="as found", message="As found.", deviation=deviation, citation="P1")


def judged(path: Path, *findings: Finding) -> Report:
    """A whole run's report on these findings with the expectations of the file."""
    expectations = read_expectations(path, SPEC) if path.exists() else ()
    held, declared = hold(findings, expectations, SPEC)
    identified = Identification("imagenet/resnet50", True)
    return Report(TargetInfo("a:b"), "imagenet/resnet50", identified, "violates", held, declared=declared)


BOTH = (finding("BTN-04", deviation="stride-3x3"), finding("STEM-02"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "expectations.yaml"
    path.write_bytes(FILE.encode())
    return path


def test_what_is_in_line_stays_byte_for_byte(path: Path) -> None:
    done = update(path, judged(path, *BOTH))
    assert done.words == "nothing to change"
    assert path.read_bytes() == FILE.encode()


def test_a_stale_entry_goes_and_comments_stay(path: Path) -> None:
    done = update(path, judged(path, BOTH[0], finding("STEM-02", "pass")))
    assert done.removed == ("STEM-02",)
    begin, end = FILE.index("  - id: STEM-02"), FILE.index("  # the end")
    assert path.read_text() == FILE[:begin] + FILE[end:]


def test_the_first_entry_goes(path: Path) -> None:
    update(path, judged(path, finding("BTN-04", "pass"), BOTH[1]))
    begin, end = FILE.index("  - id: stride"), FILE.index("\n  # the old stem")
    assert path.read_text() == FILE[:begin] + FILE[end:]


def test_a_failure_comes_in_by_its_deviation_and_needs_a_reason(path: Path) -> None:
    more = (
        finding("SC-04"),
        finding("STG-05", deviation="stride-last-block"),
        finding("STG-07", deviation="stride-last-block"),
    )
    done = update(path, judged(path, *BOTH, *more))
    assert done.added == ("SC-04", "stride-last-block")
    text = path.read_text()
    added = '  - id: SC-04\n    reason: "TODO"\n  - id: stride-last-block  # STG-05, STG-07\n    reason: "TODO"\n'
    assert text == FILE.replace("      see below\n", "      see below\n" + added)
    with pytest.raises(ExpectationError, match=r"expectations\.yaml:13:9: SC-04 is declared without a reason"):
        read_expectations(path, SPEC)


def test_nothing_left(path: Path) -> None:
    update(path, judged(path, finding("BTN-04", "pass"), finding("STEM-02", "pass")))
    assert "expected: []  # ask the maintainers first\n" in path.read_text()
    assert read_expectations(path, SPEC) == ()
    update(path, judged(path, finding("STEM-02")))
    assert [line for line in path.read_text().splitlines() if "STEM-02" in line] == ["  - id: STEM-02"]
    assert "expected:  # ask the maintainers first\n" in path.read_text()


def test_a_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    assert update(path, judged(path, finding("SC-04"))).added == ("SC-04",)
    with pytest.raises(ExpectationError, match=r"new\.yaml:3:9: SC-04 is declared without a reason"):
        read_expectations(path, SPEC)


def test_windows_line_ends_stay(path: Path) -> None:
    path.write_bytes(FILE.replace("\n", "\r\n").encode())
    update(path, judged(path, *BOTH, finding("SC-04")))
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n") == FILE.count("\n") + 2


def test_a_dash_on_its_own_line_and_entries_without_indent(path: Path) -> None:
    path.write_text("expected:\n-\n  id: STEM-02\n  reason: old\n- {id: SC-04, reason: other}\n")
    update(path, judged(path, finding("STEM-02", "pass"), finding("SC-04"), finding("BLK-01")))
    assert path.read_text() == 'expected:\n- {id: SC-04, reason: other}\n- id: BLK-01\n  reason: "TODO"\n'


def test_brackets_are_refused_and_left_alone(path: Path) -> None:
    text = "expected: [{id: STEM-02, reason: old}]\n"
    path.write_text(text)
    with pytest.raises(ExpectationError, match=r"expectations\.yaml:1:11: the entries stand in \[brackets\]"):
        update(path, judged(path, finding("STEM-02", "pass")))
    assert path.read_text() == text


def test_an_entry_whose_clause_says_another_thing_is_kept(path: Path) -> None:
    text = "expected:\n  - id: STEM-02\n    reason: our stem\n    message: kernel of 5\n"
    path.write_text(text)
    done = update(path, judged(path, finding("STEM-02")))
    assert (done.removed, done.added, done.left) == ((), (), ("STEM-02",))
    assert path.read_text() == text
