"""A program that forks children for the tests of training: they have torch imported and have not used it.

A process that has computed gradients cannot be forked, and pytest's have; a new process for each child would import
torch each time. One request in JSON a line: {"start": [what, arguments], "environment": {...}} -> the child's number;
{"wait": NUMBER} or {"poll": NUMBER} -> its exit code (poll: null while it runs).
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))

from runs_made import made_data

from resnet_impl.cifar10 import train
from resnet_impl.cifar10.data import Cifar10
from resnet_impl.cifar10.errors import DataError
from resnet_impl.cifar10.norms import synchronize
from resnet_impl.cifar10.world import joined


def load_data(where: str, **options: object) -> Cifar10:
    """Made images, but for the word missing."""
    if where == "missing":
        raise DataError("no images")
    return made_data()


train.load_data = load_data  # type: ignore[assignment]


def trained(*arguments: str) -> int:
    """The trainer's command line on made images."""
    return train.main(arguments)


def normed(folder: str) -> int:
    """A synchronised BN on this process's half of eight images; its values, gradient and buffers are saved."""
    with joined("cpu") as world:
        return norm_of(slice(4 * world.rank, 4 * world.rank + 4), Path(folder) / f"{world.rank}.pt")


def norm_of(part: slice, path: Path) -> int:
    """One pass of BN in training."""
    x = torch.randn(8, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    net = nn.Sequential(nn.BatchNorm2d(4))
    synchronize(net)
    given = x[part].clone().requires_grad_()
    out = net(given)
    out.pow(3).sum().backward()
    torch.save({"out": out.detach(), "grad": given.grad, **net[0].state_dict()}, path)
    return 0


def start(what: str, *arguments: str, environment: dict[str, str]) -> int:
    """Fork; gives the child's number."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.environ.update(environment)
        torch.set_num_threads(1)
        code = {"trained": trained, "normed": normed}[what](*arguments)
    except BaseException:  # noqa: BLE001 - told, and the child ends
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def answer(request: dict[str, Any]) -> int | None:
    """What one request asks for."""
    if "start" in request:
        return start(*request["start"], environment=request["environment"])
    number = request.get("wait", request.get("poll"))
    found, status = os.waitpid(number, 0 if "wait" in request else os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201 - the answer
