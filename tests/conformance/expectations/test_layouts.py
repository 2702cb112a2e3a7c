"""Rewriting files as people lay them out: what is right stays byte for byte, what cannot be done is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance.expectations import ExpectationError, rewriting
from resnet_conformance.expectations.reading import read_file
from resnet_conformance.expectations.rewriting import update
from resnet_conformance.findings import Declared, Finding, Identification, Report, TargetInfo

NEW = '  - id: SC-04\n    reason: "TODO"\n'
OLD = "  - id: STEM-02\n    reason: old\n"


def change(path: Path, text: str, removed: str = "STEM-02", added: str = "SC-04") -> bytes:
    """The file after a run in which one entry is stale and one failure is not declared (or neither: empty)."""
    path.write_bytes(text.encode())
    findings = (Finding(added, "MUST", "fail", message="As found."),) if added else ()
    stale = (Declared(removed, "r", stale="it holds"),) if removed else ()
    identified = Identification("imagenet/resnet50", True)
    update(path, Report(TargetInfo("a:b"), "imagenet/resnet50", identified, "violates", findings, declared=stale))
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "known.yaml"


def kept(reason: str) -> str:
    """An entry that stays."""
    return f"  - id: BLK-01\n    reason: {reason}\n"


GONE_IN_BRACES = "  - {\n      id: STEM-02,\n      reason: old\n    }  # so\n"
IN_BRACES = GONE_IN_BRACES.replace("STEM-02", "BLK-01")
PLAIN = kept("x")
QUOTED = kept('"as\n      # 42 says\n\n      # and 43"')
BLOCK = kept("|\n      as\n      # 42 says")
FRENCH = kept('"x\u2028  y\x85  z"')
UNTIDY = "  -\n    # old - stem\n    id: STEM-02\n    reason: x\n"

# The file before, and behind it what it has to be; None: the new entry at its end, and nothing else.
CASES = {
    "braces over several lines": (f"expected:\n{GONE_IN_BRACES}", f"expected:\n{NEW}"),
    "braces that stay": (f"expected:\n{OLD}{IN_BRACES}", f"expected:\n{IN_BRACES}{NEW}"),
    "an empty list below": ("expected:\n  []\n# end\n", f"expected:\n{NEW}# end\n"),
    "an empty list over two lines": ("expected: [\n]  # none\n", f"expected:  # none\n{NEW}"),
    "an empty list with a blank": ("expected: [ ]\n", f"expected:\n{NEW}"),
    "an empty list without a line end": ("expected: []", f"expected:\n{NEW}"),
    "a document's end": ("---\nexpected: []\n...\n", f"---\nexpected:\n{NEW}...\n"),
    "a block with a hash": (f"expected:\n{BLOCK}", None),
    "a quoted text with a hash": (f"expected:\n{QUOTED}", None),
    "a block that keeps its blank lines": ("expected:\n" + kept("|+\n      as\n\n"), None),
    "a block before blank lines": (f"expected:\n{BLOCK}\n\n", f"expected:\n{BLOCK}{NEW}\n\n"),
    "a tab before a comment": ("expected:\n  - id: BLK-01\t# why\n    reason: x\n", None),
    "an anchor": (f"expected: &all # x\n{PLAIN}", None),
    "a comment with a dash": (f"expected:\n{UNTIDY}{PLAIN}", f"expected:\n{PLAIN}{NEW}"),
    "no line end": (f"expected:\n{OLD}{PLAIN.rstrip()}", f"expected:\n{PLAIN}{NEW}"),
    "the last without a line end goes": (f"expected:\n{OLD.rstrip()}", f"expected:\n{NEW}"),
    "a line separator": (f"expected:\n{FRENCH}", None),
    "a byte order mark": (f"\ufeffexpected:\n{PLAIN}", None),
    "old Mac": (f"expected:\n{OLD}".replace("\n", "\r"), f"expected:\n{NEW}".replace("\n", "\r")),
    "mixed": (f"# a\r\nexpected:\n{OLD}# b\r\n", f"# a\r\nexpected:\n{NEW}# b\r\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_whole_lines_of_entries_alone_change(case: str, path: Path) -> None:
    before, after = CASES[case]
    stale = "STEM-02" if "STEM-02" in before else ""
    assert change(path, before, stale) == (before + NEW if after is None else after).encode()
    read_file(path)


def test_the_last_entries_of_a_file_with_a_mark_go(path: Path) -> None:
    assert change(path, f"\ufeffexpected: # c\n{OLD}", added="") == "\ufeffexpected: [] # c\n".encode()


BY_HAND = {
    "an explicit key": (
        "? expected\n: - id: STEM-02\n    reason: x\n",
        "2:3: the first entry stands in the line of its list's name",
    ),
    "a comment in the empty brackets": ("expected: # c\n  []\n", "2:3: a comment or a mark stands before the brackets"),
    "brackets": ("expected: [{id: STEM-02, reason: old}]\n", "1:11: the entries stand in [brackets]"),
    "braces around all": ('{"expected": []}\n', "1:14: the entries stand in [brackets]"),
    "a comment that would become text": (
        "expected:\n" + kept("|\n      as") + "  - id: STEM-02\n    reason: x\n      # 42\n",
        "5:9: the entries cannot be rewritten line by line",
    ),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_what_cannot_be_done_line_by_line_is_left_to_the_person(case: str, path: Path) -> None:
    text, words = BY_HAND[case]
    with pytest.raises(ExpectationError) as error:
        change(path, text, "STEM-02" if "STEM-02" in text else "", "" if "42" in text else "SC-04")
    assert str(error.value).startswith(f"{path}:{words}")
    assert path.read_bytes() == text.encode()


def test_a_wrong_rewrite_is_never_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = kept("ours"), kept("theirs")
    text = f"expected:\n{ours}{OLD}"
    for wrong in (
        f"expected:\n{theirs}{NEW}",  # a reason changed
        f"expected:\n{NEW}",  # an entry lost
        f"expected:\n{ours}",  # one not added
        f"expected:\n{ours}{OLD}{NEW}",  # one not removed
        f"expected:\n{ours}{NEW}}}\n",  # no YAML
        f"expected:\n{ours}    link: https://a.b\n{NEW}",
    ):
        monkeypatch.setattr(rewriting, "rewrite", lambda *_, wrong=wrong: wrong)
        with pytest.raises(ExpectationError) as error:
            change(path, text)
        assert str(error.value) == (
            f"{path}:4:9: the entries cannot be rewritten line by line as they stand, so the file stays as it is;"
            f" by hand: remove STEM-02 ({path}:4:9), add SC-04, each with its reason"
        )
        assert path.read_bytes() == text.encode()


def test_brackets_that_are_in_line_need_no_rewriting(path: Path) -> None:
    text = "expected: [{id: STEM-02, reason: old}]"
    assert change(path, text, "", "") == text.encode()
