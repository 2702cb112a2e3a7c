"""Looks at a learner's exercise step by step, with torch, in the child process that `outside` starts."""

from __future__ import annotations

import contextlib
import io
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from ...capture.problems import last_line
from ...reports.output import write_atomically
from ...spec import load_spec
from ..outcome import STEPS, WHOLE, Fault, Outcome, State, Step
from ..texts import Texts, load_texts
from . import blocks, network, shortcuts
from .looking import Learner, Look

RAISED = {  # what torch says of a mistake that is known by name, in the steps whose layers it is about
    "before Module.__init__() call": ("super-init", (3, 4, 7, 9)),
    "running_mean should contain": ("bn-channels", (3, 4, 7)),
    "channels, but got": ("conv-channels", (3, 4, 7)),
    "mat1 and mat2 shapes cannot be multiplied": ("linear-numbers", (9,)),
}
LONGEST = 2000  # characters of what the exercise printed that are passed on

EXAMINERS: Mapping[int, Callable[[Learner, Look], None]] = {
    1: shortcuts.subsampling,
    2: shortcuts.zero_padding,
    3: shortcuts.projection,
    4: blocks.convolutions,
    5: shortcuts.branching,
    6: blocks.addition,
    7: network.stems,
    8: network.stages,
    9: network.head,
    WHOLE: network.whole,
}


def examine(path: str, progress: str = "", language: str = "en") -> Outcome:
    """The steps in order, up to the first that does not hold, told in that language. The file's code is run.

    The number of the step that is looked at stands in the file `progress`: its code may never end.
    """
    load_spec()  # once, for all steps: it is no step's time
    printed = io.StringIO()

    def begin(number: int) -> None:
        if progress:
            write_atomically(Path(progress), str(number))

    with contextlib.redirect_stdout(printed):
        steps = _examine(Path(path).resolve(), load_texts(language), begin)
    return Outcome(steps, printed.getvalue()[-LONGEST:])


def _examine(path: Path, texts: Texts, begin: Callable[[int], None]) -> tuple[Step, ...]:
    try:
        learner = Learner.load(path)
    except Exception as error:  # noqa: BLE001 - whatever a learner's file raises is told
        return (_broken(0, error, path, Look(texts), 0.0),)
    steps: list[Step] = []
    for number in range(1, STEPS + 2):
        begin(number)
        look, started = Look(texts), time.perf_counter()
        try:
            EXAMINERS[number](learner, look)
        except Exception as error:  # noqa: BLE001
            step = _broken(number, error, path, look, time.perf_counter() - started)
        else:
            passed = tuple(dict.fromkeys(look.clauses))
            faults = tuple(look.faults)
            seconds = round(time.perf_counter() - started, 1)
            step = Step(number, "fails" if faults else "holds", passed, faults, look.symbol, seconds=seconds)
        steps.append(step)
        if step.state != "holds":
            break
    return tuple(steps)


def _broken(number: int, error: Exception, path: Path, look: Look, seconds: float) -> Step:
    """A step whose code raised an error, with the last line of the learner's file that was on the way."""
    if isinstance(error, SyntaxError) and error.lineno:
        place = look.say("line", number=error.lineno, text=(error.text or "").strip())
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        place = look.say("line", number=frames[-1].lineno, text=frames[-1].line) if frames else ""
    stub = isinstance(error, NotImplementedError) and str(error).startswith("step ")  # a module without forward is none
    state: State = "open" if stub else "broken"
    said = str(error) if isinstance(error, (RuntimeError, AttributeError)) else ""
    faults = tuple(Fault(trap) for words, (trap, steps) in RAISED.items() if words in said and number in steps)
    return Step(number, state, (), faults, look.symbol, last_line(error), place, round(seconds, 1))
