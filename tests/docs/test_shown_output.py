"""What the pages show as output is what the commands print today; "..." stands for what is left out.

A block of Python below `<!-- file: NAME -->` is that file, for the commands of its page. A block below
`<!-- not run: WHY -->` is left alone.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.reading import CHECKOUT, DOCS

PAGES = sorted([CHECKOUT / "README.md", *DOCS.glob("*.md")])  # the Korean pages show the same
FILE = re.compile(r"<!-- file: (\S+) -->\n+```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"(?P<skip><!-- not run: [^>]+ -->\n+)?^```console\n(?P<shown>.*?)^```$", re.DOTALL | re.MULTILINE)
# the cheatsheet's are quick, and run in test_teaching_pages.py
PYTHON = [page for page in PAGES if "```pycon" in page.read_text("utf-8") and page.name != "cheatsheet.md"]
PROGRAMS = {"resnet-conformance": ["-m", "resnet_conformance"], "python": []}
LIBRARIES = ("timm", "transformers", "pytorchcv", "monai", "fastai", "lightly", "pycls")


def shown(page: Path) -> list[list[tuple[str, str]]]:
    """The blocks with output, each as commands and what follows them."""
    found = []
    for match in BLOCK.finditer(page.read_text("utf-8")):
        joined = match["shown"].replace("\\\n", " ")
        steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", joined, re.MULTILINE)
        if not match["skip"] and any(output.strip() for _, output in steps):
            found.append(steps)
    return found


CASES = [
    pytest.param(page, steps, id=f"{page.relative_to(CHECKOUT).as_posix()}: {steps[0][0][:60]}")
    for page in PAGES
    for steps in shown(page)
]


def test_there_are_such_blocks() -> None:
    assert len(CASES) > 3
    assert any(page.name == "README.md" for page, _ in (case.values for case in CASES))


@pytest.mark.slow
@pytest.mark.parametrize(("page", "steps"), CASES)
def test_a_command_prints_what_is_shown(page: Path, steps: list[tuple[str, str]], tmp_path: Path) -> None:
    for library in LIBRARIES:
        if library in str(steps) and importlib.util.find_spec(library) is None:
            pytest.skip(f"{library} is not installed")
    for name, text in FILE.findall(page.read_text("utf-8")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    for command, output in steps:
        program, *words = shlex.split(command, comments=True)
        assert program in PROGRAMS, f"{command}: write `<!-- not run: WHY -->` above the block"
        found = subprocess.run(
            [sys.executable, *PROGRAMS[program], *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
            timeout=600,
            check=False,
        )
        printed = found.stdout + found.stderr
        if output.strip():
            assert re.fullmatch(pattern(output), printed.strip()), f"$ {command}\n{printed}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PYTHON, ids=lambda page: page.name)
def test_python_examples_give_what_they_show(page: Path) -> None:
    source = "\n".join(re.findall(r"^```pycon\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    examples = doctest.DocTestParser().get_doctest(source, {}, page.name, str(page), 0)
    told: list[str] = []
    doctest.DocTestRunner().run(examples, out=told.append)
    assert examples.examples
    assert not told, "".join(told)


def pattern(output: str) -> str:
    """What is shown, as an expression: a line of "..." is any lines, "..." within a line any words of it."""
    lines = [line.rstrip() for line in output.strip().splitlines()]
    parts = [r"(?:.*\n)*?.*?" if line.strip() == "..." else re.escape(line).replace(r"\.\.\.", ".*") for line in lines]
    return r"[ ]*\n".join(parts)


@pytest.mark.parametrize(
    ("output", "printed", "same"),
    [
        ("a\n  ...\nb", "a\nx\ny\nb", True),
        ("a\n...", "a\nx\ny", True),
        ("a\n...", "a", False),
        ("a ... c", "a b c", True),
        ("a ... c", "a\nc", False),
        ("a", "a\nb", False),
    ],
)
def test_three_dots_stand_for_what_is_left_out(output: str, printed: str, same: bool) -> None:
    assert bool(re.fullmatch(pattern(output), printed)) == same
