"""How pictures look: colours that colour-blind people tell apart, letters that can be read at half the size.

The colours are those of Okabe and Ito 2008; each also has a marker and a way to draw its line.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec

from resnet_impl.analysis.images import Images
from resnet_impl.analysis.networks import Network
from resnet_impl.cifar10.curves import pyplot, save

Arguments = ParamSpec("Arguments")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":")
GREY = "#555555"
STYLE = {
    "font.size": 13,
    "axes.titlesize": 13,
    "legend.fontsize": 11,
    "axes.grid": True,
    "grid.linewidth": 0.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2,
    "lines.markersize": 6,
}


def colour(number: int) -> str:
    """Of the so-manieth network."""
    return COLOURS[number % len(COLOURS)]


def looks(number: int) -> dict[str, Any]:
    """Colour, marker and line of the so-manieth network, for `plot`."""
    line = LINES[number % len(LINES)]
    return {"color": colour(number), "marker": MARKERS[number % len(MARKERS)], "linestyle": line}


Drawing = Callable[Arguments, None]


def styled(draw: Drawing[Arguments]) -> Drawing[Arguments]:
    """A function that draws, with this module's letters and lines while it does. Raises what it raises."""

    @functools.wraps(draw)
    def drawn(*given: Arguments.args, **named: Arguments.kwargs) -> None:
        with pyplot().rc_context(STYLE):
            draw(*given, **named)

    return drawn


def panels(rows: int, columns: int, width: float = 5.0, height: float = 4.2) -> tuple[Any, Any]:
    """A figure and its axes, (rows, columns), each of that size in inches. Raises TrainingError without matplotlib."""
    size = (width * columns, height * rows + 0.9)
    figure, axes = pyplot().subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    return figure, axes


def warning_of(networks: Sequence[Network], images: Images | None) -> str:
    """What a picture must not be taken for; "" where all networks are trained and the images real."""
    told = [f"{network.label}: {network.training}" for network in networks if network.short]
    sentences = [network.training for network in networks if network.short]
    if told and len(set(sentences)) == 1 and len(told) == len(networks):
        told = [f"networks {sentences[0]}" if len(networks) > 1 else sentences[0]]
    if images is not None and images.synthetic:
        told.append("synthetic images")
    return "; ".join(told)


def finish(figure: Any, path: Path, title: str, warning: str) -> None:
    """Title and warning, then the file. Raises TrainingError."""
    width = int(9 * figure.get_figwidth())  # letters of this size in a line
    lines = textwrap.wrap(title, width) + (textwrap.wrap(f"NOT A RESULT: {warning}", width) if warning else [])
    figure.suptitle("\n".join(lines), fontsize=13)
    save(figure, path)


def at_least_a_decade(axes: Any) -> None:
    """A logarithmic axis of y that shows less has hardly a number at its ticks."""
    low, high = axes.get_ylim()
    if high / low < 10:
        middle = (low * high) ** 0.5
        axes.set_ylim(middle / 10**0.5, middle * 10**0.5)
