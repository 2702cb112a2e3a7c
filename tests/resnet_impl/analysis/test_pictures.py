"""What people see: every axis says what it shows, nothing leaves the picture, no two words lie on each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from resnet_impl.analysis import ablation, degradation, pictures
from resnet_impl.analysis.pictures import COLOURS

from ..cifar10.runs_made import made_data
from .conftest import Run
from .test_degradation import RUNS, write

SMALL = ("--model", "resnet14", "--images", "4", "--quick")
VERBS: dict[str, tuple[str, ...]] = {
    "paths": SMALL,
    "gradient-flow": SMALL,
    "lesion": (*SMALL, "--repeats", "1", "--most", "2"),
    "responses": SMALL,
    "degradation": ("RUNS",),
    "ablation": ("--data", "made", "--depth", "8", "--iterations", "2", "--batch", "4", "--device", "cpu"),
}


@pytest.fixture(params=list(VERBS))
def figure(request: pytest.FixtureRequest, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The figure that a verb saves."""
    pytest.importorskip("matplotlib")
    saved: list[Any] = []
    monkeypatch.setattr(pictures, "save", lambda figure, path: saved.append(figure))
    monkeypatch.setattr(ablation, "load_data", lambda where, **options: made_data())
    for one in RUNS:
        write(tmp_path / "runs" / one.model / f"seed{one.seed}", one)
    given = [str(tmp_path / "runs") if word == "RUNS" else word for word in VERBS[request.param]]
    assert run(request.param, *given) == 0
    [figure] = saved
    figure.canvas.draw()
    yield figure
    pictures.pyplot().close(figure)


def words(figure: Any) -> list[Any]:
    """All texts that are drawn."""
    found = [figure._suptitle]
    for axes in figure.axes:
        found += [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.get_xticklabels(), *axes.get_yticklabels()]
        found += axes.get_legend().get_texts() if axes.get_legend() else []
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def test_a_picture_can_be_read(figure: Any) -> None:
    for axes in figure.axes:
        assert axes.get_ylabel()
        assert axes.get_xlabel() or len(axes.get_xticklabels()) == 5  # the ablation's are the names of its variants
        assert axes.title.get_fontsize() >= 13
    ticks = {id(text) for axes in figure.axes for text in _unseen_ticks(axes)}
    shown = [text for text in words(figure) if id(text) not in ticks]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    width, height = figure.bbox.max
    for text, box in boxes:
        assert (min(box.x0, box.y0) >= -1, box.x1 <= width + 1, box.y1 <= height + 1) == (True,) * 3, text
    for (one, first), (other, second) in combinations(boxes, 2):
        crossed = first.x0 < second.x1 and second.x0 < first.x1 and first.y0 < second.y1 and second.y0 < first.y1
        assert not crossed, f"{one!r} lies on {other!r}"


def _unseen_ticks(axes: Any) -> list[Any]:
    """Labels of ticks that lie outside of the axes' limits: matplotlib makes them and draws none."""
    found = []
    for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
        found += [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
        found += [tick.label1 for tick in axis.get_minor_ticks()]
    return found


def test_networks_that_say_nothing_are_told(figure: Any) -> None:
    title = figure._suptitle.get_text()
    assert ("NOT A RESULT" in title) is ("Degradation" not in title)  # whose runs were whole ones


def test_long_titles_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(pictures, "save", lambda figure, path: None)
    figure, _ = pictures.panels(1, 1)
    pictures.finish(figure, Path("x.png"), "a network with a long name " * 4, "it is not trained " * 6)
    assert max(len(line) for line in figure._suptitle.get_text().splitlines()) <= 45
    pictures.pyplot().close(figure)


def test_colours_can_be_told_apart_in_grey_or_by_their_marks() -> None:
    assert len(set(COLOURS)) == len(pictures.MARKERS) == 7
    looks = [tuple(pictures.looks(number).values())[1:] for number in range(7)]
    assert len(set(looks)) == 7


def test_the_axis_of_fig_6_ends_at_20_percent(figure: Any) -> None:
    if "Degradation" in figure._suptitle.get_text():
        assert [axes.get_ylim() for axes in figure.axes] == [(0, degradation.LIMIT)] * 2
        assert [axes.get_title() for axes in figure.axes] == ["plain networks", "residual networks"]
        colours = [[line.get_color() for line in axes.get_lines()[:4]] for axes in figure.axes]
        assert colours[0] == colours[1] == [COLOURS[0], COLOURS[0], COLOURS[1], COLOURS[1]]  # 20 layers, then 56
