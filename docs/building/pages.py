"""Which pages there are: those that are generated, those that are written, and their Korean twins."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from resnet_conformance.reports.output import write_atomically

DOCS = Path(__file__).resolve().parents[1]
LANGUAGES = ("en", "ko")
# page: the module beside this one whose `render(language)` writes it
GENERATED = {
    "api": "api",
    "architectures": "architectures",
    "clauses": "clauses",
    "commands": "commands",
    "deviations": "deviations",
    "json-report": "report_schema",
    "libraries": "libraries",
    "proof": "proof",
    "table6": "table6",
    "yaml": "spec_schemas",
}
TRANSLATED = DOCS / "ko" / "translated.json"
REMAKE = "python -m docs.building --write"


def path_of(name: str, language: str) -> Path:
    """Where a page stands in that language."""
    return DOCS / ("" if language == "en" else language) / f"{name}.md"


def renderer(name: str) -> Callable[[str], str]:
    """What writes a generated page."""
    render: Callable[[str], str] = importlib.import_module(f"docs.building.{GENERATED[name]}").render
    return render


def written() -> list[str]:
    """The pages that people write, in English."""
    return sorted(path.stem for path in DOCS.glob("*.md") if path.stem not in GENERATED)


def stale() -> Iterator[str]:
    """Generated pages that are not what would be written today."""
    for name in GENERATED:
        for language in LANGUAGES:
            path = path_of(name, language)
            if not path.exists() or path.read_text("utf-8") != renderer(name)(language):
                yield f"{path.relative_to(DOCS.parent).as_posix()} is out of date: {REMAKE}"


def untranslated() -> Iterator[str]:
    """Pages without a twin in the other language, and Korean ones of an English text that has changed since."""
    noted = _noted()
    for name in written():
        if not path_of(name, "ko").exists():
            yield f"docs/{name}.md has no Korean page: write docs/ko/{name}.md, then {note_command(name)}"
        elif noted.get(name) != digest(name):
            yield f"docs/ko/{name}.md is of another docs/{name}.md: bring it up to date, then {note_command(name)}"
    for path in sorted((DOCS / "ko").glob("*.md")):
        if not path_of(path.stem, "en").exists():
            yield f"docs/ko/{path.name} has no English page"


def note_command(name: str) -> str:
    """What notes that the Korean page says what the English one says now."""
    return f"python -m docs.building --translated {name}"


def digest(name: str) -> str:
    """The English text of a page, as a short name of what it is."""
    return hashlib.sha256(path_of(name, "en").read_bytes()).hexdigest()[:16]


def note_translated(names: list[str]) -> None:
    """Note that these pages' Korean texts are of the English ones of now. Raises SystemExit for one that is missing."""
    for name in names:
        for language in LANGUAGES:
            if name in GENERATED or not path_of(name, language).exists():
                raise SystemExit(
                    f"{name!r} is no page that is written in both languages; there are {', '.join(written())}"
                )
    noted = {name: text for name, text in _noted().items() if name in written()}
    noted.update({name: digest(name) for name in names})
    write_atomically(TRANSLATED, json.dumps(dict(sorted(noted.items())), indent=2) + "\n")


def _noted() -> dict[str, str]:
    found: dict[str, str] = json.loads(TRANSLATED.read_text("utf-8")) if TRANSLATED.exists() else {}
    return found


def write() -> list[Path]:
    """Write every generated page that has changed; returns these."""
    changed = []
    for name in GENERATED:
        for language in LANGUAGES:
            path, text = path_of(name, language), renderer(name)(language)
            if not path.exists() or path.read_text("utf-8") != text:
                write_atomically(path, text)
                changed.append(path)
    return changed
