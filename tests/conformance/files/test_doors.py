"""Files as targets of the command line and of pytest: exit codes, messages, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resnet_conformance import suite
from resnet_conformance.cli import main
from resnet_conformance.findings import Report

from .exports import exported

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]
SUITE = str(Path(suite.__file__).parent / "test_conformance.py")


@pytest.mark.parametrize("way", ["legacy", "pt2"])
def test_a_file_is_checked(capsys: pytest.CaptureFixture[str], way: str) -> None:
    assert main(["check", exported("resnet20", way), "--evidence", "structure", "--only", "SC-*"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "keeps what was asked of cifar10/resnet20" in said
    assert "The file fixes its input to 1x3x32x32." in said


@pytest.mark.parametrize(("way", "kind"), [("legacy", "onnx"), ("pt2", "pt2")])
def test_a_file_is_identified_and_its_json_keeps_the_schema(
    capsys: pytest.CaptureFixture[str], way: str, kind: str
) -> None:
    import jsonschema

    import resnet_conformance.reports

    assert main(["identify", exported("resnet20", way), "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    schema = Path(resnet_conformance.reports.__file__).parent / "report.schema.json"
    jsonschema.validate(data, json.loads(schema.read_text("utf-8")))
    report = Report.from_json(data)
    assert (report.target.kind, report.identified.architecture) == (kind, "cifar10/resnet20")
    assert report.identified.exact


def test_channels_first_is_what_input_says(capsys: pytest.CaptureFixture[str]) -> None:
    path = exported("resnet20", "legacy-dynamic")
    assert main(["check", path, "--input", "3x48x40", "--only", "SC-*", "--evidence", "structure"]) == 0
    assert "at 3x48x40" in " ".join(capsys.readouterr().out.split())
    assert main(["check", path, "--input", "1x32x32"]) == 2
    assert "takes 3 channels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("nowhere.onnx", None, "nowhere.onnx does not exist"),
        ("empty.onnx", b"", "empty.onnx holds no network"),
        ("text.onnx", b"hello", "text.onnx is no ONNX file"),
        ("nowhere.pt2", None, "nowhere.pt2 does not exist"),
        ("empty.pt2", b"", "empty.pt2 is no .pt2 file"),
        ("TEXT.PT2", b"hello", "TEXT.PT2 is no .pt2 file"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "identify"])
def test_what_cannot_be_read_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert main([verb, str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert len(said.err.splitlines()) == 1


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.onnx").mkdir()
    assert main(["check", str(tmp_path / "net.onnx")]) == 2
    assert "net.onnx is no file" in capsys.readouterr().err


def test_a_network_in_a_file_takes_no_keywords(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", exported("resnet20", "pt2"), "--kw", "num_classes=100"]) == 2
    assert "takes no keyword arguments, got num_classes" in capsys.readouterr().err


def test_pytest_judges_a_file(pytester: pytest.Pytester) -> None:
    target = ["--resnet-target", exported("resnet20", "legacy-kept"), "--resnet-architecture", "cifar10/resnet20"]
    result = pytester.runpytest_subprocess(SUITE, "-p", "no:cacheprovider", "--import-mode=importlib", *target)
    outcomes = result.parseoutcomes()
    assert result.ret == 0
    assert outcomes["passed"] > 40
