"""A copy of the spec with one thing changed, and what the loader says about it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from resnet_conformance.spec import Spec, SpecError, load_spec

SPEC = Path(__file__).resolve().parents[2] / "spec"
MARK = "¦"  # in a test's new text: the fault is expected at the character after this mark


@dataclass(frozen=True, slots=True)
class SpecCopy:
    """A spec of its own in a temporary folder."""

    root: Path

    def change(self, file: str, after: str, old: str, new: str) -> tuple[int, int] | None:
        """Replace the first `old` behind `after`, which must stand once in `file` (or be empty).

        Returns line and column of the mark in `new`, if it has one.
        """
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert not after or text.count(after) == 1, f"{after!r} stands {text.count(after)} times in {file}"
        start = text.index(old, text.index(after) + len(after))
        before, behind = text[:start], text[start + len(old) :]
        path.write_text(before + new.replace(MARK, "") + behind, encoding="utf-8")
        if MARK not in new:
            return None
        before += new[: new.index(MARK)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def refuses(self, file: str, after: str, old: str, new: str, words: str) -> SpecError:
        """Change the copy and load it: a fault with these words must be told, and at the mark."""
        place = self.change(file, after, old, new)
        error = self.refused()
        told = [fault for fault in error.faults if words in fault.message]
        assert told, f"expected {words!r} in:\n{error}"
        assert told[0].file == f"spec/{file}"
        assert place in (None, (told[0].line, told[0].column)), f"expected at {place}:\n{error}"
        return error

    def refused(self) -> SpecError:
        """The error that loading this copy raises."""
        with pytest.raises(SpecError) as caught:
            load_spec(self.root)
        return caught.value


@pytest.fixture
def spec_copy(tmp_path: Path) -> SpecCopy:
    shutil.copytree(SPEC, tmp_path / "spec")
    return SpecCopy(tmp_path / "spec")


@pytest.fixture(scope="session")
def spec() -> Spec:
    return load_spec()
