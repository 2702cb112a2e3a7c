"""Training curves in the style of Fig. 6 of He et al. 2015: dashed lines training error, bold ones testing error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.files import replacing
from resnet_impl.cifar10.trainer import Row

UNIT = 10_000  # iterations, as on the axis of Fig. 6


def pyplot() -> Any:
    """Matplotlib, without a screen. Raises TrainingError where it is not installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise TrainingError("pictures need matplotlib: install it (pip install matplotlib)") from None
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def title_of(name: str, departures: Sequence[str]) -> str:
    """A picture's title: what it is of, and that it is not as in the paper, where it is not."""
    if any("synthetic" in sentence for sentence in departures):
        return f"{name} on synthetic images, which say nothing"
    return f"{name}, not as in the paper: see run.json" if departures else name


def draw(path: Path, curves: Mapping[str, Sequence[Row]], title: str = "", limit: float = 20) -> None:
    """Errors in percent over iterations, one colour for each name. Raises TrainingError.

    Fig. 6 counts iterations in units of 10,000, and so does this where a run has as many. It shows errors up to 20%;
    where all of a curve lies above, the axis reaches it.
    """
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
    lowest = 0.0
    long = any(row.iteration >= UNIT for rows in curves.values() for row in rows)
    for number, (name, rows) in enumerate(curves.items()):
        x = [row.iteration / UNIT if long else row.iteration for row in rows]
        train, test = [row.train_error for row in rows], [row.test_error for row in rows]
        point = "." if len(x) == 1 else ""  # of which a line would show nothing
        axes.plot(x, train, "--", color=f"C{number}", linewidth=1, marker=point)
        axes.plot(x, test, "-", color=f"C{number}", linewidth=2, marker=point, label=name)
        lowest = max(lowest, min(train, default=0), min(test, default=0))
    label = "iterations (1e4)" if long else "iterations"
    axes.set(xlabel=label, ylabel="error (%)", title=title, ylim=(0, max(limit, 1.25 * lowest)))
    axes.set_xlim(left=0)
    axes.plot([], [], "--", color="grey", linewidth=1, label="training")
    axes.plot([], [], "-", color="grey", linewidth=2, label="testing")
    axes.grid(visible=True, linewidth=0.3)
    axes.legend()
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write the picture atomically. Raises TrainingError."""
    try:
        with replacing(path) as file:
            figure.savefig(file, format="png", dpi=150)
    except OSError as error:
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        pyplot().close(figure)
