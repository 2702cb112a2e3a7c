"""The proof's figures: counted, held against those of docs/proof.json, and written there and into docs/proof.md."""

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

from docs.building.proof import UNEXPLAINED, page

from . import runner
from .rivals import METHODS
from .runner import Result
from .trial import BAD


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
    """proof.json, proof.md and ko/proof.md, each in one piece; parts that were not run stay as measured before."""
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
    texts = {
        "proof.json": json.dumps(proof, indent=1) + "\n",
        "proof.md": page(proof),
        "ko/proof.md": page(proof, "ko"),
    }
    for name, content in texts.items():
        place = folder / name
        place.parent.mkdir(exist_ok=True)
        fresh = place.with_name(f".{place.name}.new")
        fresh.write_text(content, encoding="utf-8")
        fresh.replace(place)
