"""The command line: where a report goes, standard output or a file, and in which form."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from resnet_conformance.capture.problems import TargetError
from resnet_conformance.findings import Report
from resnet_conformance.reports import json_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeApi, Run


class TestOutput:
    def test_json_on_standard_output(self, api: FakeApi, report: Callable[..., Report], run: Run) -> None:
        code, out, err = run("check", "a:b", "--format", "json")
        assert (code, err) == (0, "")
        assert out == json_report.render(report())
        Draft202012Validator(json_report.load_schema()).validate(json.loads(out))
        assert run("identify", "a:b", "--format", "json") == (0, out, "")

    def test_file(self, api: FakeApi, tmp_path: Path, report: Callable[..., Report], run: Run) -> None:
        api.answer = lambda: report("violates")
        file = tmp_path / "report.txt"
        assert run("check", "a:b", "--format", "json", "--output", str(file)) == (1, "", "")
        assert file.read_text(encoding="utf-8") == json_report.render(report("violates"))
        assert run("check", "a:b", "--output", str(file)) == (1, "", "")
        text = file.read_text(encoding="utf-8")
        assert text.startswith("a:b violates imagenet/resnet50 (BTN-04)\n")
        assert "\x1b" not in text
        assert list(tmp_path.iterdir()) == [file]

    @pytest.mark.parametrize(
        ("name", "begins"),
        [
            ("r.json", "{"),
            ("r.html", "<!doctype html>"),
            ("r.XML", "<?xml"),
            ("r.svg", "<svg"),
            ("r.txt", "a:b conforms"),
        ],
    )
    def test_the_suffix_says_the_format_that_nobody_gave(
        self, api: FakeApi, tmp_path: Path, run: Run, name: str, begins: str
    ) -> None:
        file = tmp_path / name
        assert run("check", "a:b", "--output", str(file)) == (0, "", "")
        assert file.read_text("utf-8").lower().startswith(begins)
        stored, shown = tmp_path / "stored.json", tmp_path / f"shown-{name}"
        run("check", "a:b", "--output", str(stored))
        assert run("view", str(stored), "--output", str(shown)) == (0, "", "")
        assert shown.read_text("utf-8").lower().startswith(begins)
        run("check", "a:b", "--format", "terminal", "--output", str(file))
        assert file.read_text("utf-8").startswith("a:b conforms")

    def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(
        self, api: FakeApi, tmp_path: Path, run: Run
    ) -> None:
        usual, new, old = (tmp_path / name for name in ("usual", "new", "old"))
        usual.write_text("")
        old.write_text("")
        old.chmod(0o640)
        for file in (new, old):
            run("check", "a:b", "--output", str(file))
        assert new.stat().st_mode == usual.stat().st_mode
        assert stat.S_IMODE(old.stat().st_mode) == 0o640

    def test_a_link_stays_one(self, api: FakeApi, tmp_path: Path, run: Run) -> None:
        (tmp_path / "there").mkdir()
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "there" / "report")
        assert run("check", "a:b", "--output", str(link))[0] == 0
        assert link.is_symlink()
        assert (tmp_path / "there" / "report").read_text(encoding="utf-8").startswith("a:b conforms")

    def test_a_pipe_is_written_to(self, api: FakeApi, run: Run) -> None:
        before = Path(os.devnull).stat()
        assert run("check", "a:b", "--output", os.devnull) == (0, "", "")
        assert Path(os.devnull).stat().st_ino == before.st_ino

    def test_folder_that_does_not_exist(
        self, api: FakeApi, tmp_path: Path, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        file = tmp_path / "no" / "report.json"
        assert_one_message(run("check", "a:b", "--output", str(file)), str(file.parent), "does not exist")
        assert list(tmp_path.iterdir()) == []
        assert api.asked == {}  # nothing was judged in vain

    def test_a_folder_is_no_file(
        self, api: FakeApi, tmp_path: Path, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        assert_one_message(run("check", "a:b", "--output", str(tmp_path)), "folder")
        assert list(tmp_path.iterdir()) == []

    def test_a_failed_write_leaves_the_old_file(
        self,
        api: FakeApi,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        run: Run,
        assert_one_message: Callable[..., None],
    ) -> None:
        file = tmp_path / "report.json"
        file.write_text("old", encoding="utf-8")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", fail)
        assert_one_message(run("check", "a:b", "--output", str(file)), "No space left on device")
        assert file.read_text(encoding="utf-8") == "old"
        assert list(tmp_path.iterdir()) == [file]

    def test_a_target_that_could_not_be_judged_has_a_report_too(
        self, api: FakeApi, tmp_path: Path, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        api.fails(TargetError("it hangs"))
        file = tmp_path / "report.json"
        wanted = ("check", "a:b", "--architecture", "imagenet/resnet50", "--output", str(file))
        assert_one_message(run(*wanted, "--format", "json"), "it hangs")
        report = Report.from_json(json.loads(file.read_text(encoding="utf-8")))
        Draft202012Validator(json_report.load_schema()).validate(report.to_json())
        assert (report.verdict, report.architecture, report.exit_code) == ("not-examined", "imagenet/resnet50", 2)
        assert {(f.outcome, f.message) for f in report.findings} == {("not-examined", "it hangs")}
        assert "BTN-04" in {f.clause for f in report.findings}
        assert_one_message(run(*wanted, "--format", "terminal"), "it hangs")
        assert (
            file.read_text(encoding="utf-8")
            == "a:b got no verdict against imagenet/resnet50 (not examined: it hangs)\n"
        )

    def test_wrong_usage_writes_no_file(
        self, api: FakeApi, tmp_path: Path, run: Run, assert_one_message: Callable[..., None]
    ) -> None:
        file = tmp_path / "report.json"
        assert_one_message(run("check", "a:b", "--architecture", "x", "--output", str(file)), "'x'")
        assert list(tmp_path.iterdir()) == []

    def test_colour_only_where_it_is_wanted(self, api: FakeApi, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        assert "\x1b" not in run("check", "a:b")[1]
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        assert "\x1b[1;32m" in run("check", "a:b")[1]
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in run("check", "a:b")[1]
