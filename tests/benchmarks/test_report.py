"""Reports: figures from files of results, ratios with their interval, and what a broken file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report, tables
from benchmarks.results import Results, Row, ratio_interval, read

MACHINE = {
    "cpu": "A processor",
    "cores": 2,
    "threads": 2,
    "system": "Linux x86_64",
    "python": "3.11.7",
    "packages": {"torch": "2.15.0"},
    "ceilings": {"fp32": {"tflop_per_s": 0.2, "gb_per_s": 20.0}},
}


def entry(group: str, name: str, seconds: list[float], **info: Any) -> dict[str, Any]:
    stats = {"data": seconds, "iterations": 2}
    return {"group": group, "param": f"{group}: {name}", "stats": stats, "extra_info": info}


def write(path: Path, scale: float = 1.0, **machine: Any) -> Path:
    slow, quick = [scale * s for s in (0.4, 0.41, 0.42)], [scale * s for s in (0.1, 0.1, 0.11)]
    entries = [
        entry("forward, net", "torchvision fp32 eager", slow, images_per_s=10.0, floor_ms=50.0, percent_of_floor=12.2),
        entry("forward, net", "resnet_impl bf16 fast", quick, images_per_s=40.0, floor_ms=25.0, error=4e-3),
        entry("cost of a check, net", "forward pass", [0.01], error=None),
    ]
    content = {
        "machine_info": MACHINE | machine,
        "datetime": "2026-11-22T10:00:00+00:00",
        "commit_info": {"id": "0123456789abcdef", "dirty": False},
        "benchmarks": entries,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_page_has_a_table_and_a_picture_for_each_group(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report.main([str(write(tmp_path / "cpu.json"))]) == 0
    page = (tmp_path / "cpu.md").read_text("utf-8")
    assert "Measured 2026-11-22 (commit 01234567) on 2 cores of A processor, 2 threads; Linux x86_64;" in page
    assert "| resnet_impl bf16 fast | 100 (100–105) | 3 × 2 | 4.10 (" in page
    assert "| torchvision fp32 eager | 410 (405–415) | 3 × 2 | 1 | 10 | 50 | 12.2 |  |" in page
    assert "fp32 0.2 TFLOP/s; large copy 20 GB/s" in page
    for name in ("forward-net.png", "cost-of-a-check-net.png"):
        assert f"(cpu/{name})" in page
        assert (tmp_path / "cpu" / name).read_bytes().startswith(b"\x89PNG")
    assert "3 contenders in 2 groups" in capsys.readouterr().out


def test_the_same_file_gives_the_same_page_again(tmp_path: Path) -> None:
    path = write(tmp_path / "cpu.json")
    report.main([str(path)])
    first = (tmp_path / "cpu.md").read_text("utf-8")
    report.main([str(path)])
    assert (tmp_path / "cpu.md").read_text("utf-8") == first


def test_a_ratio_is_of_medians_and_lies_in_its_interval() -> None:
    ratio, low, high = ratio_interval([4.0, 4.1, 3.9, 4.2, 3.8], [2.0, 2.0, 2.1, 1.9, 2.0])
    assert ratio == 2.0
    assert 1.8 < low < 2.0 < high < 2.3
    assert ratio_interval([2.0] * 9, [1.0] * 9) == (2.0, 2.0, 2.0)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    import random

    chance = random.Random(3)
    hits = 0
    for _ in range(100):
        slow, fast = ([chance.gauss(mean, 0.1) for _ in range(30)] for mean in (3.0, 2.0))
        _, low, high = ratio_interval(slow, fast)
        hits += low <= 1.5 <= high
    assert hits >= 88  # of 95 expected; fewer than 88 of 100 have a chance of 0.2%


def test_a_comparison_says_who_is_faster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(tmp_path / "a.json"), write(tmp_path / "b.json", scale=0.5)
    assert report.main(["--compare", str(a), str(b)]) == 0
    out = capsys.readouterr().out
    assert "| torchvision fp32 eager | 410 | 205 | 3, 3 | 2.00 (" in out
    assert out.count("| faster |") == 2
    assert "| one round |" in out
    assert "measured alike" not in out
    report.main(["--compare", str(a), str(a)])
    assert "no difference shown" in capsys.readouterr().out


def test_a_comparison_of_two_machines_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(tmp_path / "a.json"), write(tmp_path / "b.json", threads=8, cpu="Another")
    report.main(["--compare", str(a), str(b)])
    assert capsys.readouterr().out.startswith("The two were not measured alike: cpu, threads differ.\n\n|")


def test_what_only_one_file_has_is_counted() -> None:
    row = Row("g", "a", (1.0, 1.0), 1, {})
    first, second = (Results({}, "", "", rows) for rows in ((row,), ()))
    lines = list(tables.compare(first, second))
    assert "The two files have no benchmark in common." in lines
    assert "In one file alone: 1 (g: a)." in lines


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "No such file"),
        ("{", "holds no results: write them with --benchmark-json"),
        ("[]", "holds no results"),
        ('{"benchmarks": [{}]}', "holds no results"),
    ],
)
def test_a_file_that_holds_no_results_is_refused(text, told: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "cpu.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert report.main([str(path)]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.glob("*.md")) == []


def test_the_base_is_torchvision_where_it_takes_part() -> None:
    names = ("resnet_impl fp32 eager", "torchvision fp32 eager", "torchvision fp32 compiled")
    rows = [Row("g", name, (1.0,), 1, {}) for name in names]
    assert tables.base_of(rows).name == "torchvision fp32 eager"
    assert tables.base_of(rows[:1]).name == "resnet_impl fp32 eager"
    assert tables.base_of([Row("g", "forward pass", (1.0,), 1, {})]).name == "forward pass"


def test_committed_results_name_no_machine_and_no_path() -> None:
    folder = Path(report.__file__).parent / "results"
    for path in folder.glob("*.json"):
        text = path.read_text("utf-8")
        assert read(path).rows
        content = json.loads(text)
        assert not {"node", "release", "python_build"} & content["machine_info"].keys(), path
        assert not {"project", "branch"} & content["commit_info"].keys(), path


def test_what_slowed_both_down_is_no_spread_of_their_ratio() -> None:
    drift = [1.0 + 0.1 * turn for turn in range(20)]
    slow, fast = [3.0 * d for d in drift], [2.0 * d for d in drift]
    assert ratio_interval(slow, fast, in_turns=True) == pytest.approx((1.5, 1.5, 1.5))
    _, low, high = ratio_interval(slow, fast)
    assert low < 1.4
    assert high > 1.6


def test_a_small_ratio_keeps_its_digits() -> None:
    assert tables.interval(0.00342, 0.00331, 0.0035) == "0.0034 (0.0033–0.0035)"
    assert tables.interval(0.054, 0.05, 0.123) == "0.054 (0.050–0.12)"
    assert tables.interval(1.234, 1.2, 12.5) == "1.23 (1.20–12.50)"


def run_of(**medians: float) -> Results:
    rows = tuple(Row("g", name, (seconds, seconds), 1, {}) for name, seconds in medians.items())
    return Results({}, "", "", rows)


def test_a_comparison_says_whether_both_runs_have_the_same_order() -> None:
    first = run_of(a=1.0, b=1.02, c=3.0)
    assert "Pairs of contenders in a group that stand in the same order in both: all." in list(
        tables.compare(first, run_of(a=2.0, b=2.2, c=4.0))
    )
    swapped = list(tables.compare(first, run_of(a=1.05, b=1.0, c=3.0)))
    said = "Pairs of contenders in a group that stand in the same order in both: 2 of 3. The others, and by how much:"
    assert said in swapped
    assert "- g: a is 1.02 (1.02–1.02) times as fast as b in the first, 0.95 (0.95–0.95) in the second" in swapped


def test_contenders_that_are_as_fast_as_each_other_have_no_order() -> None:
    alike, other = run_of(a=1.0, b=1.0), run_of(a=1.0, b=2.0)
    for first, second in ((alike, other), (other, alike)):
        assert "Pairs of contenders in a group that stand in the same order in both: all." in list(
            tables.compare(first, second)
        )


def test_one_contender_of_a_group_has_no_order() -> None:
    assert not [line for line in tables.compare(run_of(a=1.0), run_of(a=2.0)) if "order" in line]
