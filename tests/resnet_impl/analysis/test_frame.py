"""What all verbs share: options, messages, folders, the words in pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from resnet_impl.analysis import __main__ as program
from resnet_impl.analysis.images import show
from resnet_impl.analysis.pictures import warning_of
from resnet_impl.analysis.sources import bundled, trained
from resnet_impl.cifar10 import train

from ..cifar10.runs_made import made_data
from .conftest import Run


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "resnet21"), "there is no model 'resnet21'"),
        (("--model", "resnet20", "--target", "a:b"), "give one of them"),
        (("--target", "resnet_impl:cifar_resnet20"), "--target needs --blocks"),
        (("--blocks", "a"), "--blocks belong to a --target"),
        (("--target", "resnet_impl:cifar_resnet20", "--blocks", "layer1.0"), "has no module 'layer1.0'"),
        (("--checkpoint", "nowhere.pt"), "cannot read the checkpoint nowhere.pt: No such file"),
        (("--beside", "resent20"), "--beside resent20 is no checkpoint that is there, and no name"),
        (("--data", "nowhere", "--model", "resnet8"), "no images in nowhere: there is no such folder"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    options: tuple[str, ...], told: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("paths", *options) == 2
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("wrong", [[], ["walks"], ["paths"], ["paths", "--images", "0", "--output", "x"]])
def test_usage_is_exit_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        program.main(wrong)
    assert left.value.code == 2
    assert "usage: python -m resnet_impl.analysis" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(program.VERBS))
def test_nothing_is_overwritten_unasked(
    verb: str, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "out" / f"{verb}.json"
    kept.parent.mkdir()
    kept.write_text("mine")
    more = {"degradation": ("nowhere",), "ablation": ("--data", "synthetic")}.get(verb, ())
    assert run(verb, *more) == 2
    assert f"holds {verb}.json already: give another --output, or --overwrite" in capsys.readouterr().err
    assert kept.read_text() == "mine"


def test_a_refused_run_leaves_no_folder_but_those_that_were_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for folder in ("new", "mine", "mine/new/deep"):
        assert run("paths", "--target", "no_such_package:net", "--blocks", "a", folder=folder) == program.REFUSED
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


@pytest.mark.parametrize("verb", sorted(program.VERBS))
def test_help_says_what_is_measured_and_after_whom(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        program.main([verb, "--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert "et al." in out or "arXiv" in out
    assert "Not as in the paper" in out


def test_a_run_of_the_trainer_is_a_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())
    short = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made", "--iterations", "2")
    assert train.main([*short, "--output", str(tmp_path)]) == 0
    network = trained(tmp_path)
    assert (network.label, network.short, network.fresh) == ("resnet8", True, False)
    assert network.training == "trained in a run of 2 iterations (64,000 in the paper), seed 0, on synthetic images"
    assert network.views is not None
    images = show("synthetic", 10, 0)
    assert torch.equal(images.of(network), network.views.test_view(images.pixels))


def test_pictures_say_what_they_must_not_be_taken_for() -> None:
    one, other = bundled("resnet8"), bundled("plain8")
    images = show("synthetic", 10, 0)
    told = warning_of([one, other], images)
    assert told == "networks untrained: random initial weights; synthetic images"
    one.training, one.short = "trained 64,000 of 64,000 iterations, seed 0", False
    assert warning_of([one, other], None) == "plain8: untrained: random initial weights"
    assert warning_of([one], None) == ""


def test_a_run_that_was_planned_short_is_short_on_real_images_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "load_data", lambda where, **options: replace(made_data(), synthetic=False))
    short = ("--model", "resnet8", "--batch", "8", "--device", "cpu", "--data", "made", "--iterations", "2")
    assert train.main([*short, "--output", str(tmp_path)]) == 0
    network = trained(tmp_path)
    assert network.short
    assert network.training == "trained in a run of 2 iterations (64,000 in the paper), seed 0"
