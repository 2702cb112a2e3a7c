"""Two processes over gloo: the result of one, the paper's BN of each device, and what becomes of a lost process."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from resnet_impl.cifar10 import checkpoint, train

from .runs_made import fork, made_data, same, weights_of

pytestmark = pytest.mark.slow

OPTIONS = ("--model", "resnet8", "--batch", "16", "--device", "cpu", "--data", "made", "--evaluate-every", "100")


@pytest.fixture(autouse=True)
def _made_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "load_data", lambda where, **options: made_data())
    torch.set_num_threads(1)


def main(folder: Path, *more: str) -> int:
    return train.main([*OPTIONS, "--output", str(folder), *more])


def start(size: int, work: Callable[[], int]) -> list[int]:
    """Processes as torchrun starts them: their numbers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}

    def ranked(rank: int) -> int:
        os.environ.update(address, RANK=str(rank), LOCAL_RANK=str(rank))
        return work()

    return [fork(lambda rank=rank: ranked(rank)) for rank in range(size)]  # type: ignore[misc]


def wait_for(path: Path) -> None:
    """Until the file is there."""
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name} after a minute"
        time.sleep(0.05)


def codes(children: list[int]) -> list[int]:
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def differ(one: Path, other: Path) -> float:
    """The largest difference of weights, relative to the largest weight of each tensor."""
    pairs = [(a.double(), weights_of(other)[name].double()) for name, a in weights_of(one).items()]
    return max(float((a - b).abs().max() / a.abs().max().clamp(min=1e-12)) for a, b in pairs)


def test_two_synchronised_processes_are_one(tmp_path: Path) -> None:
    """In float32, after ten iterations at the full rate: rounding of about 1e-6 in each grows a hundredfold."""
    options = ("--iterations", "10", "--sync-bn")
    assert main(tmp_path / "one", *options) == 0
    assert codes(start(2, lambda: main(tmp_path / "two", *options))) == [0, 0]
    assert differ(tmp_path / "one", tmp_path / "two") < 1e-3
    assert codes(start(2, lambda: main(tmp_path / "apart", "--iterations", "10"))) == [0, 0]
    assert differ(tmp_path / "one", tmp_path / "apart") > 1e-2  # each normalises its own images: the paper's


def test_another_number_of_processes_goes_on(tmp_path: Path) -> None:
    options = ("--iterations", "230", "--sync-bn", "--save-every", "100")
    children = start(2, lambda: main(tmp_path, *options))
    wait_for(tmp_path / checkpoint.NAME)
    os.kill(children[1], signal.SIGTERM)  # one is told, both stop
    assert codes(children) == [143, 143]
    stopped = checkpoint.load(tmp_path / checkpoint.NAME)["iteration"]
    assert stopped % 100 == 0
    assert 0 < stopped < 230
    assert main(tmp_path, *options, "--resume") == 0
    state = checkpoint.load(tmp_path / checkpoint.NAME)
    assert state["iteration"] == 230
    assert [row["iteration"] for row in state["rows"]] == [100, 200, 230]
    assert state["rows"][-1]["test_error"] < 20


def test_a_lost_process_ends_the_job_with_a_message(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    children = start(2, lambda: main(tmp_path, "--iterations", "100000", "--save-every", "100"))
    wait_for(tmp_path / checkpoint.NAME)
    os.kill(children[1], signal.SIGKILL)
    assert codes(children) == [train.FAILED, -signal.SIGKILL]
    err = capfd.readouterr().err
    assert "process 0 of 2 lost the others and ends" in err
    assert "--resume" in err
    assert checkpoint.load(tmp_path / checkpoint.NAME)["iteration"] >= 100


def test_a_batch_that_cannot_be_divided(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert codes(start(3, lambda: main(tmp_path, "--iterations", "10"))) == [2, 2, 2]
    assert "a batch of 16 images cannot be divided among 3 processes" in capfd.readouterr().err


def test_synchronised_bn_has_the_statistics_of_all(tmp_path: Path) -> None:
    """Two processes, one BN: values, running statistics and gradients of one process with both halves."""
    from torch import distributed, nn

    from resnet_impl.cifar10.norms import synchronize
    from resnet_impl.cifar10.world import joined

    x = torch.randn(8, 4, 5, 5, generator=torch.Generator().manual_seed(0))

    def ran(part: slice, path: Path) -> int:
        net = nn.Sequential(nn.BatchNorm2d(4))
        synchronize(net)
        given = x[part].clone().requires_grad_()
        out = net(given)
        out.pow(3).sum().backward()
        found = {"out": out.detach(), "grad": given.grad, **net[0].state_dict()}
        torch.save(found, path)
        return 0

    def work() -> int:
        with joined("cpu") as world:
            assert distributed.get_world_size() == 2
            return ran(slice(4 * world.rank, 4 * world.rank + 4), tmp_path / f"{world.rank}.pt")

    assert codes(start(2, work)) == [0, 0]
    ran(slice(0, 8), tmp_path / "whole.pt")
    whole, first, second = (torch.load(tmp_path / f"{name}.pt") for name in ("whole", "0", "1"))
    for name in ("out", "grad"):
        torch.testing.assert_close(torch.cat([first[name], second[name]]), whole[name], rtol=1e-4, atol=1e-5)
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(first[name], whole[name])
        assert same({name: first[name]}, {name: second[name]})
