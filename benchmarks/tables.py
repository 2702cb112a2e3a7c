"""Results as Markdown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

from .results import Results, Row, ratio_interval

BASE = "torchvision"  # ratios are against its plain network where it takes part, else against the first contender


def base_of(rows: Sequence[Row]) -> Row:
    """What the others of a group are compared with."""
    eager = [row for row in rows if row.name.endswith("eager")]
    return next((row for row in eager if row.name.startswith(BASE)), (eager or list(rows))[0])


def render(results: Results) -> Iterator[str]:
    """The lines of a page: the machine, then a table for each group."""
    yield from describe(results)
    for group, rows in results.groups().items():
        yield from ("", f"### {group}", "")
        yield from table(rows)


def describe(results: Results) -> Iterator[str]:
    """Hardware, versions, date, ceilings."""
    m = results.machine
    where = m.get("gpu") or f"{m['cores']} cores of {m['cpu']}"
    versions = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    yield f"Measured {results.date} (commit {results.commit}) on {where}, {m['threads']} threads; {m['system']};"
    yield f"Python {m['python']}, {versions}."
    ceilings = m.get("ceilings", {})
    if ceilings:
        products = ", ".join(f"{name} {c['tflop_per_s']:.3g} TFLOP/s" for name, c in ceilings.items())
        speed = next(iter(ceilings.values()))["gb_per_s"]
        yield f"Ceilings, measured at the start: large matrix product {products}; large copy {speed:.3g} GB/s."


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Times with spread and n; ratio above 1: faster than the first named."""
    base = base_of(rows)
    faster = f"times as fast as {base.name} (95%)"
    yield f"| contender | ms, median (quartiles) | n | {faster} | images/s | floor, ms | % of floor | error |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for row in sorted(rows, key=lambda row: row.median):
        low, high = row.quartiles
        ratio = "1" if row is base else interval(*ratio_interval(base.seconds, row.seconds, in_turns=True))
        cells = (
            row.name,
            f"{number(1e3 * row.median)} ({number(1e3 * low)}–{number(1e3 * high)})",
            f"{len(row.seconds)} × {row.iterations}",
            ratio,
            number(row.info.get("images_per_s")),
            number(row.info.get("floor_ms")),
            number(row.info.get("percent_of_floor")),
            f"{row.info['error']:.0e}" if row.info.get("error") else "",
        )
        yield f"| {' | '.join(cells)} |"


def compare(first: Results, second: Results) -> Iterator[str]:
    """What both files measured, as ratios: above 1 the second is faster."""
    yield from unlike(first.machine, second.machine)
    yield "| group | contender | first, ms | second, ms | n | times as fast (95%) | |"
    yield "|---|---|--:|--:|--:|--:|---|"
    others = {(row.group, row.name): row for row in second.rows}
    shared = [(row, others[row.group, row.name]) for row in first.rows if (row.group, row.name) in others]
    for old, new in shared:
        ratio, low, high = ratio_interval(old.seconds, new.seconds)
        verdict = "faster" if low > 1 else "slower" if high < 1 else "no difference shown"
        counts = f"{len(old.seconds)}, {len(new.seconds)}"
        cells = (old.group, old.name, number(1e3 * old.median), number(1e3 * new.median), counts)
        yield f"| {' | '.join(cells)} | {interval(ratio, low, high)} | {verdict if low == low else 'one round'} |"
    if not shared:
        yield ""
        yield "The two files have no benchmark in common."
    both = {(row.group, row.name) for row, _ in shared}
    alone = [f"{r.group}: {r.name}" for r in (*first.rows, *second.rows) if (r.group, r.name) not in both]
    if alone:
        yield from ("", f"In one file alone: {len(alone)} ({'; '.join(alone)}).")
    yield from order(shared)


def order(shared: Sequence[tuple[Row, Row]]) -> Iterator[str]:
    """Whether contenders of a group stand in the same order in both runs, and how close those are that do not."""
    pairs = [(a, b) for a, b in itertools.combinations(shared, 2) if a[0].group == b[0].group]
    changed = [(a, b) for a, b in pairs if (a[0].median - b[0].median) * (a[1].median - b[1].median) < 0]
    if not pairs:
        return
    alike = "all" if not changed else f"{len(pairs) - len(changed)} of {len(pairs)}"
    others = " The others, and by how much:" if changed else ""
    yield ""
    yield f"Pairs of contenders in a group that stand in the same order in both: {alike}.{others}"
    if changed:
        yield ""
    for a, b in changed:
        first, second = (
            interval(*ratio_interval(other.seconds, one.seconds, in_turns=True))
            for one, other in zip(a, b, strict=True)
        )
        who, whom = a[0].name, b[0].name
        yield f"- {a[0].group}: {who} is {first} times as fast as {whom} in the first, {second} in the second"


def unlike(first: dict[str, Any], second: dict[str, Any]) -> Iterator[str]:
    """What differs between the machines: ratios then say nothing of the code alone."""
    names = sorted(name for name in first.keys() | second.keys() if name != "ceilings")
    differing = [name for name in names if first.get(name) != second.get(name)]
    if differing:
        yield from (f"The two were not measured alike: {', '.join(differing)} differ.", "")


def interval(ratio: float, low: float, high: float) -> str:
    """1.23 (1.20–1.26)."""
    return digits(ratio) if math.isnan(low) else f"{digits(ratio)} ({digits(low)}–{digits(high)})"


def digits(ratio: float) -> str:
    """1.23, 0.57, 0.012: two decimals, below 0.1 two digits."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:#.2g}"


def number(value: float | None) -> str:
    """Three digits; nothing where there is none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
