"""The whole kata, as its learner ends it: the real command in its child process, `check`, and some training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from resnet_conformance import check, cli
from resnet_conformance.kata.examination.looking import Learner
from tests.conformance.kata.solving import changed, solved, write

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_finished_exercise_holds_and_its_network_conforms(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    exercise = write(tmp_path, solved(language))
    assert cli.main(["kata", "check", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert out.count("ok  ") == 10
    assert f"resnet-conformance check {exercise}:resnet20 --architecture cifar10/resnet20" in out
    assert check(f"{exercise}:resnet20", "cifar10/resnet20").verdict == "conforms"


def test_the_finished_network_trains(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = Learner.load(write(tmp_path, solved())).resnet20()
    images, labels = torch.randn(32, 3, 32, 32), torch.arange(32) % 10
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
    losses = []
    for _ in range(12):
        loss = nn.functional.cross_entropy(net(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


def test_a_learners_endless_loop_ends(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, changed(("return x[:, :, ::stride, ::stride]", "while True: pass")))
    assert cli.main(["kata", "check", str(tmp_path), "--timeout", "3"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "took longer than 3 s" in captured.err
