"""The command line as a process, and targets that write to its output or outlast its time limit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resnet_conformance.capture.problems import LimitError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeApi, Run

NETS = """
import ctypes, os, signal, subprocess, sys, time
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))

def loud():
    print("by print")
    sys.__stdout__.write("by the original stream\\n")
    os.write(1, b"by descriptor\\n")
    os.system("echo by a child")
    ctypes.CDLL(None).puts(b"by the C library")
    return net()

def closes():
    os.close(1)
    return net()

def closes_the_stream():
    sys.__stdout__.close()
    return net()

def swallows():
    while True:
        try:
            time.sleep(1)
        except BaseException:
            pass

def resets_the_timer():
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        time.sleep(1)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(NETS, encoding="utf-8")
    return tmp_path


def run_process(folder: Path, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resnet_conformance", *arguments]
    source = str(Path(__file__).parents[3] / "conformance")
    environment = {**os.environ, "PYTHONPATH": source}
    settings: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60, **options}
    return subprocess.run(command, cwd=folder, env=environment, text=True, check=False, **settings)


@pytest.mark.parametrize("name", ["loud", "closes"])
def test_nothing_of_the_target_reaches_standard_output(folder: Path, name: str) -> None:
    done = run_process(folder, "check", f"nets.py:{name}", "--architecture", "cifar10/resnet20", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["target"]["address"] == f"nets.py:{name}"
    assert done.stderr == ""


def test_a_stream_that_the_target_closed(folder: Path, assert_one_message: Callable[..., None]) -> None:
    done = run_process(folder, "check", "nets.py:closes_the_stream", "--architecture", "cifar10/resnet20")
    assert_one_message((done.returncode, done.stdout, done.stderr), "standard output", "closed")


@pytest.mark.parametrize("name", ["swallows", "resets_the_timer"])
@pytest.mark.parametrize("verb", ["check", "identify"])
def test_a_target_that_outlasts_its_limit(
    folder: Path, verb: str, name: str, assert_one_message: Callable[..., None]
) -> None:
    begin = time.perf_counter()
    done = run_process(folder, verb, f"nets.py:{name}", "--timeout", "0.5")
    assert_one_message((done.returncode, done.stdout, done.stderr), f"nets.py:{name}", "longer than 0.5 s", "--timeout")
    assert time.perf_counter() - begin < 45


def test_a_limit_that_is_over_at_once(folder: Path, assert_one_message: Callable[..., None]) -> None:
    done = run_process(folder, "check", "nets.py:net", "--timeout", "1e-9")
    assert_one_message((done.returncode, done.stdout, done.stderr), "longer than 1e-09 s")


@pytest.mark.parametrize("arguments", [("list", "architectures"), ("list", "clauses", "--format", "json")])
def test_a_closed_standard_output(
    folder: Path, arguments: tuple[str, ...], assert_one_message: Callable[..., None]
) -> None:
    done = run_process(folder, *arguments, stdout=None, preexec_fn=lambda: os.close(1))
    assert_one_message((done.returncode, "", done.stderr), "standard output", "closed")


def test_a_stream_without_a_descriptor(folder: Path) -> None:
    code = (
        "import io, os, sys\n"
        "from resnet_conformance.cli import main\n"
        "sys.stdout = memory = io.StringIO()\n"
        "code = main(['check', 'nets.py:loud', '--architecture', 'cifar10/resnet20', '--format', 'json'])\n"
        "os.write(2, memory.getvalue().encode())\n"
        "sys.exit(code)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "conformance")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout == b""
    assert json.loads(done.stderr)["target"]["address"] == "nets.py:loud"


def test_a_wrong_limit_is_one_message(api: FakeApi, run: Run, assert_one_message: Callable[..., None]) -> None:
    api.fails(LimitError("the time limit is 0: give a number of seconds above 0"))
    assert_one_message(run("check", "a:b"), "the time limit is 0")
