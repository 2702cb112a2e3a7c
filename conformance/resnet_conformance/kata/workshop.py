"""The learner's folder: the exercise, the recipes beside it, and the patterns, which are the solution, apart.

What is there already is never written to.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from .cookbook import LANGUAGES, Recipe, read_cookbook, render, render_pattern
from .outcome import STEPS
from .texts import load_texts

EXERCISE = "exercise.py"
RECIPES = "recipes"
PATTERNS = "patterns"
TEMPLATES = Path(__file__).parent / "exercise"


class WorkshopError(Exception):
    """The folder is not as it must be; the message says what to do."""


def start(folder: Path, language: str) -> tuple[Path, ...]:
    """Write the exercise and its recipes; the files that were written. Raises WorkshopError, and changes nothing then.

    A recipe that is there already stays as it is.
    """
    exercise = folder / EXERCISE
    if exercise.exists() or exercise.is_symlink():
        raise WorkshopError(
            f"{exercise} is there already and stays as it is; go on with it (resnet-conformance kata check {folder}),"
            " or name another folder"
        )
    template = (TEMPLATES / f"{language}.py.txt").read_text(encoding="utf-8")
    pages = {name: text for recipe in read_cookbook(language) for name, text in _pages(recipe, language)}
    written = []
    try:
        for name in (RECIPES, PATTERNS):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, text in [*pages.items(), (EXERCISE, template)]:
            if _write_new(folder / name, text):
                written.append(folder / name)
    except OSError as error:
        raise WorkshopError(f"cannot write into {folder}: {error.strerror or error}; name another folder") from error
    return tuple(written)


def _pages(recipe: Recipe, language: str) -> tuple[tuple[str, str], ...]:
    """What is written of a recipe: who reads how to go about a step must not see its solution at once."""
    recipe_name, pattern_name = (f"{name}/{recipe.number}.md" for name in (RECIPES, PATTERNS))
    link = load_texts(language).say("apart", file=f"[{pattern_name}](../{pattern_name})")
    return (
        (recipe_name, f"{render(recipe, language, pattern=False)}\n{link}\n"),
        (pattern_name, render_pattern(recipe, language)),
    )


def _write_new(path: Path, text: str) -> bool:
    """Write a file that is not there yet; whether it was written."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        return False
    return True


def find_exercise(folder: Path) -> Path:
    """The learner's file; `folder` may also be that file. Raises WorkshopError."""
    if folder.is_file():
        return folder
    exercise = folder / EXERCISE
    if not exercise.is_file():
        raise WorkshopError(
            f"there is no {EXERCISE} in {folder}; begin with: resnet-conformance kata start {folder}"
            if folder.is_dir()
            else f"there is no folder {folder}; begin with: resnet-conformance kata start {folder}"
        )
    return exercise


def language_of(exercise: Path) -> str:
    """The language that the exercise was started in, as its docstring says; English where it does not say."""
    found = re.search(r"^kata-language: (\w+)$", read(exercise), re.MULTILINE)
    return found[1] if found and found[1] in LANGUAGES else "en"


def open_step(exercise: Path) -> int:
    """The first step that still says `raise NotImplementedError`, the last one where none does (without running it)."""
    try:
        tree = ast.parse(read(exercise))
    except (SyntaxError, ValueError):
        return STEPS
    raised = (ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Raise))
    numbers = [int(found[1]) for text in raised if (found := re.search(r"NotImplementedError\('step (\d)'\)", text))]
    return min(numbers, default=STEPS)


def read(exercise: Path) -> str:
    """The text of the exercise. Raises WorkshopError."""
    try:
        return exercise.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkshopError(f"cannot read {exercise}: {error}") from error
