"""`resnet-conformance kata start | check | hint | watch`: what the words of the command line do."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from .. import outside
from ..capture.problems import LONGEST
from ..delivery import check_output, deliver
from ..outside import Request
from . import telling
from .cookbook import read_cookbook
from .outcome import WHOLE, Outcome
from .texts import Texts, load_texts
from .workshop import EXERCISE, WorkshopError, find_exercise, language_of, open_step, start

NOT_YET = 1
LOOK = 0.3  # seconds between two looks at the file

State = tuple[int, int, int] | None


def run_kata(options: argparse.Namespace) -> int:
    """Do what was asked; 0, or 1 where the exercise does not hold yet. Raises WorkshopError, outside.Problem."""
    return VERBS[options.kata](options)


def _start(options: argparse.Namespace) -> int:
    language = options.lang or "en"
    check_output()
    start(options.folder, language)
    texts = load_texts(language)

    def view(console: Console) -> None:
        console.print(texts.say("started", folder=options.folder, file=EXERCISE), soft_wrap=True, highlight=False)
        console.print(texts.say("begin", folder=options.folder), soft_wrap=True, highlight=False)

    deliver(view)
    return 0


def _check(options: argparse.Namespace) -> int:
    exercise = find_exercise(options.folder)
    check_output()
    return 0 if _examine(exercise, options).done else NOT_YET


def _examine(exercise: Path, options: argparse.Namespace) -> Outcome:
    """Ask the child, tell the answer. Raises Problem where none came."""
    language = options.lang or language_of(exercise)
    with TemporaryDirectory(prefix="resnet-conformance-", ignore_cleanup_errors=True) as folder:
        progress = Path(folder) / "step"
        request = Request("kata", (exercise.name, str(progress), language))
        try:
            text = outside.ask_text(request, options.timeout, exercise.parent, show_errors=hasattr(options, "debug"))
        except outside.Problem as problem:
            if not problem.late:
                raise
            raise outside.Problem(_late(exercise, progress, options.timeout, load_texts(language))) from None
    try:
        outcome = Outcome.from_text(text)
    except (ValueError, LookupError, TypeError) as error:  # the exercise, too, is foreign code
        raise outside.unreadable(request, f"{type(error).__name__}: {error}") from None
    deliver(lambda console: telling.tell(outcome, exercise, console, language))
    return outcome


def _late(exercise: Path, progress: Path, seconds: float, texts: Texts) -> str:
    """Which step was looked at when the time was over, and what there is to do."""
    step = exercise.name  # before the first step, or where the exercise wrote something else into that file
    with contextlib.suppress(OSError, ValueError):
        number = int(progress.read_text(encoding="ascii"))
        step = texts.say("whole") if number == WHOLE else texts.say("step", number=number)
    return texts.say("late", step=step, seconds=f"{seconds:g}", more=f"{min(10 * seconds, LONGEST):.0f}")


def _hint(options: argparse.Namespace) -> int:
    exercise: Path | None = None
    try:
        exercise = find_exercise(options.folder)
    except WorkshopError:
        if options.step is None:  # which step is next, only the exercise knows
            raise
    language = options.lang or (language_of(exercise) if exercise else "en")
    number = options.step or (open_step(exercise) if exercise else 1)
    recipe = read_cookbook(language)[number - 1]
    deliver(lambda console: telling.tell_recipe(recipe, language, options.pattern, exercise, console))
    return 0


def _watch(options: argparse.Namespace) -> int:
    exercise = find_exercise(options.folder)
    texts = load_texts(options.lang or language_of(exercise))
    _say(texts.say("watching", file=exercise))
    with contextlib.suppress(KeyboardInterrupt):  # the way to end it
        seen: State = None
        while True:
            seen = _changed(exercise, seen)
            _say(texts.say("again", time=f"{datetime.now().astimezone():%H:%M:%S}"))
            try:
                if _examine(exercise, options).done:
                    return 0
            except outside.Problem as problem:  # an endless loop of the learner's must not end the watch
                _say(str(problem))
    return 0


def _changed(exercise: Path, seen: State) -> State:
    """Wait until the file is another one than was seen, and there; editors may take it away for a moment."""
    while (state := _state(exercise)) in (seen, None):
        time.sleep(LOOK)
    return state


def _state(exercise: Path) -> State:
    try:
        found = exercise.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _say(text: str) -> None:
    deliver(lambda console: console.print(f"\n{text}", soft_wrap=True, highlight=False))


VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "start": _start,
    "check": _check,
    "hint": _hint,
    "watch": _watch,
}
