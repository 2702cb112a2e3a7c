"""`resnet-conformance transplant`: exit codes, one message, a file or none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from resnet_conformance.cli import main

from .conftest import randomized

pytestmark = pytest.mark.slow

OURS = "resnet_impl:cifar_resnet20"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Weights of resnet_impl's ResNet-20 of option B."""
    from resnet_impl import cifar_resnet20

    torch.save(randomized(cifar_resnet20(shortcut="B")).state_dict(), tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def command(weights: Path, output: Path, *more: str) -> list[str]:
    return ["transplant", "--from", OURS, "--weights", str(weights), "--output", str(output), *more]


LOWLEVEL = "resnet_impl.lowlevel_presets:lowlevel_cifar_resnet20"
SAME = ("--from-kw", "shortcut=B", "--to", LOWLEVEL, "--to-kw", "shortcut=B")


def test_done(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.safetensors"
    assert main(command(weights, output, *SAME, "--input", "3x32x32")) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith(f"{output}: ")
    assert "verified on a random input of 3x32x32" in said.out
    original = torch.load(weights, weights_only=True)
    assert {t.shape for t in load_file(output).values()} == {t.shape for t in original.values() if t.shape}


def test_networks_that_differ(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.safetensors"
    assert main(command(weights, output, "--from-kw", "shortcut=B", "--to", LOWLEVEL)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "shortcut option: B in the source, A in the destination" in said.err
    assert not output.exists()


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (("--to", LOWLEVEL, "--to-kw", "shortcut=B"), "keys are unexpected"),  # the source is made without its keyword
        (("--from-kw", "shortcut=B", "--to", "nowhere:net"), "nowhere"),
        (("--from-kw", "depth=20", "--to", LOWLEVEL), "unexpected keyword argument 'depth'"),
    ],
)
def test_what_cannot_be_tried(
    more: tuple[str, ...], why: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.safetensors"
    assert main(command(weights, output, *more)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert why in said.err
    assert "a bug" not in said.err
    assert not output.exists()


def test_an_existing_file(weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out.safetensors"
    output.write_text("precious")
    assert main(command(weights, output, *SAME)) == 2
    assert "--force" in capsys.readouterr().err
    assert output.read_text() == "precious"
    assert main(command(weights, output, *SAME, "--force")) == 0
    assert load_file(output)


def test_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["transplant"], ["transplant", "--from", OURS, "--to", OURS, "--output", "x.safetensors"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
    assert "--weights" in capsys.readouterr().err
