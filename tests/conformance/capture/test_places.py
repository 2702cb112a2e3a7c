"""Which line a message tells of an error in a stranger's code."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from resnet_conformance.capture.places import place_of


def raised(folder: Path, *, by_hand: str, in_library: str | None) -> BaseException:
    """What a program raises that calls an installed library, or calls torch itself where there is none."""
    library = folder / "lib" / "site-packages" / "blocks.py"
    library.parent.mkdir(parents=True)
    library.write_text(in_library or "")
    (folder / "net.py").write_text(f"import runpy\n\n{by_hand.format(library=str(library))}\n")
    with pytest.raises((ValueError, RuntimeError)) as error:
        runpy.run_path(str(folder / "net.py"))
    return error.value


def of_the_suite(call: Callable[[], object]) -> BaseException:
    """What that call raises, without the lines of this file: as if the suite itself had called."""
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    trace = error.value.__traceback__
    while trace and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return error.value.with_traceback(trace)


def test_ones_own_line_is_told_before_the_librarys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = raised(tmp_path, by_hand="runpy.run_path({library!r})", in_library="\n\nraise ValueError('3 heads')\n")
    assert place_of(error) == " (net.py:3)"


def test_the_innermost_of_ones_own_lines_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parts.py").write_text("import torch\n\n\ntorch.zeros(2) @ torch.zeros(3)\n")
    error = raised(tmp_path, by_hand="runpy.run_path('parts.py')", in_library=None)
    assert place_of(error) == " (parts.py:4)"


@pytest.mark.parametrize("packages", ["site-packages", "dist-packages"])
def test_the_librarys_line_is_told_where_no_other_is_there(tmp_path: Path, packages: str) -> None:
    library = tmp_path / packages / "blocks.py"
    library.parent.mkdir()
    library.write_text("def block():\n    raise ValueError('3 heads')\n")
    block = runpy.run_path(str(library))["block"]
    assert place_of(of_the_suite(block)) == f" ({library}:2)"


def test_nothing_is_told_of_an_error_in_torch_alone() -> None:
    assert place_of(of_the_suite(lambda: nn.Conv2d(3, 4, 3)(None))) == ""
