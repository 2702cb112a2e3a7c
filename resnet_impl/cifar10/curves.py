"""Training curves in the style of Fig. 6 of He et al. 2015: dashed lines training error, bold ones testing error."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resnet_impl.cifar10.errors import TrainingError
from resnet_impl.cifar10.trainer import Row


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
    """Errors in percent over iterations in units of 10,000, one colour for each name. Raises TrainingError.

    Fig. 6 shows errors up to 20%; where all of a curve lies above, the axis reaches it.
    """
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6, 4.5), layout="constrained")
    lowest = 0.0
    for number, (name, rows) in enumerate(curves.items()):
        x = [row.iteration / 1e4 for row in rows]
        train, test = [row.train_error for row in rows], [row.test_error for row in rows]
        point = "." if len(x) == 1 else ""  # of which a line would show nothing
        axes.plot(x, train, "--", color=f"C{number}", linewidth=1, marker=point)
        axes.plot(x, test, "-", color=f"C{number}", linewidth=2, marker=point, label=name)
        lowest = max(lowest, min(train, default=0), min(test, default=0))
    axes.set(xlabel="iterations (1e4)", ylabel="error (%)", title=title, ylim=(0, max(limit, 1.25 * lowest)))
    axes.set_xlim(left=0)
    axes.plot([], [], "--", color="grey", linewidth=1, label="training")
    axes.plot([], [], "-", color="grey", linewidth=2, label="testing")
    axes.grid(visible=True, linewidth=0.3)
    axes.legend()
    save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write the picture atomically."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.png")
    try:
        figure.savefig(beside, dpi=150)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise TrainingError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        pyplot().close(figure)
