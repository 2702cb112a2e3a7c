"""Texts of the code as Markdown: descriptions, help texts, docstrings, in which Markdown reads what they say."""

from __future__ import annotations

import re
from textwrap import dedent

SPAN = re.compile(r"(`[^`]+`)")
SIGN = re.compile(r"[\\*<\[\]$~]|(?<!\w)_|_(?!\w)")
SUFFIXES = "py|onnx|pt2|pth|pt|toml|yaml|json|safetensors|md|xml|html|svg"
WORD = re.compile(
    rf"""
      docs/(?P<page>[\w-]+)\.md
    | (?<!\w)'(?P<quoted>[^']+)'(?!\w)
    | (?P<code> (?<![\w-])--[a-z][\w-]*
              | package\.module:\w+
              | resnet-conformance\ [a-z]+
              | \[tool\.[\w-]+\]
              | (?<![\w/.])[\w./-]*\.(?:{SUFFIXES})\b(?::\w+)? )
    """,
    re.VERBOSE,
)


def plain(text: str) -> str:
    """A text in which Markdown sees only what stands in backticks."""
    return "".join(part if part.startswith("`") else SIGN.sub(r"\\\g<0>", part) for part in SPAN.split(text))


def code(text: str) -> str:
    """A word of a program."""
    return f"`{text}`"


def terminal(text: str) -> str:
    """A text written for a terminal: options, files and what it quotes become code, a page that it names a link."""
    return "".join(part if part.startswith("`") else _worded(part) for part in SPAN.split(text))


def _worded(text: str) -> str:
    parts, end = [], 0
    for found in WORD.finditer(text):
        parts += [plain(text[end : found.start()]), _marked(found)]
        end = found.end()
    return "".join([*parts, plain(text[end:])])


def _marked(found: re.Match[str]) -> str:
    if page := found["page"]:
        return f"[docs/{page}.md]({page}.md)"
    return code(found["quoted"] or found["code"])


def docstring(text: str) -> str:
    """A docstring as paragraphs, lists where lines begin with a star, and code where they are indented."""
    return "\n\n".join(_paragraph(part) for part in re.split(r"\n{2,}", text.strip("\n")))


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return f"```python\n{dedent(text)}\n```"
    if text.startswith("* "):
        return "\n".join(f"- {joined(entry)}" for entry in re.split(r"(?:^|\n)\* ", text)[1:])
    return joined(text)


def joined(text: str) -> str:
    """A paragraph on one line."""
    return terminal(" ".join(text.split()))


def lead(text: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return joined((text or "").partition("\n\n")[0])
