"""Makes trials in several processes, shows how far it is, and goes on where an earlier run stopped.

Every outcome is written as soon as it is there, under a fingerprint of the code that it holds for: a change of the
suite, the spec or the corpus begins afresh.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .trial import BAD, Outcome, Part

ROOT = Path(__file__).parents[2]
SOURCES = ("conformance", "spec", "resnet_impl", "tests/mutants", "tests/proof")
BATCH = 1000  # trials, after which all workers are replaced: what strangers leave behind does not pile up


class Stopped(Exception):
    """The run ended before its end; what was done is kept."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one trial of a part, and how long it took in seconds."""

    part: str
    name: str
    outcome: Outcome
    seconds: float


def told(result: Result) -> str:
    """A bad outcome for people, in one line."""
    word = "blamed, and right" if result.outcome.verdict == "alarm" else "not noticed"
    return f"{word}: {result.part} {result.name}: {result.outcome.told or 'nothing failed'}"


def part_of(name: str) -> Part:
    """The part's module."""
    module: Part = import_module(f"{__package__}.{name}")  # type: ignore[assignment]
    return module


PARTS = ("corpus", "graph_mutants", "spec_mutants", "rivals", "seeds")


def fingerprint() -> str:
    """Of all files that decide an outcome."""
    found = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yaml", ".json"):
                found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


class State:
    """Outcomes on disk, a JSON object a line. The first line holds the fingerprint that they are of."""

    def __init__(self, path: Path, key: str, fresh: bool = False) -> None:
        self.path, self.results = path, dict[tuple[str, str], Result]()
        lines = [] if fresh or not path.exists() else path.read_text(encoding="utf-8").splitlines()
        if not lines or json.loads(lines[0]).get("fingerprint") != key:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"fingerprint": key}) + "\n", encoding="utf-8")
            return
        for line in lines[1:]:
            try:
                found = json.loads(line)
            except ValueError:  # the last line of a run that was killed
                continue
            result = Result(found["part"], found["name"], Outcome(**found["outcome"]), found["seconds"])
            self.results[result.part, result.name] = result

    def add(self, result: Result) -> None:
        """Keep one more outcome."""
        self.results[result.part, result.name] = result
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result)) + "\n")


def trial(part: str, name: str) -> Result:
    """Make one trial, in whatever process this is. What fails in itself has not noticed anything."""
    started = time.perf_counter()
    try:
        outcome = part_of(part).run(name)
    except Exception as error:  # noqa: BLE001
        outcome = Outcome("survived", told=f"the trial itself failed: {type(error).__name__}: {error}")
    return Result(part, name, outcome, round(time.perf_counter() - started, 3))


def run(
    wanted: Mapping[str, Sequence[str]], state: State, processes: int, console: Console
) -> dict[tuple[str, str], Result]:
    """Make all trials (names by part) that the state does not hold. Raises Stopped."""
    open_ = [(part, name) for part, names in wanted.items() for name in names if (part, name) not in state.results]
    done = sum(map(len, wanted.values())) - len(open_)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("trials", total=done + len(open_), completed=done)
        try:
            for result in _made(open_, processes):
                state.add(result)
                progress.advance(task)
                if result.outcome.verdict in BAD and part_of(result.part).explain(result.name) is None:
                    console.print(told(result), highlight=False, soft_wrap=True)
        except KeyboardInterrupt:
            raise Stopped("interrupted; the same command goes on from here") from None
        except BrokenProcessPool:
            raise Stopped("a worker process was killed; the same command goes on from here") from None
    return {(part, name): state.results[part, name] for part, names in wanted.items() for name in names}


def _made(todo: Sequence[tuple[str, str]], processes: int) -> Iterable[Result]:
    if processes == 0:
        yield from (trial(*item) for item in todo)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # more threads than cores make small networks slower
    context = multiprocessing.get_context("spawn")
    # Fresh processes for each batch: the pool's own max_tasks_per_child can hang for ever (cpython issue 115634).
    for batch in (todo[i : i + BATCH] for i in range(0, len(todo), BATCH)):
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            try:
                for future in as_completed([pool.submit(trial, *item) for item in batch]):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in multiprocessing.active_children():  # a trial may take minutes: nobody waits for it
                    worker.terminate()
                raise
