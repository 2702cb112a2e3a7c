"""Words in lines: wrapping by terminal cells (Korean letters take two), text for streams with few letters."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len

ASCII = str.maketrans(
    {
        "\N{SECTION SIGN}": "section ",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{MIDDLE DOT}": "*",
        "\N{RIGHTWARDS ARROW}": "->",
        "\N{LESS-THAN OR EQUAL TO}": "<=",
        "\N{GREATER-THAN OR EQUAL TO}": ">=",
        "\N{NOT EQUAL TO}": "!=",
        "\N{PLUS-MINUS SIGN}": "+-",
        "\N{SUPERSCRIPT TWO}": "^2",
        "\N{SQUARE ROOT}": "sqrt",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    }
)


def clean(text: str) -> str:
    """One line without control characters: a found name or message must not steer the terminal."""
    return "".join(c if _is_letter(c) else f"\\u{ord(c):04x}" for c in " ".join(text.split()))


def _is_letter(c: str) -> bool:
    """Is it a sign that any stream and any XML may hold?"""
    return unicodedata.category(c) not in ("Cc", "Cf", "Cs") and c not in "\ufffe\uffff"


def wrap(text: str, width: int) -> list[str]:
    """The words of `text` in lines of at most `width` cells; a longer word (a path) has a line of its own."""
    lines: list[str] = []
    for word in clean(text).split():
        if lines and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cut(text: str, width: int) -> str:
    """The first words of `text`, with "..." where some had to go."""
    first, *rest = wrap(text, width) or [""]
    if not rest and cell_len(first) <= width:
        return first
    words = (wrap(text, width - 4) or [""])[0]
    return f"{words} ..." if cell_len(words) <= width - 4 else f"{words[: max(width - 4, 1)]} ..."


def pad(text: str, width: int) -> str:
    """`text` filled with spaces to `width` cells."""
    return text + " " * (width - cell_len(text))


def some(names: tuple[str, ...], most: int) -> str:
    """ "a, b, ... and 3 more": the first `most` names."""
    names = tuple(clean(name) for name in names)
    if len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])}, ... and {len(names) - most} more"


def encodable(text: str, encoding: str | None) -> str:
    """`text` as a stream of that encoding shows it: signs that it lacks in ASCII, other letters escaped."""
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(ASCII).encode(encoding, errors="backslashreplace").decode(encoding)
    return text
