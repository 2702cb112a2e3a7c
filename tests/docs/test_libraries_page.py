"""The page of well-known libraries says what the matrix's data say, row by row, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docs.building import libraries
from tests.docs.reference import tables


def a_row(name: str, **more: Any) -> dict[str, Any]:
    row = {"library": "timm", "name": name, "target": "timm:create_model", "kwargs": {}}
    found = {"identified": "imagenet/resnet50-v1.5", "exact": True, "against": "imagenet/resnet50"}
    found |= {"verdict": "violates", "deviations": ["stride-3x3"], "must": ["BTN-04", "CT-05"], "should": []}
    return row | found | {"lacks": "", "problem": "", "parameters": 1} | more


@pytest.fixture
def data(tmp_path: Path) -> Path:
    odd = {"library": "pycls", "name": "b", "target": "x", "kwargs": {}, "problem": "its process was *killed*"}
    rows = [
        a_row("resnet50"),
        a_row("c", identified=None, exact=False, deviations=["stride-3x3", "zero-gamma"]),
        a_row(
            "d", exact=False, lacks="head", verdict="not-examined", must=[], open=["STEM-04", "HD-01"], deviations=[]
        ),
        odd,
    ]
    whole = {"made": "2026-01-02", "judge": {"version": "0.9", "spec": "s"}, "rows": rows}
    whole |= {"environment": {"python": "3.11", "torch": "2.99"}, "absent": {"torchxrayvision": "it is gone"}}
    whole |= {"libraries": {"timm": "1.2.3", "pycls": "0.1"}}
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps(whole), "utf-8")
    return path


def test_each_network_has_its_row(data: Path) -> None:
    counts, differences, timm, pycls = tables(libraries.render("en", data))
    assert counts[1:] == [["[timm](#timm)", "1.2.3", "", "2", "1", ""], ["[pycls](#pycls)", "0.1", "", "", "", "1"]]
    assert [(row[0].split("]")[0][1:], row[2]) for row in differences[1:]] == [("stride-3x3", "2"), ("zero-gamma", "1")]
    stride = "[stride-3x3](deviations.md#stride-3x3)"
    clauses = "[BTN-04](clauses.md#btn-04), [CT-05](clauses.md#ct-05)"
    assert timm[1] == [
        "`resnet50`",
        "exactly `imagenet/resnet50-v1.5`",
        "`imagenet/resnet50`",
        "`violates`",
        stride,
        clauses,
    ]
    assert timm[2][1] == "near none"
    assert timm[3][1] == "nearest to `imagenet/resnet50-v1.5`, without its head"
    assert timm[3][3] == "`not-examined` (open: STEM-04, HD-01)"
    assert pycls[1][3] == r"could not be judged: its process was \*killed\*"


def test_the_page_says_when_and_with_what_it_was_made(data: Path) -> None:
    page = libraries.render("en", data)
    for told in ("4 networks of 2 libraries", "on 2026-01-02 by resnet-conformance 0.9, Python 3.11, torch 2.99"):
        assert told in page
    assert "torchxrayvision is missing: it is gone." in page
    assert "(matrix.html)" in page


def test_the_korean_page_has_the_same_networks_and_links_from_its_own_folder(data: Path) -> None:
    english, korean = (tables(libraries.render(language, data)) for language in ("en", "ko"))
    assert [len(rows) for rows in english] == [len(rows) for rows in korean]
    assert [row[0] for rows in english for row in rows[1:]] == [row[0] for rows in korean for row in rows[1:]]
    assert "(../matrix.html)" in libraries.render("ko", data)
    assert "torchvision의 ResNet-50" in libraries.render("ko", data)
