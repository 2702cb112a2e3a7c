"""The command line as a process, and targets that write to its output or outlast its time limit."""

from __future__ import annotations

import json
import os
import resource
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

pytestmark = pytest.mark.slow

NETS = r"""
import atexit, ctypes, os, re, shutil, signal, subprocess, sys, threading, time
from pathlib import Path
from torch import nn

def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))

def loud():
    print("by print")
    sys.__stdout__.write("by the original stream\n")
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

def leaves():
    threading.Thread(target=time.sleep, args=(600,)).start()
    atexit.register(time.sleep, 600)
    open("left", "w").write(str(subprocess.Popen(["sleep", "600"]).pid))
    for _ in range(100):
        print("x" * 100_000)
    return net()

def waits():
    open("waiting", "w").write(f"{os.getpid()} {subprocess.Popen(['sleep', '600']).pid}")
    os.rename("waiting", "child")
    time.sleep(600)

def exits():
    os._exit(0)

def is_killed():
    os.kill(os.getpid(), signal.SIGKILL)

def crashes():
    os.kill(os.getpid(), signal.SIGSEGV)

def raises():
    raise OSError("no weights here")

def exits_as_a_shell_does():
    os._exit(130)

def interrupts():
    raise KeyboardInterrupt

def prints_on():
    while True:
        print("x" * 100_000_000)

def obeyed():
    raise ValueError(chr(27) + "[2Jgone")

def swallows():
    while True:
        try:
            time.sleep(1)  # and again
        except BaseException:
            pass

def resets_the_timer():
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True:
        time.sleep(1)  # in silence

def is_busy():
    re.fullmatch("(a+)+", "a" * 40 + "b")  # no other thread runs meanwhile

def removes_its_place():
    shutil.rmtree(its_place())
    time.sleep(60)

def lies():
    (its_place() / "place").write_text("elsewhere")
    time.sleep(60)  # after a lie

def its_place():
    return Path(re.search(r"main\('(.*?)'\)", Path("/proc/self/cmdline").read_text())[1])
"""


def late(limit: str, line: str) -> str:
    """What is said of code that is at this line of it when the time is over."""
    number = next(n for n, each in enumerate(NETS.splitlines(), 1) if line in each)
    return f"took longer than {limit}: give it more time (--timeout). When the time was over it was at nets.py:{number}"


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


@pytest.mark.parametrize("name", ["loud", "closes", "closes_the_stream", "leaves"])
def test_nothing_of_the_target_reaches_standard_output(folder: Path, name: str) -> None:
    done = run_process(folder, "check", f"nets.py:{name}", "--architecture", "cifar10/resnet20", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["target"]["address"] == f"nets.py:{name}"
    assert done.stderr == ""


ENDS = {
    "swallows": f"nets.py:swallows {late('0.5 s', 'time.sleep(1)  # and again')}",
    "resets_the_timer": f"nets.py:resets_the_timer {late('0.5 s', 'time.sleep(1)  # in silence')}",
    "is_busy": "nets.py:is_busy took longer than 0.5 s: give it more time (--timeout)",
    "removes_its_place": "nets.py:removes_its_place took longer than 0.5 s: give it more time (--timeout)",
    "lies": f"nets.py:lies {late('0.5 s', 'time.sleep(60)  # after a lie')}",
    "prints_on": f"nets.py:prints_on {late('3 s', '* 100_000_000')}",
    "exits_as_a_shell_does": "its code ended the process (os._exit, exit code 130)",
    "interrupts": "raised KeyboardInterrupt",
    "obeyed": "cannot construct nets.py:obeyed: ValueError:  [2Jgone",
    "exits": "its code ended the process (os._exit, exit code 0) before the network could be judged",
    "is_killed": "its process was killed (SIGKILL), as systems do when memory runs out",
    "crashes": "its process was ended by a crash of compiled code (SIGSEGV)",
    "raises": "cannot construct nets.py:raises: OSError: no weights here",
}


@pytest.mark.parametrize("name", ENDS)
def test_a_target_that_does_not_come_back_is_not_examined_and_the_report_is_written(
    folder: Path, name: str, assert_one_message: Callable[..., None]
) -> None:
    begin = time.perf_counter()
    wanted = ("--architecture", "cifar10/resnet20", "--output", "report.json", "--format", "json")
    limit = "3" if name == "prints_on" else "0.5" if "longer" in ENDS[name] else "60"
    done = run_process(folder, "check", f"nets.py:{name}", "--timeout", limit, *wanted)
    assert_one_message((done.returncode, done.stdout, done.stderr), ENDS[name])
    assert time.perf_counter() - begin < 45
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["verdict"] == "not-examined"
    assert {(f["outcome"], ENDS[name] in f["message"]) for f in report["findings"]} == {("not-examined", True)}


def test_what_a_target_prints_fills_no_memory(folder: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    run_process(folder, "check", "nets.py:net", "--architecture", "cifar10/resnet20", "--evidence", "structure")
    usual = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
    run_process(folder, "check", "nets.py:prints_on", "--timeout", "5")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < usual + 300_000  # kB; it prints 100 MB at a time


def test_a_target_that_removes_the_folder(tmp_path: Path, assert_one_message: Callable[..., None]) -> None:
    home, doomed = tmp_path / "home", tmp_path / "doomed"
    home.mkdir()
    doomed.mkdir()
    removes = f"import shutil\ndef removes():\n    shutil.rmtree({str(doomed)!r})\n    return net()\n"
    (home / "nets.py").write_text(NETS + removes)
    done = run_process(doomed, "check", f"{home}/nets.py:removes", "--architecture", "cifar10/resnet20")
    assert_one_message(
        (done.returncode, done.stdout, done.stderr), "nets.py:removes", "No such file or directory", "doomed"
    )


@pytest.mark.parametrize("module", ["timeit", "numpy", "torch"])
def test_modules_of_the_targets_folder_are_not_taken_for_ours(folder: Path, module: str) -> None:
    (folder / f"{module}.py").write_text("raise SystemExit('the wrong one')\n")
    command = [str(Path(sys.executable).with_name("resnet-conformance"))]
    if not Path(command[0]).exists():  # pragma: no cover
        pytest.skip("not installed")
    done = subprocess.run(
        [*command, "check", "nets.py:net", "--architecture", "cifar10/resnet20", "--evidence", "structure"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""


def test_what_a_target_started_ends_with_it(folder: Path) -> None:
    done = run_process(folder, "identify", "nets.py:leaves")
    assert done.returncode in (0, 1), done.stderr
    number = int((folder / "left").read_text())
    deadline = time.monotonic() + 10
    while _runs(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(number)


def test_nothing_stays_of_a_parent_that_is_killed(folder: Path) -> None:
    command = [sys.executable, "-m", "resnet_conformance", "identify", "nets.py:waits"]
    (folder / "tmp").mkdir()
    places = {"PYTHONPATH": str(Path(__file__).parents[3] / "conformance"), "TMPDIR": str(folder / "tmp")}
    with subprocess.Popen(command, cwd=folder, env={**os.environ, **places}) as running:
        deadline = time.monotonic() + 60
        while not (folder / "child").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        running.kill()
    numbers = [int(number) for number in (folder / "child").read_text().split()]
    assert len(numbers) == 2
    while any(map(_runs, numbers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(_runs, numbers))
    assert not list((folder / "tmp").iterdir())


def _runs(number: int) -> bool:
    """Does a process of that number run (one that ended and was not waited for does not)?"""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
