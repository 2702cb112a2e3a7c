"""How parts are asked for and told of: names, keyword arguments, the first line, the JSON report, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch.nn.functional as F  # noqa: N812  (the customary name)
from jsonschema import Draft202012Validator
from torch import Tensor, nn

from resnet_conformance import check, cli
from resnet_conformance.capture import TargetProblem
from resnet_conformance.findings import Report
from resnet_conformance.parts import PARTS, PartError
from resnet_conformance.reports import json_report
from resnet_conformance.spec import load_spec

from .modules import Basic, Head, ZeroPad

BLOCK = "resnet_impl.blocks:BasicBlockV1"
GIVEN = ["--part", "basic-block", "--kw", "in_channels=8", "--kw", "width=16", "--kw", "stride=2"]


def test_every_clause_of_a_part_is_in_the_spec_once() -> None:
    for part in PARTS.values():
        assert set(part.clauses) <= set(load_spec().clauses)
        assert len(part.clauses) == len(set(part.clauses)), part.name


@pytest.mark.usefixtures("judged_here")
def test_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", BLOCK, *GIVEN]) == 0
    first = " ".join(capsys.readouterr().out.split())
    assert first.startswith(f"{BLOCK} (in_channels=8, width=16, stride=2) conforms to the paper's basic block Found:")
    assert "8 -> 16 channels, stride 2" in first


@pytest.mark.usefixtures("judged_here")
def test_the_json_report(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert cli.main(["check", BLOCK, *GIVEN, "--format", "json", "--output", str(path)]) == 0
    data = json.loads(path.read_text())
    Draft202012Validator(json_report.load_schema()).validate(data)
    assert data["architecture"] is None
    assert (data["summary"]["part"], data["verdict"]) == ("basic-block", "conforms")
    assert Report.from_json(data).to_json() == data


@pytest.mark.usefixtures("judged_here")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--part", "basic-blok"], "did you mean 'basic-block'?"),
        (["--part", "head", "--architecture", "imagenet/resnet18"], "a part has no architecture"),
        (["--part", "head", "--input", "3x32x32"], "cannot be combined with input"),
        ([*GIVEN, "--kw", "widht=3"], "does not accept widht: it accepts in_channels, width, stride, shortcut"),
        ([*GIVEN, "--kw", "out_channels=32"], "the part gives 16 channels, and not out_channels=32"),
        (["--part", "basic-block", "--kw", "width=16"], "needs in_channels"),
        (["--part", "head", "--kw", "in_channels=16", "--kw", "width=16"], "a head gives scores"),
    ],
)
def test_what_cannot_be_asked(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", BLOCK, *arguments]) == 2
    assert said in capsys.readouterr().err


def test_words_that_describe_are_not_passed_to_who_does_not_take_them() -> None:
    report = check(lambda: Basic(8, 16), part="basic-block", kwargs={"in_channels": 8, "stride": 2}, only=["BLK-02"])
    assert report.summary["figures"]["in_channels"] == 8
    with pytest.raises(TargetProblem, match="no keyword arguments, got width"):
        check(Basic(8, 8, 1), part="basic-block", kwargs={"width": 8})


class Constructed(nn.Module):
    """Option A from 8 to 16 channels; nn.Module's constructor, (*args, **kwargs) by its signature, takes nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 8))


def test_words_are_not_passed_to_a_class_without_a_constructor_of_its_own() -> None:
    given = {"in_channels": 8, "out_channels": 16, "stride": 2}
    report = check(Constructed, part="shortcut-A", kwargs=given, only=["SC-03"])
    assert report.summary["figures"] == given
    with pytest.raises(TargetProblem, match="does not accept width: it accepts none"):
        check(Constructed, part="shortcut-A", kwargs={"width": 8})


@pytest.mark.parametrize(
    ("given", "in_channels"),
    [
        ({"stride": 1, "out_channels": 64}, 64),
        ({"stride": 2, "out_channels": 128}, 64),
        ({"stride": 2, "out_channels": 48}, 8),
    ],
)
def test_channels_that_are_not_said_are_those_that_give_what_is_said(given: dict[str, int], in_channels: int) -> None:
    class Defaults(ZeroPad):
        def __init__(self, in_channels: int = in_channels, out_channels: int = 128, stride: int = 2) -> None:
            super().__init__(in_channels, out_channels, stride)

    report = check(Defaults, part="shortcut-A", kwargs=given, only=["SC-03"])
    assert report.summary["figures"] == {"in_channels": in_channels, **given}


def test_channels_that_no_input_gives_are_refused() -> None:
    class Doubling(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return F.pad(x, (0, 0, 0, 0, 0, x.shape[1]))

    with pytest.raises(PartError, match="and not out_channels=63"):
        check(Doubling, part="shortcut-A", kwargs={"out_channels": 63})
    report = check(Doubling, part="shortcut-A", kwargs={"out_channels": 64}, only=["SC-03"])
    assert report.summary["figures"]["in_channels"] == 32


def test_what_does_not_run_is_not_examined() -> None:
    with pytest.raises(TargetProblem, match="the part did not run"):
        check(lambda: Head(512), part="head", kwargs={"in_channels": 64})


def test_numbers_are_numbers() -> None:
    with pytest.raises(PartError, match="in_channels is a whole number above 0, not 'many'"):
        check(lambda: ZeroPad(8, 16), part="shortcut-A", kwargs={"in_channels": "many"})


def test_a_failure_is_shown_again_by_its_command() -> None:
    report = check(f"{__package__}.test_wrong_parts:Ones", part="shortcut-A", kwargs={"in_channels": 8}, seed=5)
    repro = [f.repro for f in report.failed() if f.repro]
    assert all("--part shortcut-A" in text and "--architecture" not in text for text in repro)


def test_only_some_clauses() -> None:
    report = check(Basic, part="basic-block", only=["BLK-*"], seed=1)
    assert {f.clause[:3] for f in report.findings} == {"BLK"}


def test_a_declared_deviation() -> None:
    address = f"{__package__}.test_wrong_parts:Strided3x3"
    report = check(address, part="bottleneck", expected={"stride-3x3": "we ship v1.5"}, seed=1)
    assert report.verdict == "deviates"
    assert report.exit_code == 0
