"""`--update-expectations` for a project: two rows do not share a file, and one row's trouble is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance import checking, cli
from resnet_conformance.findings import Finding, Identification, Report, TargetInfo
from resnet_conformance.project import ProjectTarget

TEXT = "expected:\n  - id: stride-3x3\n    reason: we ship v1.5\n"


def never(*_: object) -> None:
    raise AssertionError("judged")


@pytest.mark.parametrize("other", ["known.yaml", "./known.yaml", "link.yaml"])
def test_a_file_of_two_rows_is_refused_before_anything_is_judged(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f'{{target = "a:{name}", expect = "{name}.yaml"}}' for name in ("free", "known")]
    rows.append(f'{{target = "a:b", expect = "{other}"}}')
    (tmp_path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{', '.join(rows)}]\n")
    (tmp_path / "known.yaml").write_text(TEXT)
    (tmp_path / "link.yaml").symlink_to("known.yaml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checking, "_judge", never)
    assert cli.main(["check", "--update-expectations"]) == 2
    err = capsys.readouterr().err
    table = f"{tmp_path / 'pyproject.toml'}, [tool.resnet-conformance]"
    assert err.startswith(f"resnet-conformance: {table}, target 3: {tmp_path / other} is the file of a:known, too")
    assert f"({table}, target 2)" in err
    assert "give each its own" in err
    assert (tmp_path / "known.yaml").read_text() == TEXT


def test_a_shared_file_is_read_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = '{target = "a:b", expect = "known.yaml"}, {target = "a:c", expect = "known.yaml"}'
    (tmp_path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{rows}]\n")
    (tmp_path / "known.yaml").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checking, "_judge", never)
    assert cli.main(["check"]) == 2
    assert "AssertionError: judged" in capsys.readouterr().err


def test_a_file_that_cannot_be_rewritten_does_not_hold_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f'{{target = "a:{name}", expect = "{name}.yaml"}}' for name in ("one", "two")]
    (tmp_path / "pyproject.toml").write_text(f"[tool.resnet-conformance]\ntargets = [{', '.join(rows)}]\n")
    (tmp_path / "one.yaml").write_text("expected: [{id: STEM-02, reason: old}]\n")
    monkeypatch.chdir(tmp_path)

    def judge(row: ProjectTarget, *_: object) -> checking.Judged:
        failed = (Finding("SC-04", "MUST", "fail", message="As found."),)
        identified = Identification("imagenet/resnet50", True)
        return checking.Judged(row, Report(TargetInfo(row.target), "imagenet/resnet50", identified, "violates", failed))

    monkeypatch.setattr(checking, "_judge", judge)
    assert cli.main(["check", "--update-expectations"]) == 2
    err = capsys.readouterr().err
    assert "resnet-conformance: one.yaml:1:11: the entries stand in [brackets]" in err
    assert "added SC-04" in err
    assert "id: SC-04" in (tmp_path / "two.yaml").read_text()
