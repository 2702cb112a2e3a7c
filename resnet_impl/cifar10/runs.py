"""From where a run stands to its end: looks, measurements, checkpoints, and stopping when told to.

Several seeds can be trained side by side; on a GPU their iterations overlap.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from resnet_impl.cifar10 import checkpoint
from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.outputs import Board, write_json, write_metrics
from resnet_impl.cifar10.recipe import LOOK, changes, departures, from_plain, to_plain
from resnet_impl.cifar10.trainer import Trainer

ASK = 10  # iterations between two questions to all processes: torchrun waits 30 seconds for them to end
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopped(Exception):
    """A signal came; all that was computed is saved. `signal` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


class Flag:
    """Which signal came, if any."""

    number = 0


@contextmanager
def listening() -> Iterator[Flag]:
    """Signals to stop raise the flag, once; the second time they end the process as ever."""
    flag = Flag()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        flag.number = number
        for known, handler in before.items():
            signal.signal(known, handler)

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(slots=True)
class Run:
    """A training and the folder that it is written to. `about` goes into run.json."""

    trainer: Trainer
    folder: Path
    about: dict[str, Any]
    board: Board | None = None

    @property
    def path(self) -> Path:
        """Its checkpoint."""
        return self.folder / checkpoint.NAME

    def save(self) -> None:
        """The checkpoint. All processes take part. Raises TrainingError; the last checkpoint is intact then."""
        try:
            state = self.trainer.state()
        except TrainingError as error:
            kept = f"; the last checkpoint is intact: {self.path}" if self.path.exists() else ""
            raise TrainingError(f"{error}{kept}") from error
        if self.trainer.world.writes:
            checkpoint.save(self.path, {**state, "about": self.about})

    def tell(self) -> None:
        """The rows so far, and what they are of."""
        if not self.trainer.world.writes:
            return
        trainer = self.trainer
        write_metrics(self.folder / "metrics.csv", trainer.rows)
        last = trainer.rows[-1] if trainer.rows else None
        result: dict[str, Any] = {"done": trainer.done, "iteration": trainer.iteration}
        if last is not None:
            result |= {"train_error": last.train_error, "test_error": last.test_error, "test_loss": last.test_loss}
            result["seconds"] = round(last.seconds, 1)
        recipe = trainer.recipe
        told = [*self.about["unlike"], *departures(recipe)]
        whole = {"seed": trainer.seed, "recipe": to_plain(recipe), "departures": told}
        about = {key: value for key, value in self.about.items() if key != "unlike"}
        write_json(self.folder / "run.json", {**about, **whole, "result": result})


def resume(run: Run, state: Mapping[str, Any]) -> None:
    """Go on from its checkpoint. Raises TrainingError where that is of another recipe, seed or set of images."""
    changed = changes(to_plain(from_plain(state["recipe"])), to_plain(run.trainer.recipe))
    if state["seed"] != run.trainer.seed:
        changed.append(f"seed was {state['seed']}, and is {run.trainer.seed}")
    if state["about"]["digest"] != run.about["digest"]:
        changed.append(f"the images were others: {state['about']['data']}, and are {run.about['data']}")
    if changed:
        raise TrainingError(
            f"{run.path} is of another run ({'; '.join(changed)}): give the options that it was started with, or"
            " another --output"
        )
    run.trainer.load_state(state)


def train(runs: Sequence[Run], every: int, watch: Callable[[Sequence[Run]], None], save_every: int = LOOK) -> None:
    """Train all of them to the end. `every` iterations a row is measured, `save_every` a checkpoint is written.

    `watch` is called after each look. Raises Stopped after a signal, when all is saved, and TrainingError: where one of
    several seeds of one process breaks, the others come to their end first.
    """
    broken: dict[int, TrainingError] = {}
    with listening() as flag:
        while going := [run for run in runs if not run.trainer.done and run.trainer.seed not in broken]:
            for run in going:
                run.trainer.take()
            for run in going:
                try:
                    _after(run, every, save_every)
                except TrainingError as error:
                    if len(runs) == 1 or run.trainer.world.size > 1:
                        raise  # another process would wait for this one's part of the seed for ever
                    broken[run.trainer.seed] = error
            if len(runs) == len(broken):
                break
            if any(run.trainer.iteration % LOOK == 0 or run.trainer.done for run in going):
                watch(runs)
            going = [run for run in going if run.trainer.seed not in broken]
            if going and _told(flag, going):
                for run in going:
                    run.save()
                    run.tell()
                raise Stopped(flag.number or signal.SIGTERM)
    if broken:
        raise _all_of(broken, len(runs))


def _all_of(broken: Mapping[int, TrainingError], seeds: int) -> TrainingError:
    """One error of those of several seeds."""
    others = "; the other seeds are complete" if seeds > len(broken) else ""
    return TrainingError("; ".join(f"seed {seed}: {error}" for seed, error in broken.items()) + others)


def _after(run: Run, every: int, save_every: int) -> None:
    """What is due after an iteration."""
    trainer = run.trainer
    if trainer.iteration % LOOK and not trainer.done:
        if trainer.iteration % save_every == 0:
            run.save()
        return
    trainer.look()
    row = trainer.measure() if trainer.iteration % every == 0 or trainer.done else None
    if row is not None and run.board is not None:
        run.board.add(row)  # before the checkpoint, from which on it is not measured again
    if trainer.iteration % save_every == 0 or trainer.done:
        run.save()
    if row is not None:
        run.tell()  # what says that it is done has its weights


def _told(flag: Flag, going: Sequence[Run]) -> bool:
    """Has a signal come, here or in another process? Alone it is known at once, together after a few iterations."""
    world, iteration = going[0].trainer.world, going[0].trainer.iteration
    if world.size == 1:
        return flag.number != 0
    return iteration % ASK == 0 and world.any(flag.number != 0)
