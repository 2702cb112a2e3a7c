"""The command line as a process: its streams, its import path, and `python -m`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resnet_conformance.spec import load_spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import FakeApi, Run

pytestmark = pytest.mark.slow

FULL = Path("/dev/full")

NET = """
from torch import nn
def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 10))
"""


def process(*arguments: str, code: str = "", **options: Any) -> subprocess.Popen[bytes]:
    """The command line in a process of its own; `code` runs before it."""
    start = f"import sys\n{code}\nfrom resnet_conformance.cli import main\nsys.exit(main(sys.argv[1:]))"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen([sys.executable, "-c", start, *arguments], **pipes)


class TestProcess:
    def test_a_reader_that_goes_away_is_no_error(self) -> None:
        with process("list", "clauses", "--format", "json") as running:
            assert running.stdout is not None
            assert running.stderr is not None
            running.stdout.close()
            assert running.wait() == 0
            assert running.stderr.read() == b""

    @pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
    @pytest.mark.parametrize("form", ["terminal", "json"])
    def test_a_full_disk_is_one(self, form: str, assert_one_message: Callable[..., None]) -> None:
        with FULL.open("wb") as full, process("list", "clauses", "--format", form, stdout=full) as running:
            _, err = running.communicate()
        assert_one_message((running.returncode, "", err.decode()), "standard output: No space left on device\n")

    @pytest.mark.parametrize("form", ["terminal", "json"])
    def test_a_stream_without_unicode(self, form: str) -> None:
        environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
        with process("list", "clauses", "--lang", "ko", "--format", form, env=environment) as running:
            out, err = running.communicate()
        assert (running.returncode, err) == (0, b"")
        text = out.decode("ascii")
        if form == "json":
            statement = next(entry for entry in json.loads(text) if entry["id"] == "BTN-04")["statement"]["ko"]
            assert statement == load_spec().clauses["BTN-04"].statement["ko"]
        else:
            assert "BTN-04" in text

    def test_modules_of_the_current_folder_are_found(self, tmp_path: Path) -> None:
        (tmp_path / "my_networks.py").write_text(NET, encoding="utf-8")
        # As the installed script: its own folder, not the current one, stands first in sys.path.
        with process("identify", "my_networks:net", code="sys.path[0] = '/nowhere'", cwd=tmp_path) as running:
            out, err = running.communicate()
        assert err == b""
        assert out.startswith(b"my_networks:net")

    def test_sys_path_is_left_as_it_was(self, api: FakeApi, run: Run) -> None:
        before = list(sys.path)
        run("check", "a:b")
        assert sys.path == before

    def test_python_m(self, assert_one_message: Callable[..., None]) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "resnet_conformance", "explain", "BTN-4"],
            capture_output=True,
            check=False,
            text=True,
        )
        assert_one_message((done.returncode, done.stdout, done.stderr), "BTN-04")


def test_nothing_is_left_in_the_users_folder(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from resnet_impl import cifar_resnet20\n")
    command = [sys.executable, "-m", "resnet_conformance", "check", "net.py:cifar_resnet20", "--only", "BH-0*"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["net.py"]
