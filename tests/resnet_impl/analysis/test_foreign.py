"""What is wrong with a stranger's code, or with the blocks that are named in it, is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_impl.analysis import errors
from resnet_impl.analysis.errors import AnalysisError
from resnet_impl.analysis.networks import Network
from resnet_impl.analysis.sources import foreign

CODE = """\
import sys
import torch
from torch import nn

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
    def forward(self, x):
        return torch.relu(x + self.conv(x))

class Net(nn.Module):
    def __init__(self, wrong=False):
        super().__init__()
        self.stem, self.last, self.unused, self.again = nn.Conv2d(3, 4, 3), Block(), Block(), Block()
        self.blocks, self.fc = nn.ModuleList([Block(), Block()]), nn.Linear(5 if wrong else 4, 10)
    def forward(self, x):
        x = self.stem(x)
        for block in (*self.blocks, self.again, self.again, self.last):
            x = block(x)
        return self.fc(x.mean((2, 3)))

def misfits():
    return Net(wrong=True)

def needs(depth, width):
    return Net()

def raises():
    raise KeyError("depth")

def deep():
    return nn.Conv2d(3, 4, 3, groups=2)

def exits():
    sys.exit("no GPU")
"""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(CODE)
    Path("broken.py").write_text("import torch\ndef net(:\n")
    Path("early.py").write_text("import torch\n\nprint(undefined)\n")
    Path("leaves.py").write_text("import sys\nsys.exit()\n")
    return tmp_path


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nets.py:misfit", "nets.py has no factory 'misfit' (did you mean 'misfits'?)"),
        ("nets.py:CODE", "nets.py has no factory 'CODE'"),
        ("nets.py:needs", "nets.py:needs needs the arguments depth, width: name a factory that takes none"),
        ("nets.py:raises", "nets.py:raises could not be called: KeyError: 'depth' (nets.py:30)"),
        (
            "nets.py:deep",
            "nets.py:deep could not be called: ValueError: in_channels must be divisible by groups (nets.py:33)",
        ),
        ("nets.py:exits", "nets.py:exits could not be called: SystemExit: no GPU (nets.py:36)"),
        ("early.py:net", "cannot import early.py: NameError: name 'undefined' is not defined (early.py:3)"),
        ("leaves.py:net", "cannot import leaves.py: SystemExit (leaves.py:2)"),
    ],
)
def test_errors_in_a_strangers_code_have_their_place(address: str, told: str) -> None:
    with pytest.raises(AnalysisError) as error:
        foreign(address, ["blocks.0"], None)
    assert str(error.value) == told


@pytest.mark.usefixtures("code")
def test_code_that_is_none_has_its_place() -> None:
    with pytest.raises(AnalysisError, match=r"cannot import broken.py: SyntaxError: .*broken.py, line 2"):
        foreign("broken.py:net", ["blocks.0"], None)


@pytest.mark.usefixtures("code")
def test_code_beside_a_folder_whose_name_begins_alike_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole name of a folder counts: .../nets.py is not in .../nets."""
    monkeypatch.setattr(errors, "OURS", Path.cwd() / "nets")
    with pytest.raises(AnalysisError, match=r"KeyError: 'depth' \(nets.py:30\)"):
        foreign("nets.py:raises", ["blocks.0"], None)


def surveyed(address: str, *blocks: str) -> Network:
    network = foreign(address, list(blocks), None)
    network.survey(torch.rand(2, 3, 8, 8))
    return network


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (["blocks.0", "blocks.0"], "blocks.0 of Net is named twice in --blocks"),
        (
            ["blocks.0", "blocks.0.conv"],
            "blocks.0.conv of Net lies in the block blocks.0: name one of them in --blocks",
        ),
        (
            ["blocks.0.conv", "blocks.0"],
            "blocks.0.conv of Net lies in the block blocks.0: name one of them in --blocks",
        ),
        (["blocks.0", "unused"], "the block unused of Net is never run: it cannot be one of --blocks"),
        (["blocks.0", "again"], "the block again of Net is run more than once: it cannot be one of --blocks"),
        (
            ["last", "blocks.0", "blocks.1"],
            "the blocks of Net run in another order: write --blocks blocks.0,blocks.1,last",
        ),
    ],
)
def test_blocks_that_cannot_be_opened(blocks: list[str], told: str) -> None:
    with pytest.raises(AnalysisError) as error:
        surveyed("nets.py:Net", *blocks)
    assert str(error.value) == told


@pytest.mark.usefixtures("code")
def test_blocks_in_the_order_of_computation_are_opened() -> None:
    blocks = ["blocks.0", "blocks.1", "last"]
    assert [block.name for block in surveyed("nets.py:Net", *blocks).blocks] == blocks


@pytest.mark.usefixtures("code")
def test_a_network_that_cannot_run_has_the_place_of_its_error() -> None:
    with pytest.raises(AnalysisError) as error:
        surveyed("nets.py:misfits", "blocks.0")
    told = str(error.value)
    assert told.startswith("misfits cannot be run on images of (3, 8, 8): RuntimeError: ")
    assert "mat1 and mat2 shapes" in told
    assert told.endswith(" (nets.py:21)")
