"""One picture for each group: the median of each contender as a bar, its quartiles, and the floor as a line."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

from .results import Row
from .tables import base_of, digits, number

OURS = ("resnet_impl", "check", "identify")  # contenders of this project, which have a colour of their own


def file_name(group: str) -> str:
    """A group's name as that of a file."""
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-") + ".png"


def draw(group: str, rows: Sequence[Row], caption: str) -> bytes:
    """The picture as PNG. Bars whose floors differ (other precisions) carry a mark each."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ordered = sorted(rows, key=lambda row: row.median, reverse=True)
    base = base_of(rows)
    figure = Figure(figsize=(9, 1.3 + 0.5 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    medians = [1e3 * row.median for row in ordered]
    spread = [
        [1e3 * (row.median - row.quartiles[0]) for row in ordered],
        [1e3 * (r.quartiles[1] - r.median) for r in ordered],
    ]
    colors = ["#2a6f97" if any(word in row.name for word in OURS) else "#b8b8b8" for row in ordered]
    axes.barh(
        [row.name for row in ordered], medians, xerr=spread, color=colors, ecolor="#333333", capsize=3, height=0.6
    )
    floors = [row.info.get("floor_ms") for row in ordered]
    drawn = False
    for place, value in enumerate(floors):
        if value is not None:
            label = None if drawn else "roofline floor"
            axes.plot([value, value], [place - 0.42, place + 0.42], color="#d1495b", linewidth=2, label=label)
            drawn = True
    widest = max(1e3 * row.quartiles[1] for row in rows)
    logarithmic = widest > 50 * min(medians)
    for place, row in enumerate(ordered):
        end = 1e3 * row.quartiles[1]
        ratio = "" if row is base else f", {digits(base.median / row.median)}x"
        text = f"{number(1e3 * row.median)} ms{ratio}, n {len(row.seconds)}"
        axes.text(end * 1.05 if logarithmic else end + widest * 0.012, place, text, va="center", fontsize=9)
    if logarithmic:
        axes.set_xscale("log")
    axes.set_xlim(right=widest * (30 if logarithmic else 1.3))
    axes.set_xlabel(
        f"ms a call: median and quartiles of n rounds; x: times as fast as {base.name}\n{caption}", fontsize=8
    )
    axes.set_title(group, loc="left", fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    if drawn:
        axes.legend(loc="upper right", fontsize=8, frameon=False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()
