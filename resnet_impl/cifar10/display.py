"""What a person sees while networks train: a bar with rate, loss, error and the time left, or a line now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from resnet_impl.cifar10.recipe import LOOK
from resnet_impl.cifar10.runs import Run

WIDE, NARROW = 120, 90  # columns of a terminal: room for rate and loss beside the bar; no room for the speed
LINE = 1000  # iterations between two lines, where there is no terminal to draw a bar on


@contextmanager
def watching(runs: Sequence[Run], console: Console) -> Iterator[Callable[[Sequence[Run]], None]]:
    """Gives what is to be called after each look."""
    if not console.is_terminal:
        yield lambda runs: _say(runs, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars:
        tasks = [
            bars.add_task(_name(run), total=run.trainer.recipe.iterations, completed=run.trainer.iteration, said="")
            for run in runs
        ]

        def watch(runs: Sequence[Run]) -> None:
            for task, run in zip(tasks, runs, strict=True):
                said = describe(run) if console.width >= WIDE else describe_briefly(run, console.width >= NARROW)
                bars.update(task, completed=run.trainer.iteration, said=said)

        yield watch


def _say(runs: Sequence[Run], console: Console) -> None:
    for run in runs:
        if run.trainer.iteration % LINE == 0 or run.trainer.done:
            trainer = run.trainer
            console.print(
                f"{_name(run)} {trainer.iteration}/{trainer.recipe.iterations} {describe(run)}", soft_wrap=True
            )


def _name(run: Run) -> str:
    return f"{run.trainer.recipe.model} seed {run.trainer.seed}"


def describe(run: Run) -> str:
    """Speed, rate, loss and error of the last stretch, and the last test error."""
    trainer = run.trainer
    loss, error = trainer.latest
    text = f"rate {trainer.rate:g}, last {LOOK}: loss {loss:.3f}, training error {error:.2f}%"
    if trainer.rows:
        text += f", test error {trainer.rows[-1].test_error:.2f}%"
    return f"{_speed(run):.0f} images/s, {text}" if trainer.iteration > trainer.first else text


def describe_briefly(run: Run, with_speed: bool) -> str:
    """The two errors, for a narrow terminal, and images in a second."""
    trainer = run.trainer
    speed = f"{_speed(run):.0f}/s " if with_speed and trainer.iteration > trainer.first else ""
    test = f" test {trainer.rows[-1].test_error:.1f}%" if trainer.rows else ""
    return f"{speed}train {trainer.latest[1]:.1f}%{test}"


def _speed(run: Run) -> float:
    """Images in a second since the run began, or went on."""
    trainer = run.trainer
    images = (trainer.iteration - trainer.first) * trainer.recipe.batch
    return images / max(1e-9, trainer.seconds - trainer.before)
