"""Two processes over gloo: the result of one, the paper's BN of each device, and what becomes of a lost process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_impl.cifar10 import checkpoint, train

from .runs_made import Forks, same, weights_of

pytestmark = pytest.mark.slow

OPTIONS = ("--model", "resnet8", "--batch", "16", "--device", "cpu", "--data", "made", "--evaluate-every", "100")


def arguments(folder: Path, *more: str) -> tuple[str, ...]:
    return (*OPTIONS, "--output", str(folder), *more)


def wait_for(path: Path) -> None:
    """Until the file is there."""
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name} after a minute"
        time.sleep(0.05)


def differ(one: Path, other: Path) -> float:
    """The largest difference of weights, relative to the largest weight of each tensor."""
    pairs = [(a.double(), weights_of(other)[name].double()) for name, a in weights_of(one).items()]
    return max(float((a - b).abs().max() / a.abs().max().clamp(min=1e-12)) for a, b in pairs)


def test_two_synchronised_processes_are_one(tmp_path: Path, forks: Forks) -> None:
    """In float32, after ten iterations at the full rate: rounding of about 1e-6 in each grows a hundredfold."""
    options = ("--iterations", "10", "--sync-bn")
    assert forks.wait(forks.start("trained", *arguments(tmp_path / "one", *options))) == [0]
    assert forks.wait(*forks.ranks(2, "trained", *arguments(tmp_path / "two", *options))) == [0, 0]
    assert differ(tmp_path / "one", tmp_path / "two") < 1e-3
    assert forks.wait(*forks.ranks(2, "trained", *arguments(tmp_path / "apart", "--iterations", "10"))) == [0, 0]
    assert differ(tmp_path / "one", tmp_path / "apart") > 1e-2  # each normalises its own images: the paper's


def test_another_number_of_processes_goes_on(tmp_path: Path, forks: Forks) -> None:
    options = ("--iterations", "230", "--sync-bn", "--save-every", "100")
    children = forks.ranks(2, "trained", *arguments(tmp_path, *options))
    wait_for(tmp_path / checkpoint.NAME)
    os.kill(children[1], signal.SIGTERM)  # one is told, both stop
    assert forks.wait(*children) == [143, 143]
    assert "Go on with: the same torchrun command, and --resume" in forks.told()
    stopped = checkpoint.load(tmp_path / checkpoint.NAME)["iteration"]
    assert stopped % 10 == 0
    assert 0 < stopped < 230
    assert forks.wait(forks.start("trained", *arguments(tmp_path, *options, "--resume"))) == [0]
    state = checkpoint.load(tmp_path / checkpoint.NAME)
    assert state["iteration"] == 230
    assert [row["iteration"] for row in state["rows"]] == [100, 200, 230]
    assert state["rows"][-1]["test_error"] < 20


def test_a_lost_process_ends_the_job_with_a_message(tmp_path: Path, forks: Forks) -> None:
    children = forks.ranks(2, "trained", *arguments(tmp_path, "--iterations", "100000", "--save-every", "100"))
    wait_for(tmp_path / checkpoint.NAME)
    os.kill(children[1], signal.SIGKILL)
    assert forks.wait(*children) == [train.FAILED, -signal.SIGKILL]
    assert "process 0 of 2 lost the others and ends" in forks.told()
    assert "--resume" in forks.told()
    assert checkpoint.load(tmp_path / checkpoint.NAME)["iteration"] >= 100


def test_nodes_without_a_common_disk_go_on_from_the_first_ones_checkpoint(tmp_path: Path, forks: Forks) -> None:
    options = ("--iterations", "160", "--save-every", "10")
    assert forks.wait(*forks.ranks(2, "trained", *arguments(tmp_path / "whole", *options))) == [0, 0]
    parts = arguments(tmp_path / "{rank}", *options, "--resume")
    children = forks.ranks(2, "trained", *parts)
    wait_for(tmp_path / "0" / checkpoint.NAME)
    for child in children:
        os.kill(child, signal.SIGKILL)
    forks.wait(*children)
    assert not (tmp_path / "1" / checkpoint.NAME).exists()
    assert 0 < checkpoint.load(tmp_path / "0" / checkpoint.NAME)["iteration"] < 160
    assert forks.wait(*forks.ranks(2, "trained", *parts)) == [0, 0]
    assert same(weights_of(tmp_path / "whole"), weights_of(tmp_path / "0"))


def test_images_that_the_first_process_cannot_read_end_all_of_them(tmp_path: Path, forks: Forks) -> None:
    assert forks.wait(*forks.ranks(2, "trained", *arguments(tmp_path), "--data", "missing")) == [2, train.FAILED]
    assert "python -m resnet_impl.cifar10.train: no images" in forks.told()
    assert "process 1 of 2 lost the others and ends" in forks.told()
    assert "Traceback" not in forks.told()


def test_ghosts_larger_than_a_process_s_share_are_refused(tmp_path: Path, forks: Forks) -> None:
    options = ("--iterations", "10", "--ghost", "16")
    assert forks.wait(*forks.ranks(2, "trained", *arguments(tmp_path, *options))) == [2, 2]
    assert "16 images cannot be normalised together where each of 2 processes has 8" in forks.told()


def test_a_batch_that_cannot_be_divided(tmp_path: Path, forks: Forks) -> None:
    assert forks.wait(*forks.ranks(3, "trained", *arguments(tmp_path, "--iterations", "10"))) == [2, 2, 2]
    assert "a batch of 16 images cannot be divided among 3 processes" in forks.told()


def test_synchronised_bn_has_the_statistics_of_all(tmp_path: Path, forks: Forks) -> None:
    """Two processes with four images each: values, statistics and gradients of BN over all eight."""
    assert forks.wait(*forks.ranks(2, "normed", str(tmp_path))) == [0, 0]
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    x = torch.randn(8, 4, 5, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    whole = nn.BatchNorm2d(4)
    out = whole(x)
    out.pow(3).sum().backward()
    torch.testing.assert_close(torch.cat([first["out"], second["out"]]), out.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(torch.cat([first["grad"], second["grad"]]), x.grad, rtol=1e-4, atol=1e-5)
    for name, value in whole.named_buffers():
        torch.testing.assert_close(first[name], value)
        assert same({name: first[name]}, {name: second[name]})
