"""Exercises for the tests: the finished one, made of the cookbook's patterns, and wrong ones made of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from resnet_conformance.kata.cookbook import read_cookbook
from resnet_conformance.kata.workshop import TEMPLATES

FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def template(language: str) -> str:
    """The exercise as it is handed out."""
    return (TEMPLATES / f"{language}.py.txt").read_text(encoding="utf-8")


def solved(language: str = "en", steps: int = 9) -> str:
    """The exercise with its first `steps` written as the cookbook writes them."""
    patterns = [code for r in read_cookbook(language)[:steps] for code in FENCE.findall(r.pattern)]
    written = {node.name: ast.get_source_segment(code, node) for code in patterns for node in ast.parse(code).body}
    text = template(language)
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        if getattr(node, "name", None) in written:
            lines[node.lineno - 1 : node.end_lineno] = written.pop(node.name).splitlines()
    assert not written, "patterns that the exercise has no place for"
    return "\n".join(lines) + "\n"


def changed(*changes: tuple[str, str]) -> str:
    """The finished exercise with texts replaced, each of which must stand there once."""
    text = solved()
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the exercise"
        text = text.replace(old, new)
    return text


def write(folder: Path, text: str) -> Path:
    """The exercise in a folder."""
    path = folder / "exercise.py"
    path.write_text(text, encoding="utf-8")
    return path
