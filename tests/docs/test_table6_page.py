"""The page of Table 6: what was measured, under what conditions, and nothing that was not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from docs.building import table6
from resnet_impl.cifar10.recipe import paper, to_plain

MACHINE = {"torch": "2.15.0", "threads": 2}


def a_run(model: str, error: float, iterations: int = 64_000) -> dict[str, object]:
    result = {"done": True, "iteration": iterations, "train_error": 0.5, "test_error": error, "seconds": 7200.0}
    recipe = {**to_plain(paper(model)), "iterations": iterations}
    about = {"data": "images", "synthetic": False, "environment": MACHINE, "date": "2026-01-02"}
    return {**about, "recipe": recipe, "departures": ["arithmetic in bf16"], "result": result}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    runs = {"resnet20": [a_run("resnet20", 8.7), a_run("resnet20", 8.9)], "resnet32": [a_run("resnet32", 30.0, 100)]}
    rows = [{"model": model, "parameters": 269_722, "printed": "", "runs": found} for model, found in runs.items()]
    (tmp_path / "table6.json").write_text(json.dumps({"models": rows}), "utf-8")
    (tmp_path / "speed").mkdir()
    speed = {"environment": MACHINE, "date": "2026-01-03", "model": "resnet56", "turns": 3, "iterations": 5}
    speed |= {"batch": 128, "data": "images", "recipe": {"precision": "bf16"}}
    speed |= {"seconds": {"bundled": [0.1, 0.45, 0.5], "other": [0.9]}}
    (tmp_path / "speed" / "resnet56.json").write_text(json.dumps(speed), "utf-8")
    return tmp_path


def rows_of(page: str) -> dict[str, list[list[str]]]:
    """The cells of each network's rows: in the table, and in the plan."""
    found: dict[str, list[list[str]]] = {}
    for line in page.splitlines():
        if line.startswith(("| resnet", "| plain")):
            name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(name, []).append(cells)
    return found


def test_complete_runs_are_shown_beside_the_paper(results: Path) -> None:
    page = table6.render("en", results)
    rows = rows_of(page)
    assert rows["resnet20"] == [["269,722", "8.75", "**8.70 (8.80+-0.14, 2 runs)**", "0.50", "120"]]
    assert rows["plain20"][0] == ["269,722", "drawn in Fig. 6", "not yet", "", ""]
    for told in (
        "- images",
        "Not as in the paper: arithmetic in bf16.",
        "torch 2.15.0, threads 2",
        "Ended on 2026-01-02.",
    ):
        assert told in page
    assert "Measured so far, of 9 networks: resnet20." in page
    assert "![" in page


def test_a_short_run_is_no_result(results: Path) -> None:
    assert rows_of(table6.render("en", results))["resnet32"][0] == ["464,154", "7.51", "not yet", "", ""]


def test_the_plan_is_of_the_median_of_the_trainers_own_iterations(results: Path) -> None:
    page = table6.render("en", results)
    rows = rows_of(page)
    assert rows["resnet56"][1:] == rows["plain56"][1:] == [["450", "8.0"]]  # 0.45 s 64,000 times
    assert rows["resnet44"][1:] == []
    assert "(bf16, batches of 128; torch 2.15.0, threads 2; 2026-01-03)" in page
    missing = "resnet32,resnet44,resnet56,resnet110,plain20,plain32,plain44,plain56"
    assert f"--models {missing} --seeds 5" in page


def test_the_trainers_iteration_stands_beside_other_ways(results: Path) -> None:
    page = table6.render("en", results)
    assert "| bundled | 450 | 100 | 500 | 1.00 |" in page
    assert "| other | 900 | 900 | 900 | 2.00 |" in page
    assert "median of 3 turns of 5 iterations" in page


def test_without_results_there_is_nothing_but_the_command(tmp_path: Path) -> None:
    page = table6.render("en", tmp_path)
    assert "Measured so far, of 9 networks: none." in page
    assert "--models resnet20," in page
    assert "![" not in page
    assert all(len(rows) == 1 for rows in rows_of(page).values())


def test_both_languages_have_the_same_figures(results: Path) -> None:
    one, other = (rows_of(table6.render(language, results)) for language in ("en", "ko"))
    assert one.keys() == other.keys()
    for name, rows in one.items():
        assert [cells[0] for cells in rows] == [cells[0] for cells in other[name]]
        assert rows[1:] == other[name][1:]
