"""docs/table6.md: Table 6 as it was measured, from docs/results/, and how long what is missing would take."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from docs.building.markdown import opening, table
from docs.building.table6_words import WORDS
from resnet_impl.cifar10.models import build
from resnet_impl.cifar10.table6 import PRINTED, Line

DOCS = Path(__file__).resolve().parents[1]
RESULTS = DOCS / "results"
PLAIN = ("plain20", "plain32", "plain44", "plain56")
MODELS = (*list(PRINTED)[:5], *PLAIN)
ITERATIONS = 64_000
Words = Mapping[str, str]


def render(language: str, results: Path = RESULTS) -> str:
    """The page in that language, "en" or "ko"."""
    words = WORDS[language]
    lines = {line.model: line for line in _measured(results)}
    state = words["state"].format(models=", ".join(lines) or words["nothing"], all=len(MODELS))
    parts = [opening(words["title"], "table6", language), words["intro"], state, _table(lines, words)]
    if lines:
        up = "" if language == "en" else "../"
        parts += [f"![{words['curves']}]({up}images/table6.png)", "\n".join(_conditions(lines, words))]
    missing = [model for model in MODELS if model not in lines]
    if missing:
        parts += [f"## {words['missing']}", words["command"].format(models=",".join(missing))]
        parts += _plan(results, missing, words)
    parts += _ways(results, words)
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _measured(results: Path) -> Iterator[Line]:
    path = results / "table6.json"
    for row in json.loads(path.read_text("utf-8"))["models"] if path.exists() else ():
        line = Line(row["model"], row["parameters"], tuple(row["runs"]), 0)
        if line.runs and not line.void:  # a short run is no result
            yield line


def _table(lines: Mapping[str, Line], words: Words) -> str:
    rows = []
    for model in MODELS:
        printed = PRINTED.get(model, words["drawn"])
        if model not in lines:
            rows.append((model, f"{_parameters(model):,}", printed, words["none"], "", ""))
            continue
        line = lines[model]
        minutes = statistics.mean(run["result"]["seconds"] for run in line.runs) / 60
        training = statistics.mean(run["result"]["train_error"] for run in line.runs)
        measured = f"**{line.measured}**" if len(line.runs) > 1 else f"**{line.errors[0]:.2f}** ({words['once']})"
        rows.append((model, f"{line.parameters:,}", printed, measured, f"{training:.2f}", f"{minutes:.0f}"))
    return table(words["head"].split("|"), rows, right=(1, 2, 3, 4, 5))


def _parameters(model: str) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(model).parameters())


def _conditions(lines: Mapping[str, Line], words: Words) -> Iterator[str]:
    """Under what all of it was measured: images, departures from the paper, machines, dates."""
    runs = [run for line in lines.values() for run in line.runs]
    told = [run["data"] for run in runs]
    told += [words["departs"].format(what=sentence) for run in runs for sentence in run["departures"]]
    machines = [one for run in runs for one in (*run.get("earlier", ()), run["environment"])]
    told += map(_machine, machines)
    told.append(words["ended"].format(dates=", ".join(sorted({run["date"] for run in runs}))))
    told.append(words["clock"])
    return (f"- {sentence}" for sentence in dict.fromkeys(told))


def _machine(environment: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in environment.items())


def _plan(results: Path, missing: list[str], words: Words) -> Iterator[str]:
    """From measured iterations, what a run of each missing network takes on that machine."""
    speeds = {found["model"]: found for found in _speeds(results)}
    rows, used = [], []
    for model in missing:
        twin = f"resnet{model.removeprefix('plain')}"  # the same layers: additions are no part of what takes long
        if (found := speeds.get(model) or speeds.get(twin)) is not None:
            step = statistics.median(next(iter(found["seconds"].values())))
            rows.append((model, f"{1e3 * step:.0f}", f"{step * ITERATIONS / 3600:.1f}"))
            used.append(found)
    if used:
        one = used[0]
        yield words["plan"].format(
            turns=one["turns"],
            each=one["iterations"],
            machine=_machine(one["environment"]),
            precision=one["recipe"]["precision"],
            date=", ".join(sorted({found["date"] for found in used})),
        )
        yield table(words["plan_head"].split("|"), rows, right=(1, 2))


def _ways(results: Path, words: Words) -> Iterator[str]:
    """An iteration of the trainer beside the same network fed in other ways, as they took turns in one run."""
    for found in _speeds(results):
        first = statistics.median(next(iter(found["seconds"].values())))
        rows = []
        for way, seconds in found["seconds"].items():
            figures = [f"{1e3 * value:.0f}" for value in (statistics.median(seconds), min(seconds), max(seconds))]
            rows.append((way, *figures, f"{statistics.median(seconds) / first:.2f}"))
        yield f"## {words['ways'].format(model=found['model'])}"
        yield words["ways_how"].format(
            turns=found["turns"],
            each=found["iterations"],
            precision=found["recipe"]["precision"],
            batch=found["batch"],
            machine=_machine(found["environment"]),
            date=found["date"],
            data=found["data"],
        )
        yield table(words["ways_head"].split("|"), rows, right=(1, 2, 3, 4))
        return  # of the first network that was measured; the others' are the plan's


def _speeds(results: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((results / "speed").glob("*.json")):
        yield json.loads(path.read_text("utf-8"))
