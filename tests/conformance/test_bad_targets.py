"""What a person may get wrong, through the whole command line: one message on stderr, exit 2, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_conformance import cli

NETS = """
import torch
from torch import nn

def raises():
    raise FileNotFoundError("weights.pth")

def returns_nothing():
    print("hello")

def needs_arguments(depth, width=64):
    return nn.Conv2d(3, depth, 3)

def prints():
    print("constructing")
    return Printing()

class Printing(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
    def forward(self, x):
        print("running")
        return self.conv(x).mean((2, 3))

def no_convolution():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 10))

def cannot_run():
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Linear(7, 10))

not_callable = 3
"""
CASES = {
    "missing module": (["nowhere.at.all:net"], ["cannot import nowhere", "no module named 'nowhere'"]),
    "missing attribute": (["nets.py:prinst"], ["has no 'prinst'", "did you mean", "prints"]),
    "missing file": (["missing.py:net"], ["no file missing.py"]),
    "no factory named": (["nets.py"], ["nets.py", ":"]),
    "broken file": (["broken.py:net"], ["broken.py", "line 2"]),
    "factory raises": (["nets.py:raises"], ["FileNotFoundError: weights.pth"]),
    "factory returns no module": (["nets.py:returns_nothing"], ["returned", "None", "nn.Module"]),
    "factory needs arguments": (["nets.py:needs_arguments"], ["depth", "--kw depth="]),
    "factory does not know the argument": (["nets.py:prints", "--kw", "classes=3"], ["classes"]),
    "not callable": (["nets.py:not_callable"], ["not_callable", "int"]),
    "KEY=VALUE": (["nets.py:prints", "--kw", "classes"], ["'classes' is not KEY=VALUE"]),
    "unknown architecture": (
        ["nets.py:prints", "--architecture", "imagenet/resnet5O"],
        ["no architecture 'imagenet/resnet5O'", "did you mean 'imagenet/resnet50'"],
    ),
    "no convolution": (["nets.py:no_convolution"], ["no_convolution cannot be judged", "no convolution"]),
    "cannot be captured": (["nets.py:cannot_run"], ["did not run", "module '1'"]),
    "output folder": (["nets.py:prints", "--output", "nowhere/report.json"], ["nowhere"]),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "broken.py").write_text("import torch\ndef net(:\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("judged_here")
@pytest.mark.parametrize("verb", ["check", "identify"])
@pytest.mark.parametrize("name", CASES)
def test_one_message(verb: str, name: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments, parts = CASES[name]
    if verb == "identify" and {"--architecture", "--output"} & set(arguments):
        pytest.skip("identify has no such option")
    before = {path.name for path in folder.iterdir()} | {"__pycache__"}
    try:
        code = cli.main([verb, *arguments])
    except SystemExit as stop:  # wrong usage, told by argparse
        code = int(str(stop.code))
    out, err = capfd.readouterr()
    assert code == 2
    assert out == ""
    assert "Traceback" not in err
    assert (
        err.count("resnet-conformance: ")
        + err.count("resnet-conformance check: error: ")
        + err.count("resnet-conformance identify: error: ")
        == 1
    )
    for part in parts:
        assert part in err, err
    assert {path.name for path in folder.iterdir()} <= before


@pytest.mark.slow
def test_a_network_that_prints_does_not_disturb_the_report(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["check", "nets.py:prints", "--format", "json"])
    out, err = capfd.readouterr()
    assert (code, err) == (1, "")
    assert out.startswith("{")
    assert out.endswith("}\n")
