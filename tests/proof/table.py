"""The proof's figures, and the page that shows them: docs/proof.md, rendered from docs/proof.json and nothing else."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from collections import Counter
from collections.abc import Collection, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from . import runner
from .rivals import METHODS
from .runner import Result
from .trial import BAD

UNEXPLAINED = "UNEXPLAINED:"
EVIDENCE = ("structure", "behaviour", "statistics", "training", "equivalence")


def unexplained(results: Iterable[Result]) -> list[Result]:
    """Survivors and alarms for which the part gives no reason."""
    return [r for r in results if r.outcome.verdict in BAD and runner.part_of(r.part).explain(r.name) is None]


def count(results: Collection[Result]) -> dict[str, Any]:
    """All figures, by part."""
    found: dict[str, Any] = {}
    for part in dict.fromkeys(r.part for r in results):
        mine = [r for r in results if r.part == part]
        found[part] = _rivals(mine, results) if part == "rivals" else _counted(part, mine)
    return found


def _counted(part: str, results: list[Result]) -> dict[str, Any]:
    verdicts = Counter(r.outcome.verdict for r in results)
    found: dict[str, Any] = {
        "title": runner.part_of(part).TITLE,
        "trials": len(results),
        **{verdict: verdicts[verdict] for verdict in ("killed", "survived", "stillborn", "clean", "alarm")},
        "killed_by": dict(sorted(Counter(r.outcome.by for r in results if r.outcome.verdict == "killed").items())),
        "seconds": round(sum(r.seconds for r in results)),
    }
    reasons: dict[str, list[str]] = {}
    open_ = {r.name for r in unexplained(results)}
    for result in results:
        if result.outcome.verdict in BAD:
            reason = runner.part_of(part).explain(result.name)
            reasons.setdefault(reason or f"{UNEXPLAINED} {result.outcome.told}", []).append(result.name)
    found["survived"] = sum(r.outcome.verdict == "survived" and r.name in open_ for r in results)
    found["admitted"] = verdicts["survived"] - found["survived"]
    found["survivors"] = reasons
    return found


def _rivals(results: list[Result], everything: Collection[Result]) -> dict[str, Any]:
    """For each method: of the wrong networks how many it noticed, of the right ones how many it blamed."""
    ours = {r.name: r.outcome.verdict for r in everything if r.part == "corpus"}
    wrong, right = ([r for r in results if r.name.startswith(kind)] for kind in ("wrong/", "right/"))

    def row(noticed: dict[str, bool]) -> list[int]:
        return [sum(noticed[r.name] for r in wrong), sum(noticed[r.name] for r in right)]

    rows = {method: row({r.name: method in json.loads(r.outcome.told) for r in results}) for method in METHODS}
    rows["all of these together"] = row({r.name: r.outcome.told != "[]" for r in results})
    if ours:
        rows["resnet-conformance"] = row({r.name: ours.get(r.name) in ("killed", "alarm") for r in results})
    return {"wrong": len(wrong), "right": len(right), "rows": rows, "seconds": round(sum(r.seconds for r in results))}


def text(counts: dict[str, Any]) -> str:
    """The figures for people, as Markdown."""
    columns = {
        "trials": "trials",
        "killed": "noticed",
        "survived": "not noticed",
        "admitted": "admitted by the papers",
        "stillborn": "no other network",
        "clean": "right, not blamed",
        "alarm": "right, blamed",
    }
    lines = [f"| part | {' | '.join(columns.values())} |", "|---|" + "--:|" * len(columns)]
    for part, found in counts.items():
        if part != "rivals":
            lines.append(f"| {found['title']} | {' | '.join(f'{found[c]:,}' for c in columns)} |")
    for part, found in counts.items():
        if part != "rivals" and found["killed_by"]:
            by = ", ".join(f"{kind} {number:,}" for kind, number in _ordered(found["killed_by"]))
            lines += ["", f"{found['title']}: noticed by {by}."]
    if "rivals" in counts:
        found = counts["rivals"]
        lines += [
            "",
            f"| judged by | wrong networks noticed, of {found['wrong']} | right ones blamed, of {found['right']} |",
            "|---|--:|--:|",
        ]
        lines += [f"| {method} | {row[0]} | {row[1]} |" for method, row in found["rows"].items()]
    return "\n".join(lines)


def _ordered(found: dict[str, int]) -> list[tuple[str, int]]:
    """Evidence in the order of examination, then what else kills."""
    order = {kind: place for place, kind in enumerate(EVIDENCE)}
    return sorted(found.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def page(proof: dict[str, Any]) -> str:
    """docs/proof.md."""
    survivors = {
        reason: names
        for part, found in proof["parts"].items()
        if part != "rivals"
        for reason, names in found["survivors"].items()
    }
    open_ = {reason: names for reason, names in survivors.items() if reason.startswith(UNEXPLAINED)}
    admitted = {reason: names for reason, names in survivors.items() if reason not in open_}
    return "\n".join(
        [
            "# The proof",
            "",
            "<!-- Written by `nox -s mutants -- --write` from proof.json: not to be edited by hand. -->",
            "",
            "How good is the suite itself? `nox -s mutants` breaks networks and the spec in every way that we know and",
            "counts what the suite notices; right networks in unusual clothes must not be blamed. Operations are",
            "changed everywhere in ResNet-20 and ResNet-18; in ResNet-50 and the pre-activation networks in the stem,",
            "the head and the first and last block of each stage.",
            "",
            text(proof["parts"]),
            "",
            "## Weaknesses that are open",
            "",
            *_listed(open_),
            "",
            "## What was not noticed, and why that is no weakness",
            "",
            *_listed(admitted),
            "",
            "## Measured",
            "",
            *_measured(proof["parts"]),
            "",
        ]
    )


def _measured(parts: dict[str, Any]) -> list[str]:
    """A line for the parts that were measured together: once, when, on what, and of which code."""
    together: dict[str, list[str]] = {}
    for part, found in parts.items():
        where = found["measured"]
        line = (
            f"once, on {where['date']}: {where['cpus']} CPU cores ({where['machine']}), Python {where['python']},"
            f" torch {where['torch']}; of the code with the fingerprint {where['code']}"
        )
        together.setdefault(line, []).append(f"{part} ({found['seconds']:,} seconds in all processes)")
    return [f"- {', '.join(names)}: {line}." for line, names in together.items()]


def _listed(survivors: dict[str, list[str]]) -> list[str]:
    """A line for each reason, with the names where they are few."""
    return [
        f"- {reason}: {len(names)}, e.g. `{names[0]}`"
        if len(names) > 3
        else f"- {reason}: {', '.join(f'`{n}`' for n in names)}"
        for reason, names in survivors.items()
    ] or ["None."]


def headline(proof: dict[str, Any]) -> list[str]:
    """The figures that the README shows, a line each."""
    parts = proof["parts"]
    corpus, graphs, values, rivals, seeds = (
        parts[p] for p in ("corpus", "graph_mutants", "spec_mutants", "rivals", "seeds")
    )
    wrong, mutants = (found["killed"] + found["survived"] for found in (corpus, graphs))
    alone = graphs["killed_by"]["structure"]
    rows = {method: row for method, row in rivals["rows"].items() if method in METHODS}
    best = max(rows, key=lambda method: rows[method][0])
    return [
        f"- {corpus['killed']} of {wrong} wrong networks fail by the clause that states the broken rule.",
        f"- {corpus['alarm']} of {corpus['clean'] + corpus['alarm']} right networks in unusual clothes are blamed.",
        f"- {graphs['killed'] / mutants:.2%} of {mutants:,} changes of single operations are noticed,"
        f" {alone / mutants:.2%} by structure alone.",
        f"- {values['killed']:,} of {values['killed'] + values['survived']:,} changed values of the spec are noticed.",
        f"- {seeds['clean']} of {seeds['trials']} networks have the same outcomes in ten runs with fresh seeds.",
        f"- What people use today, on {rivals['wrong']} of the wrong networks: {best} notices {rows[best][0]},"
        f" load_state_dict(strict=True) {rows['load_state_dict(strict=True)'][0]}.",
    ]


def outdated(folder: Path, counts: dict[str, Any]) -> list[str]:
    """Where the committed table says otherwise of a part than this run found; of parts that were run whole."""
    path = folder / "proof.json"
    committed = json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}
    faults = []
    for part, found in counts.items():
        known = committed.get(part)
        if known is None:
            faults.append(f"{path.name} has no part {part}")
            continue
        for key in found.keys() - {"seconds", "title", "survivors"}:
            if known.get(key) != found[key]:
                faults.append(f"{part}: {key} is {found[key]}, and {path.name} says {known.get(key)}")
    return faults


def write(folder: Path, results: Collection[Result]) -> None:
    """proof.json and proof.md, each in one piece; parts that were not run stay as they were measured before."""
    measured = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "code": runner.fingerprint()[:8],
        "python": platform.python_version(),
        "torch": metadata.version("torch"),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }
    path = folder / "proof.json"
    before = json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}
    fresh_parts = {part: {**found, "measured": measured} for part, found in count(results).items()}
    proof = {"parts": {part: (before | fresh_parts)[part] for part in runner.PARTS if part in before | fresh_parts}}
    for name, content in (("proof.json", json.dumps(proof, indent=1) + "\n"), ("proof.md", page(proof))):
        fresh = folder / f".{name}.new"
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(folder / name)
