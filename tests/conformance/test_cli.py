"""The command line: what goes in, what comes out, and one message for every problem."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import resnet_conformance
from resnet_conformance import cli
from resnet_conformance.capture.problems import TargetError
from resnet_conformance.findings import Finding, Identification, Report, TargetInfo, Verdict
from resnet_conformance.judge import UnjudgeableError
from resnet_conformance.reports import json_report
from resnet_conformance.spec import load_spec
from resnet_conformance.spec.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable
OUTCOMES: dict[Verdict, str] = {
    "conforms": "pass",
    "deviates": "expected",
    "violates": "fail",
    "not-examined": "not-examined",
}


def report(
    verdict: Verdict = "conforms", address: str = "a:b", architecture: str | None = "imagenet/resnet50"
) -> Report:
    finding = Finding(
        "BTN-04", "MUST", OUTCOMES[verdict], found="as found", message="As found.", citation="P1"
    )  # type: ignore[arg-type]
    identified = Identification(architecture, exact=architecture is not None)
    tool = {"version": "0.1.0", "spec": "abc"}
    return Report(TargetInfo(address), "imagenet/resnet50", identified, verdict, (finding,), tool=tool)


class FakeApi(ModuleType):
    """In the place of `resnet_conformance.api`: answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__("resnet_conformance.api")
        self.answer: Callable[[], Report] = report
        self.asked: dict[str, Any] = {}

    def check(self, target: str, architecture: str | None = None, **options: Any) -> Report:
        self.asked = {"target": target, "architecture": architecture, **options}
        return self.answer()

    def identification_report(self, target: str, **options: Any) -> Report:
        self.asked = {"target": target, **options}
        return self.answer()

    def fails(self, error: BaseException) -> None:
        def answer() -> Report:
            raise error

        self.answer = answer


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    fake = FakeApi()
    monkeypatch.setitem(sys.modules, "resnet_conformance.api", fake)
    monkeypatch.setattr(resnet_conformance, "api", fake, raising=False)
    return fake


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = cli.main(arguments)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def assert_one_message(result: tuple[int, str, str], *parts: str) -> None:
    """Exit code 2, nothing on standard output, one message for people that has all of `parts`."""
    code, out, err = result
    assert code == 2
    assert out == ""
    assert err.startswith("resnet-conformance: ")
    assert err.count("resnet-conformance: ") == 1
    assert err.endswith("\n")
    assert "Traceback" not in err
    for part in parts:
        assert part in err


class TestExitCodes:
    @pytest.mark.parametrize(
        ("verdict", "code"), [("conforms", 0), ("deviates", 0), ("violates", 1), ("not-examined", 2)]
    )
    @pytest.mark.parametrize("form", ["terminal", "json"])
    def test_check(
        self, verdict: Verdict, code: int, form: str, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        api.answer = lambda: report(verdict)
        found, out, err = run(capsys, "check", "a:b", "--format", form)
        assert (found, err) == (code, "")
        assert out

    def test_identify(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, "identify", "a:b")
        assert (code, err) == (0, "")
        assert "It is exactly imagenet/resnet50: ResNet-50." in out
        assert "verdict" not in out
        api.answer = lambda: report(architecture=None)
        code, out, err = run(capsys, "identify", "a:b")
        assert (code, err) == (1, "")
        assert "It is near no architecture" in out


class TestWhatGoesIn:
    def test_nothing_but_the_target(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(capsys, "check", "a:b")[0] == 0
        defaults = {"kwargs": {}, "input": None, "only": (), "level": "must", "timeout": None}
        assert api.asked == {"target": "a:b", "architecture": None, **defaults}
        assert run(capsys, "identify", "a:b")[0] == 0
        assert api.asked == {"target": "a:b", "kwargs": {}, "input": None, "timeout": None}

    def test_everything(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        given = "--architecture cifar10/resnet20 --input 3x32x48 --only BTN-* --only SC-01 --level should"
        more = "--timeout 2.5 --format json --lang ko --verbose"
        assert run(capsys, "check", "a:b", *given.split(), *more.split())[0] == 0
        assert api.asked == {
            "target": "a:b",
            "architecture": "cifar10/resnet20",
            "kwargs": {},
            "input": (3, 32, 48),
            "only": ("BTN-*", "SC-01"),
            "level": "should",
            "timeout": 2.5,
        }

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("8", 8),
            ("-1", -1),
            ("1e-3", 0.001),
            ("None", None),
            ("False", False),
            ("[3, 4]", [3, 4]),
            ("'8'", "8"),
            ("basic", "basic"),
            ("a=b", "a=b"),
            ("", ""),
            ("1 +", "1 +"),
            ("__import__('os')", "__import__('os')"),
            ("{[]: 1}", "{[]: 1}"),
            ("  spaced ", "  spaced "),
        ],
    )
    def test_keyword_values(
        self, text: str, value: object, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(capsys, "check", "a:b", "--kw", f"key={text}", "--kw", "other=1")[0] == 0
        assert api.asked["kwargs"] == {"key": value, "other": 1}
        assert type(api.asked["kwargs"]["key"]) is type(value)

    def test_keywords_of_one_run_do_not_reach_the_next(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(capsys, "check", "a:b", "--kw", "key=1")
        run(capsys, "check", "a:b")
        assert api.asked["kwargs"] == {}

    @pytest.mark.parametrize(
        ("arguments", "part"),
        [
            ((), "VERB"),
            (("judge", "a:b"), "'judge'"),
            (("check",), "TARGET"),
            (("check", "a:b", "--kw", "key"), "'key' is not KEY=VALUE, as in --kw num_classes=10"),
            (("check", "a:b", "--kw", "=1"), "'=1' is not KEY=VALUE"),
            (("check", "a:b", "--kw", "key=1", "--kw", "key=2"), "--kw key is given twice"),
            (("check", "a:b", "--input", "32"), "'32' is not CHANNELSxHEIGHTxWIDTH, as in --input 3x32x32"),
            (("check", "a:b", "--input", "3x0x32"), "'3x0x32'"),
            (("check", "a:b", "--input", "3x32x-32"), "'3x32x-32'"),
            (("check", "a:b", "--input", "2x3x32x32"), "'2x3x32x32'"),
            (("check", "a:b", "--timeout", "0"), "'0' is not a number of seconds above 0"),
            (("check", "a:b", "--timeout", "nan"), "'nan'"),
            (("check", "a:b", "--timeout", "inf"), "'inf'"),
            (("check", "a:b", "--timeout", "soon"), "'soon'"),
            (("check", "a:b", "--level", "may"), "'may'"),
            (("check", "a:b", "--format", "junit"), "'junit'"),
            (("check", "a:b", "--expect", "file"), "--expect"),
            (("check", "a:b", "--arch", "imagenet/resnet50"), "--arch"),
            (("list", "recipes"), "'recipes'"),
            (("explain", "BTN-04", "--lang", "de"), "'de'"),
        ],
    )
    def test_wrong_usage(
        self, arguments: tuple[str, ...], part: str, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, out, err = run(capsys, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("usage: resnet-conformance")
        assert part in err
        assert "Traceback" not in err
        assert api.asked == {}

    @pytest.mark.parametrize("verb", ["check", "identify", "show", "list", "explain"])
    def test_help_has_a_purpose_and_an_example(self, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, verb, "--help")
        assert (code, err) == (0, "")
        assert f"resnet-conformance {verb} " in out.split("example:")[1]
        whole = run(capsys, "--help")[1]
        purpose = next(line for line in whole.splitlines() if line.startswith(f"    {verb} "))
        assert len(purpose.split()) > 3

    def test_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, "--version")
        assert (code, err) == (0, "")
        assert out.startswith("resnet-conformance ")
        assert out.endswith(f", spec {load_spec().version}\n")


class TestProblems:
    def test_target(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        api.fails(TargetError("there is no module 'a'; check the name"))
        for verb in ("check", "identify"):
            assert_one_message(run(capsys, verb, "a:b"), "there is no module 'a'; check the name\n")

    def test_no_convolution(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        api.fails(UnjudgeableError("a:b cannot be judged: the network has no convolution."))
        assert_one_message(run(capsys, "check", "a:b"), "no convolution")

    @pytest.mark.parametrize(
        ("given", "nearest"),
        [("resnet50", "imagenet/resnet50"), ("imagenet/resnet50-v15", "imagenet/resnet50-v1.5")],
    )
    def test_unknown_architecture(
        self, given: str, nearest: str, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments in (("check", "a:b", "--architecture", given), ("show", given), ("explain", given)):
            assert_one_message(run(capsys, *arguments), repr(given), repr(nearest), "list")
        assert api.asked == {}

    def test_unknown_clause(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        assert_one_message(run(capsys, "check", "a:b", "--only", "BTN-44"), "'BTN-44'", "'BTN-04'")
        assert_one_message(run(capsys, "check", "a:b", "--only", "SC-*", "--only", "ZZ-*"), "'ZZ-*'")
        assert_one_message(run(capsys, "explain", "btn-44"), "'btn-44'", "'BTN-04'")
        assert api.asked == {}

    def test_unknown_deviation(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert_one_message(run(capsys, "explain", "stride3x3"), "'stride3x3'", "'stride-3x3'")

    @pytest.mark.parametrize(
        "arguments",
        [("check", "a:b"), ("identify", "a:b"), ("show", "x"), ("list", "clauses"), ("explain", "x")],
    )
    def test_broken_spec(
        self,
        arguments: tuple[str, ...],
        api: FakeApi,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail() -> None:
            raise SpecError("unknown key 'kernal'", "spec/architectures/imagenet.yaml", 7, 15)

        monkeypatch.setattr(cli, "load_spec", fail)
        assert_one_message(run(capsys, *arguments), "imagenet.yaml:7:15: unknown key 'kernal'")
        assert api.asked == {}

    def test_a_bug_is_called_one(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        api.fails(KeyError("conv9"))
        assert_one_message(
            run(capsys, "check", "a:b"), "internal error", "bug", "KeyError: 'conv9'", "--debug"
        )
        api.fails(RuntimeError())
        assert_one_message(run(capsys, "check", "a:b"), "internal error", "RuntimeError\n")

    @pytest.mark.parametrize("error", [KeyError("conv9"), TargetError("no such file")])
    def test_debug_shows_the_traceback(
        self, error: Exception, api: FakeApi, capsys: pytest.CaptureFixture[str]
    ) -> None:
        api.fails(error)
        code, out, err = run(capsys, "check", "a:b", "--debug")
        assert (code, out) == (2, "")
        assert err.startswith("Traceback")
        assert type(error).__name__ in err.splitlines()[-1]

    def test_interrupt(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        api.fails(KeyboardInterrupt())
        code, out, err = run(capsys, "check", "a:b")
        assert (code, out) == (130, "")
        assert "Traceback" not in err

    def test_no_torch(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        api.fails(ModuleNotFoundError("No module named 'torch'", name="torch"))
        assert_one_message(run(capsys, "check", "a:b"), "torch is not installed", "install it")


class TestOutput:
    def test_json_on_standard_output(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, "check", "a:b", "--format", "json")
        assert (code, err) == (0, "")
        assert out == json_report.render(report())
        Draft202012Validator(json_report.load_schema()).validate(json.loads(out))
        assert run(capsys, "identify", "a:b", "--format", "json") == (0, out, "")

    def test_file(self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        api.answer = lambda: report("violates")
        file = tmp_path / "report.json"
        assert run(capsys, "check", "a:b", "--format", "json", "--output", str(file)) == (1, "", "")
        assert file.read_text(encoding="utf-8") == json_report.render(report("violates"))
        assert run(capsys, "check", "a:b", "--output", str(file)) == (1, "", "")
        text = file.read_text(encoding="utf-8")
        assert text.startswith("a:b violates imagenet/resnet50 (BTN-04)\n")
        assert "\x1b" not in text
        assert list(tmp_path.iterdir()) == [file]

    def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        usual, new, old = (tmp_path / name for name in ("usual", "new", "old"))
        usual.write_text("")
        old.write_text("")
        old.chmod(0o640)
        for file in (new, old):
            run(capsys, "check", "a:b", "--output", str(file))
        assert new.stat().st_mode == usual.stat().st_mode
        assert stat.S_IMODE(old.stat().st_mode) == 0o640

    def test_a_link_stays_one(self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        (tmp_path / "there").mkdir()
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "there" / "report")
        assert run(capsys, "check", "a:b", "--output", str(link))[0] == 0
        assert link.is_symlink()
        assert (tmp_path / "there" / "report").read_text(encoding="utf-8").startswith("a:b conforms")

    def test_a_pipe_is_written_to(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        before = Path(os.devnull).stat()
        assert run(capsys, "check", "a:b", "--output", os.devnull) == (0, "", "")
        assert Path(os.devnull).stat().st_ino == before.st_ino

    def test_folder_that_does_not_exist(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "no" / "report.json"
        assert_one_message(
            run(capsys, "check", "a:b", "--output", str(file)), str(file.parent), "does not exist"
        )
        assert list(tmp_path.iterdir()) == []
        assert api.asked == {}  # nothing was judged in vain

    def test_a_folder_is_no_file(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert_one_message(run(capsys, "check", "a:b", "--output", str(tmp_path)), "folder")
        assert list(tmp_path.iterdir()) == []

    def test_a_failed_write_leaves_the_old_file(
        self,
        api: FakeApi,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file = tmp_path / "report.json"
        file.write_text("old", encoding="utf-8")

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.Path.replace", fail)
        assert_one_message(run(capsys, "check", "a:b", "--output", str(file)), "No space left on device")
        assert file.read_text(encoding="utf-8") == "old"
        assert list(tmp_path.iterdir()) == [file]

    def test_a_problem_writes_no_file(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        api.fails(TargetError("no such file"))
        file = tmp_path / "report.json"
        assert_one_message(run(capsys, "check", "a:b", "--output", str(file)), "no such file")
        assert list(tmp_path.iterdir()) == []

    def test_colour_only_where_it_is_wanted(
        self, api: FakeApi, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        assert "\x1b" not in run(capsys, "check", "a:b")[1]
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        assert "\x1b[1;32m" in run(capsys, "check", "a:b")[1]
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b" not in run(capsys, "check", "a:b")[1]


def process(*arguments: str, code: str = "", **options: Any) -> subprocess.Popen[bytes]:
    """The command line in a process of its own; `code` runs before it."""
    start = f"import sys\n{code}\nfrom resnet_conformance.cli import main\nsys.exit(main(sys.argv[1:]))"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-c", start, *arguments], **pipes)


FULL = Path("/dev/full")

FAKE = """
import types
from resnet_conformance.findings import Identification, Report, TargetInfo
def check(target, architecture=None, **options):
    import importlib
    address = importlib.import_module(target.split(":")[0]).__file__
    return Report(TargetInfo(address), None, Identification("imagenet/resnet50", True), "conforms", ())
sys.modules["resnet_conformance.api"] = api = types.ModuleType("api")
api.check = check
"""


class TestProcess:
    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        with process("list", "clauses", "--format", "json") as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            assert running.wait() == 0
            assert running.stderr.read() == b""

    @pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
    @pytest.mark.parametrize("form", ["terminal", "json"])
    def test_a_full_disk_is_one(self, form: str) -> None:
        with FULL.open("wb") as full, process("list", "clauses", "--format", form, stdout=full) as running:
            _, err = running.communicate()
        assert_one_message(
            (running.returncode, "", err.decode()), "standard output: No space left on device\n"
        )

    @pytest.mark.parametrize("form", ["terminal", "json"])
    def test_a_stream_without_unicode(self, form: str) -> None:
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        with process("list", "clauses", "--lang", "ko", "--format", form, env=environment) as running:
            out, err = running.communicate()
        assert (running.returncode, err) == (0, b"")
        text = out.decode("ascii")
        if form == "json":
            statement = next(entry for entry in json.loads(text) if entry["id"] == "BTN-04")["statement"][
                "ko"
            ]
            assert statement == load_spec().clauses["BTN-04"].statement["ko"]
        else:
            assert "BTN-04" in text

    def test_modules_of_the_current_folder_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "my_networks.py").write_text("", encoding="utf-8")
        # As the installed script: its own folder, not the current one, stands first in sys.path.
        code = "sys.path[0] = '/nowhere'\n" + FAKE
        with process("check", "my_networks:net", code=code, cwd=tmp_path) as running:
            out, err = running.communicate()
        assert err == b""
        assert b"my_networks.py" in out.replace(b"\n", b"")

    def test_sys_path_is_left_as_it_was(self, api: FakeApi, capsys: pytest.CaptureFixture[str]) -> None:
        before = list(sys.path)
        run(capsys, "check", "a:b")
        assert sys.path == before

    def test_python_m(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "resnet_conformance", "explain", "BTN-4"],
            capture_output=True,
            check=False,
            text=True,
        )
        assert_one_message((done.returncode, done.stdout, done.stderr), "BTN-04")
